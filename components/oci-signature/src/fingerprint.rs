//! Key fingerprints as the OCI Console shows them.
//!
//! Invariant: a fingerprint is exactly 16 bytes, the MD5 of the public key's DER
//! `SubjectPublicKeyInfo`. MD5 is a name here, not a protection: the service trusts the key that
//! the user uploaded, and the fingerprint only says which one is meant.

use std::{fmt, str::FromStr};

use md5::{Digest, Md5};
use thiserror::Error;

/// The name of a key: 16 bytes, shown as lower-case hexadecimal pairs joined with colons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

/// The text is not a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a key fingerprint; expected 16 pairs of hexadecimal digits joined with colons, like \
     73:61:a2:21:67:e0:df:be:7e:4b:93:1e:15:98:a5:b7"
)]
pub struct FingerprintError;

impl Fingerprint {
    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Of a public key in DER `SubjectPublicKeyInfo` form.
    pub(crate) fn of_public_key(der: &[u8]) -> Self {
        Self(Md5::digest(der).into())
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let mut bytes = [0; 16];
        let mut pairs = text.split(':');
        for byte in &mut bytes {
            let pair = pairs.next().ok_or(FingerprintError)?;
            // `from_str_radix` alone would take a sign.
            if pair.len() != 2 || !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(FingerprintError);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| FingerprintError)?;
        }
        match pairs.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(FingerprintError),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}
