//! Who requests are from. Credentials live in the host and are attached at the
//! door; a guest can neither read nor choose the one it is given.
//!
//! More kinds (principals, OAuth, Basic) are further variants with a file each.

mod oci;

use std::path::PathBuf;

use bytes::Bytes;
use http::Request;

pub use oci::OciSignature;

/// A credential ready for use.
#[derive(Debug)]
#[non_exhaustive]
pub enum Credential {
    /// OCI request signing, version 1.
    Oci(OciSignature),
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
    /// A request cannot be signed.
    #[error("{0}")]
    Sign(#[from] oci_signature::SignError),
}

impl Credential {
    /// The headers that make a request this credential's. `host` is set already.
    ///
    /// # Errors
    ///
    /// When the request cannot be signed.
    pub fn headers<B>(
        &self,
        request: &Request<B>,
        body: &Bytes,
    ) -> Result<Vec<(&'static str, String)>, CredentialError> {
        match self {
            Self::Oci(signature) => signature.headers(request, body),
        }
    }
}
