//! Who requests are from. Credentials live in the host and are attached by
//! the egress; a guest can neither read nor choose the one it is given.
//!
//! More kinds are further variants with a file each.

mod basic;
mod instance;
mod oauth2;
mod oci;
mod oci_profiles;
mod redactor;
mod secret;
mod token;

use std::path::PathBuf;

use bytes::Bytes;
use http::{Request, Uri};

pub use basic::Basic;
pub use instance::InstancePrincipal;
pub use oauth2::{OAuth2, Proof};
pub use oci::{OciSignature, read_key};
pub use redactor::{Redactor, shown};
pub use secret::{CommandSecret, Secret};

/// A credential ready for use.
#[derive(Debug)]
#[non_exhaustive]
pub enum Credential {
    /// OCI request signing, version 1.
    Oci(Box<OciSignature>),
    /// OCI request signing with what a compute instance is given.
    Instance(Box<InstancePrincipal>),
    /// OAuth 2.0 client credentials.
    OAuth2(Box<OAuth2>),
    /// HTTP Basic.
    Basic(Basic),
}

/// Why a credential cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A file cannot be read.
    #[error("{path}: {source}; check that the file exists and that this user may read it")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The OCI configuration file is wrong.
    #[error("{path}: {source}")]
    OciConfig {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: oci_signature::OciConfigError,
    },
    /// The private key is wrong.
    #[error("{path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: oci_signature::KeyError,
    },
    /// The fingerprint is none.
    #[error("fingerprint: {0}")]
    Fingerprint(oci_signature::FingerprintError),
    /// The file of a secret holds none.
    #[error("{path}: holds no secret; write the secret into it and nothing else")]
    EmptySecret {
        /// The file.
        path: PathBuf,
    },
    /// The command of a secret gives none.
    #[error("command {command:?}: {problem}")]
    Command {
        /// The program; its arguments may hold anything.
        command: String,
        /// What went wrong.
        problem: String,
    },
    /// The environment has no resource principal.
    #[error(
        "the environment has no {name}; a resource principal is there only where Oracle's services put it"
    )]
    NoVariable {
        /// The variable.
        name: &'static str,
    },
    /// A resource principal of another kind.
    #[error("OCI_RESOURCE_PRINCIPAL_VERSION is {version:?}; only 2.2 is known")]
    ResourceVersion {
        /// What the environment says.
        version: String,
    },
    /// The key of a resource principal is wrong.
    #[error("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: {source}")]
    ResourceKey {
        /// What is wrong.
        source: oci_signature::KeyError,
    },
    /// An endpoint of the credential is no URL. What was given may hold a secret.
    #[error("{key} is no plain http or https URL; it is to be https://host/path, without a user")]
    Url {
        /// The setting.
        key: &'static str,
    },
    /// A token or a key's name that no header can hold.
    #[error("{place}: {problem}")]
    Unfit {
        /// Where it was found.
        place: String,
        /// What is wrong, and what to do.
        problem: &'static str,
    },
    /// The metadata service gives no usable identity.
    #[error("no identity of this instance from {url}: {problem}")]
    Identity {
        /// What was asked.
        url: String,
        /// What went wrong.
        problem: String,
        /// Whether asking again cannot mend it.
        refused: bool,
    },
    /// There is no token to be had.
    #[error("no token from {url}: {problem}")]
    Token {
        /// The endpoint.
        url: String,
        /// What went wrong.
        problem: String,
        /// Whether the endpoint refuses the client, which asking again cannot mend.
        refused: bool,
    },
    /// Nobody said where tokens come from.
    #[error("no token_url; add token_url = \"https://…/oauth2/v1/token\" to the credentials")]
    NoTokenUrl,
    /// A request cannot be signed.
    #[error("{0}")]
    Sign(#[from] oci_signature::SignError),
}

/// A URL of an endpoint: http or https, and nobody's name in it.
fn endpoint(key: &'static str, url: &str) -> Result<Uri, CredentialError> {
    let wrong = || CredentialError::Url { key };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if !plain || !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(wrong());
    }
    Ok(uri)
}

impl CredentialError {
    /// Whether waiting alone may help.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Token { refused: false, .. } | Self::Identity { refused: false, .. })
    }
}

impl Credential {
    /// The headers that make a request this credential's. `host` is set already.
    ///
    /// # Errors
    ///
    /// When the request cannot be signed, or there is no token to be had.
    pub async fn headers<B>(
        &self,
        request: &Request<B>,
        body: &Bytes,
    ) -> Result<Vec<(&'static str, String)>, CredentialError> {
        match self {
            Self::Oci(signature) => signature.headers(request, body),
            Self::Instance(principal) => principal.headers(request, body).await,
            Self::OAuth2(client) => Ok(vec![("authorization", client.authorization().await?)]),
            Self::Basic(basic) => Ok(vec![("authorization", basic.authorization().await?)]),
        }
    }

    /// A service answered 401 to these headers. Tells whether other headers might
    /// help: a new token, or a key that was replaced meanwhile. Never so for Basic.
    pub async fn refused(&self, authorization: Option<&str>) -> bool {
        match (self, authorization) {
            (Self::OAuth2(client), Some(authorization)) => {
                client.refused(authorization).await;
                true
            }
            (Self::Instance(principal), Some(authorization)) => {
                principal.refused(authorization).await;
                true
            }
            (Self::Oci(signature), Some(authorization)) => signature.refused(authorization),
            (Self::Basic(basic), _) => {
                basic.refused().await;
                false
            }
            _ => false,
        }
    }
}
