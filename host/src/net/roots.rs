//! Whom TLS trusts: the system's roots, and a certificate authority that an
//! operator names for a source.
//!
//! Roots are parsed once for each set of them: ten thousand sources that trust the
//! same authorities share one copy.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest as _, Sha256};

use super::error::ClientError;

/// By digest of what is trusted beside the system's roots.
type Known = Mutex<BTreeMap<[u8; 32], Arc<ClientConfig>>>;

static KNOWN: LazyLock<Known> = LazyLock::new(Known::default);

/// The system's roots and, if given, the certificates of a PEM text.
pub fn trust(additional_pem: Option<&str>) -> Result<Arc<ClientConfig>, ClientError> {
    let digest = Sha256::digest(additional_pem.unwrap_or_default()).into();
    // Held while parsing: a thousand sources that start together parse it once.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(config) = known.get(&digest) {
        return Ok(config.clone());
    }
    let config = Arc::new(parse(additional_pem)?);
    known.insert(digest, config.clone());
    Ok(config)
}

fn parse(additional_pem: Option<&str>) -> Result<ClientConfig, ClientError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = additional_pem {
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        let certificates = certificates.map_err(|e| ClientError::Roots(format!("{e:?}")))?;
        if certificates.is_empty() {
            return Err(ClientError::Roots("the file holds no PEM certificate".to_owned()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| ClientError::Roots(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Roots(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_roots_are_held_once() {
        assert!(Arc::ptr_eq(&trust(None).unwrap(), &trust(None).unwrap()));
    }

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        let error = trust(Some("nothing")).unwrap_err().to_string();
        assert!(error.contains("no PEM certificate"), "{error}");
    }
}
