//! Who requests are from. Credentials live in the host and are attached at the
//! door; a guest can neither read nor choose the one it is given.
//!
//! More kinds (principals) are further variants with a file each.

mod basic;
mod oauth2;
mod oci;
mod secret;

use std::path::PathBuf;

use bytes::Bytes;
use http::Request;

pub use basic::Basic;
pub use oauth2::{OAuth2, Proof};
pub use oci::{OciSignature, read_key};
pub use secret::{Said, Secret};

/// A credential ready for use.
#[derive(Debug)]
#[non_exhaustive]
pub enum Credential {
    /// OCI request signing, version 1.
    Oci(Box<OciSignature>),
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
    /// The token endpoint is no URL.
    #[error("token_url {url:?} is no plain http or https URL")]
    TokenUrl {
        /// What was given.
        url: String,
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

impl CredentialError {
    /// Whether waiting alone may help.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Token { refused: false, .. })
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
            Self::OAuth2(client) => Ok(vec![("authorization", client.authorization().await?)]),
            Self::Basic(basic) => Ok(vec![("authorization", basic.authorization()?)]),
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
            (Self::Oci(signature), Some(authorization)) => signature.refused(authorization),
            (Self::Basic(basic), _) => {
                basic.refused();
                false
            }
            _ => false,
        }
    }
}
