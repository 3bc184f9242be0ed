//! The only way out of the sandbox.
//!
//! A name that resolves to a private address passes a check that only saw the
//! name, and a credential that is bound to nothing signs whatever a parser that
//! was taken over asks for. So: deny by default; a request has to fit a grant
//! (origin, methods, path prefix); a credential belongs to a grant and signs
//! nothing else; the host writes `host`, date and credential headers itself; the
//! address is checked at every dial; no redirect is followed; what is signed is
//! what is sent.

mod address;
mod body;
mod client;
mod grant;

use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody,
    WasiHttpHooks,
};

pub use client::{ClientError, DoorClient, PrivateAddresses};
pub use grant::{Grant, GrantError};

use super::credentials::Credential;
use super::limits::Limits;
use crate::telemetry;

/// What the host writes itself, beside hop-by-hop headers: a guest may not choose
/// whom a request goes to or who it is from. (`date` is written over: hiding it here
/// would hide the services' answers, too.)
const HOST_HEADERS: [HeaderName; 5] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::EXPECT,
    header::FORWARDED,
    header::PROXY_AUTHORIZATION,
];

/// Further ones without a constant.
const HOST_HEADER_NAMES: [&str; 4] =
    ["x-date", "x-content-sha256", "opc-obo-token", "x-forwarded-for"];

/// The way out of one session.
#[derive(Debug, Clone)]
pub struct Door {
    owner: Arc<str>,
    open: Option<Arc<OpenDoor>>,
}

/// What an open door needs, shared by all sessions of a source.
#[derive(Debug)]
struct OpenDoor {
    grants: Vec<Grant>,
    client: DoorClient,
    limits: Limits,
    /// What was denied last, and what would allow it.
    denial: Mutex<Option<String>>,
    /// Newest `Date` a service answered, and when.
    service_clock: Mutex<Option<(i64, Instant)>>,
}

impl Door {
    /// A door through which nothing goes, for pure calls.
    pub fn shut(owner: &str) -> Self {
        Self { owner: Arc::from(owner), open: None }
    }

    /// A door for what `grants` allow, through connections of its own.
    pub fn open(owner: &str, grants: Vec<Grant>, client: DoorClient, limits: Limits) -> Self {
        let open = OpenDoor {
            grants,
            client,
            limits,
            denial: Mutex::new(None),
            service_clock: Mutex::new(None),
        };
        Self { owner: Arc::from(owner), open: Some(Arc::new(open)) }
    }

    /// What was denied since this was last asked, and what would allow it: more than
    /// the guest is told.
    pub fn take_denial(&self) -> Option<String> {
        self.open.as_ref()?.denial.lock().ok()?.take()
    }

    /// What time it is for the service behind this door, in milliseconds, going by
    /// its newest answer; `None` when there was none.
    pub fn service_now(&self) -> Option<i64> {
        let clock = self.open.as_ref()?.service_clock.lock().ok()?;
        clock.map(|(told, at)| {
            told.saturating_add(i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX))
        })
    }
}

type Answer =
    Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Door {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name| {
            DEFAULT_FORBIDDEN_HEADERS.contains(name)
                || HOST_HEADERS.contains(name)
                || HOST_HEADER_NAMES.contains(&name.as_str())
        })
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Answer> + Send> {
        let door = self.clone();
        Box::new(async move {
            let response = door.pass(request).await?;
            let done: Box<dyn Future<Output = Result<(), Error>> + Send> =
                Box::new(std::future::ready(Ok(())));
            Ok((response, done))
        })
    }
}

