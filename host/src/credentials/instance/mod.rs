//! Instance principals: a compute instance proves itself with the certificate that
//! its metadata service gives it, and gets a token for a session key of its own.
//!
//! Invariants: keys and tokens are in memory only, and one renewal is under way at a
//! time. Certificate and key are read anew for each, because they rotate. The
//! metadata service is asked by a client that nothing else has: whatever a guest may
//! reach, this client does not widen it.

mod exchange;
mod federation;
mod metadata;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Uri};
use oci_signature::{PrivateKey, Signer, session_token_key_id};
use rand_core::OsRng;
use rustls::ClientConfig;
use tokio::sync::Mutex;

use self::federation::Token;
use self::metadata::Metadata;
use super::{CredentialError, endpoint};
use crate::net::HttpClient;

/// A token is renewed this long before it ends, as Oracle's Go client does, or after
/// nine tenths of its life if that is shorter.
const MARGIN: Duration = Duration::from_secs(300);

/// After a renewal that failed, the token that is still good serves for this long
/// before the next one: every request would wait for it.
const AGAIN: Duration = Duration::from_secs(10);

/// Signs requests in the name of the instance.
#[derive(Debug)]
pub struct InstancePrincipal {
    metadata: Metadata,
    federation_url: Option<Uri>,
    client: HttpClient,
    session: Mutex<Option<Session>>,
}

/// A session key, the token for it, and their times.
#[derive(Debug)]
struct Session {
    signer: Arc<Signer>,
    renew_at: Instant,
    ends_at: Instant,
}

impl Session {
    fn new(token: Token, key: PrivateKey) -> Self {
        let now = Instant::now();
        Self {
            signer: Arc::new(Signer::new(session_token_key_id(&token.value), key)),
            renew_at: now + token.life.saturating_sub(MARGIN.min(token.life / 10)),
            ends_at: now + token.life,
        }
    }
}

impl InstancePrincipal {
    /// The principal of the instance whose metadata service is at `metadata_url`,
    /// which may be link-local. Tokens come through `client` from `federation_url`,
    /// by default that of the instance's region; whatever is https trusts `trust`.
    ///
    /// # Errors
    ///
    /// When one of the URLs is none. Nothing is asked yet.
    pub fn new(
        metadata_url: &str,
        federation_url: Option<&str>,
        client: HttpClient,
        trust: Arc<ClientConfig>,
    ) -> Result<Self, CredentialError> {
        Ok(Self {
            metadata: Metadata::new(&endpoint("metadata_url", metadata_url)?, trust),
            federation_url: federation_url
                .map(|url| endpoint("federation_url", url))
                .transpose()?,
            client,
            session: Mutex::new(None),
        })
    }

    /// Signs a request whose `host` is set.
    ///
    /// # Errors
    ///
    /// When there is no token to be had, or the request cannot be signed.
    pub async fn headers<B>(
        &self,
        request: &Request<B>,
        body: &Bytes,
    ) -> Result<Vec<(&'static str, String)>, CredentialError> {
        super::oci::sign(&*self.signer().await?, request, body)
    }

    /// A service refused this authorization: the next one will be another.
    pub async fn refused(&self, authorization: &str) {
        let mut session = self.session.lock().await;
        // Somebody else may have renewed it meanwhile.
        if session.as_ref().is_some_and(|session| {
            authorization.contains(&format!("keyId=\"{}\"", session.signer.key_id()))
        }) {
            *session = None;
        }
    }

    async fn signer(&self) -> Result<Arc<Signer>, CredentialError> {
        // Held while renewing: everybody else waits for this token.
        let mut held = self.session.lock().await;
        if let Some(session) = held.as_ref().filter(|session| Instant::now() < session.renew_at) {
            return Ok(session.signer.clone());
        }
        match (self.renew().await, held.as_mut()) {
            (Ok(session), _) => Ok(held.insert(session).signer.clone()),
            (Err(error), Some(session)) if error.may_pass() && Instant::now() < session.ends_at => {
                session.renew_at = session.ends_at.min(Instant::now() + AGAIN);
                Ok(session.signer.clone())
            }
            (Err(error), _) => {
                *held = None;
                Err(error)
            }
        }
    }

    async fn renew(&self) -> Result<Session, CredentialError> {
        let url = match &self.federation_url {
            Some(url) => url.clone(),
            None => self.metadata.federation_url().await?,
        };
        let identity = self.metadata.identity().await?;
        // A fraction of a second of computing: not on the threads that serve others.
        let key = tokio::task::spawn_blocking(|| PrivateKey::generate(&mut OsRng)).await;
        let key = key.map_err(|_| self.metadata.failed("the session key was lost"))??;
        let token = federation::exchange(&self.client, &url, &identity, &key).await?;
        Ok(Session::new(token, key))
    }
}
