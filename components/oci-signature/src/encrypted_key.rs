//! Opens encrypted PKCS#8.
//!
//! Invariant: what a file may ask for is bounded before any of it is spent, because key files of
//! many tenants are read by one process; the decrypted bytes are wiped on drop.

use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfo,
    der::{AnyRef, Decode, Reader, SliceReader},
    pkcs5::{
        EncryptionScheme, Error as Pkcs5Error,
        pbes2::{self, Kdf},
    },
};
use zeroize::Zeroizing;

use crate::KeyError;

/// About a second or two of work; openssl writes 2048, OWASP advises 600,000.
const MOST_PBKDF2_ITERATIONS: u32 = 10_000_000;
/// Bytes; openssl's scrypt default takes 16 MiB, RFC 7914's heaviest usual setting 128 MiB.
const MOST_SCRYPT_MEMORY: u64 = 128 << 20;
/// Passes over that memory; usual settings have 1.
const MOST_SCRYPT_PARALLELIZATION: u16 = 16;

/// The PKCS#8 DER inside.
pub(crate) fn decrypt(
    der: &[u8],
    passphrase: Option<&str>,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let info = EncryptedPrivateKeyInfo::from_der(der).map_err(|_| {
        if has_the_shape(der) { KeyError::UnsupportedEncryption } else { KeyError::Damaged }
    })?;
    let EncryptionScheme::Pbes2(scheme) = &info.encryption_algorithm else {
        return Err(KeyError::UnsupportedEncryption);
    };
    if !is_affordable(scheme) {
        return Err(KeyError::UnsupportedEncryption);
    }
    let passphrase =
        passphrase.filter(|text| !text.is_empty()).ok_or(KeyError::MissingPassphrase)?;
    scheme.decrypt(passphrase, info.encrypted_data).map(Zeroizing::new).map_err(|error| match error
    {
        Pkcs5Error::UnsupportedAlgorithm { .. } | Pkcs5Error::AlgorithmParametersInvalid { .. } => {
            KeyError::UnsupportedEncryption
        }
        _ => KeyError::WrongPassphrase,
    })
}

fn is_affordable(scheme: &pbes2::Parameters<'_>) -> bool {
    match &scheme.kdf {
        Kdf::Pbkdf2(kdf) => kdf.iteration_count <= MOST_PBKDF2_ITERATIONS,
        Kdf::Scrypt(kdf) => {
            let memory = kdf.cost_parameter.checked_mul(128 * u64::from(kdf.block_size));
            memory.is_some_and(|bytes| bytes <= MOST_SCRYPT_MEMORY)
                && kdf.parallelization <= MOST_SCRYPT_PARALLELIZATION
        }
        _ => false,
    }
}

/// Whether this is a well-formed `EncryptedPrivateKeyInfo`, whatever its algorithm: tells an
/// unknown scheme from a damaged file.
fn has_the_shape(der: &[u8]) -> bool {
    let parse = || {
        let mut reader = SliceReader::new(der)?;
        reader.sequence(|inner| {
            AlgorithmIdentifierRef::decode(inner)?;
            AnyRef::decode(inner)
        })?;
        reader.finish(())
    };
    parse().is_ok()
}