impl Door {
    async fn pass(&self, request: Request<WasiBody>) -> Result<Response<WasiBody>, Error> {
        let denied = |reason: &str| {
            if let Some(open) = &self.open {
                open.note_denial(format!(
                    "{} {} is not granted: {reason}; a component from a file needs an `allow` rule",
                    request.method(),
                    request.uri().path()
                ));
            }
            telemetry::RequestDenied {
                source: &self.owner,
                method: request.method(),
                uri: request.uri(),
                reason,
            }
            .emit();
            Error::HttpRequestDenied
        };
        let Some(open) = &self.open else {
            return Err(denied("this call has no way out"));
        };
        let Some(grant) = open.grants.iter().find(|grant| grant.allows(&request)) else {
            return Err(denied("no grant allows it"));
        };
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, open.limits.request_bytes)
            .collect()
            .await
            .map_err(|_| Error::HttpRequestBodySize(None))?
            .to_bytes();
        let mut outgoing = Request::from_parts(parts, Full::new(body.clone()));
        set_host_headers(&mut outgoing)?;
        let credential = grant.credential.as_deref();
        let mut signed = sign(open, &outgoing, credential, &body).await?;
        let mut response = open.send(&self.owner, signed.clone()).await?;
        open.note_clock(response.headers());
        if let (StatusCode::UNAUTHORIZED, Some(credential)) = (response.status(), credential) {
            let sent = signed.headers().get(header::AUTHORIZATION);
            if credential.refused(sent.and_then(|value| value.to_str().ok())).await {
                signed = sign(open, &outgoing, Some(credential), &body).await?;
                response = open.send(&self.owner, signed).await?;
            }
        }
        Ok(response)
    }
}

impl OpenDoor {
    async fn send(
        &self,
        owner: &str,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<WasiBody>, Error> {
        let uri = request.uri().clone();
        let sent = self.client.send(request);
        let response = match tokio::time::timeout(self.limits.first_byte, sent).await {
            Err(_) => {
                let seconds = self.limits.first_byte.as_secs();
                return Err(internal(format!("{} did not answer within {seconds} s", host(&uri))));
            }
            Ok(Err(ClientError::Prohibited { address })) => {
                self.note_denial(format!(
                    "{} resolves to {address}, which is not a public address; if that is meant, \
                     set allow_private_addresses = true on the source",
                    host(&uri)
                ));
                telemetry::AddressDenied { source: owner, uri: &uri, address }.emit();
                return Err(Error::DestinationIpProhibited);
            }
            Ok(Err(error)) => return Err(internal(format!("{}: {error}", host(&uri)))),
            Ok(Ok(response)) => response,
        };
        Ok(response.map(|incoming| body::bounded(incoming, &self.limits)))
    }

    fn note_denial(&self, denial: String) {
        if let Ok(mut last) = self.denial.lock() {
            *last = Some(denial);
        }
    }

    fn note_clock(&self, headers: &HeaderMap) {
        let date = headers
            .get(header::DATE)
            .and_then(|value| value.to_str().ok())
            .and_then(oci_signature::parse_imf_fixdate);
        if let (Some(seconds), Ok(mut clock)) = (date, self.service_clock.lock()) {
            *clock = Some((seconds.saturating_mul(1000), Instant::now()));
        }
    }
}

/// Writes the headers that belong to the host whoever the request is from.
fn set_host_headers(request: &mut Request<Full<Bytes>>) -> Result<(), Error> {
    let authority = request.uri().authority().ok_or(Error::HttpRequestUriInvalid)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| Error::HttpProtocolError)?;
    let agent = HeaderValue::from_static(concat!("signon/", env!("CARGO_PKG_VERSION")));
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().insert(header::USER_AGENT, agent);
    request.headers_mut().remove(header::DATE);
    Ok(())
}

/// The request with the headers of its credential.
async fn sign(
    open: &OpenDoor,
    request: &Request<Full<Bytes>>,
    credential: Option<&Credential>,
    body: &Bytes,
) -> Result<Request<Full<Bytes>>, Error> {
    let mut signed = request.clone();
    let Some(credential) = credential else { return Ok(signed) };
    let headers = credential.headers(request, body).await.map_err(|error| {
        if error.may_pass() {
            return internal(error.to_string());
        }
        // The guest is told no more than that it may not ask.
        open.note_denial(format!("the credential cannot be used: {error}"));
        Error::HttpRequestDenied
    })?;
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).map_err(|_| Error::HttpProtocolError)?;
        signed.headers_mut().insert(HeaderName::from_static(name), value);
    }
    Ok(signed)
}

fn host(uri: &http::Uri) -> String {
    uri.authority().map(ToString::to_string).unwrap_or_default()
}

fn internal(text: String) -> Error {
    Error::InternalError(Some(text))
}
