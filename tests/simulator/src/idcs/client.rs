//! The application that may ask for tokens.
//!
//! The invariant: secret and key are made anew for every simulator; the secret
//! holds the marker by which tests find leaks, and characters that a client
//! must encode where encoding is due.

use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::{RsaPrivateKey, RsaPublicKey};

use crate::error::SimulatorError;
use crate::prng::Prng;
use crate::secrets::secret;

/// The smallest key that RS256 allows (RFC 7518, 3.3).
const KEY_BITS: usize = 2048;

/// A confidential application of the identity domain.
pub(crate) struct IdcsClient {
    pub(crate) id: String,
    pub(crate) secret: String,
    /// PKCS#8.
    pub(crate) key_pem: String,
    /// Alias of the certificate, the `kid` of assertions.
    pub(crate) key_id: &'static str,
    pub(super) public_key: RsaPublicKey,
}

impl IdcsClient {
    /// Makes a key; takes a fraction of a second.
    pub(crate) fn new(seed: u64) -> Result<Self, SimulatorError> {
        let failed = |reason: String| SimulatorError::Identity { what: "client key", reason };
        let key = RsaPrivateKey::new(&mut rand_core::OsRng, KEY_BITS)
            .map_err(|error| failed(error.to_string()))?;
        let key_pem = key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| failed(error.to_string()))?
            .to_string();
        Ok(Self {
            // Kept apart from the record generators, which use the bare index.
            id: Prng::new(seed ^ 0x1dc5_c11e, 0).hex(32),
            secret: secret("idcscs-", "+/%2F=&"),
            key_pem,
            key_id: "simulated-certificate",
            public_key: key.to_public_key(),
        })
    }
}
