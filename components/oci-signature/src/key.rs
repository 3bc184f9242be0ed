//! RSA keys: reading them, naming them, and the two operations on them.
//!
//! Invariant: a [`PrivateKey`] holds numbers that fit together (checked on the way in), is wiped on
//! drop, signs only blinded and shows nothing but its size and fingerprint.

use std::fmt;

use pkcs8::{
    EncodePublicKey, LineEnding, ObjectIdentifier, PrivateKeyInfo, SubjectPublicKeyInfoRef,
    der::Decode,
};
use rand_core::CryptoRngCore;
use rsa::{BigUint, Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey, pkcs1, traits::PublicKeyParts};
use sha2::{Digest, Sha256};

use crate::{
    Fingerprint, KeyError, encrypted_key,
    pem::{self, Label},
};

/// Bits of the shortest key that can be uploaded, from Oracle's page on required keys.
const LEAST_BITS: usize = 2048;
/// Bits of the longest key that openssl works with; beyond it a file only wastes time.
const MOST_BITS: usize = 16_384;
/// Bits by which the two primes may differ in length. Generators make them equal; the signing
/// arithmetic takes time exponential in this.
const MOST_PRIME_IMBALANCE: usize = 8;

/// An RSA private key. `Debug` shows size and fingerprint only; the memory is wiped on drop.
pub struct PrivateKey(RsaPrivateKey);

impl PrivateKey {
    /// Reads a key file's text: PKCS#1, PKCS#8, or PKCS#8 encrypted with PBES2.
    ///
    /// Forgiven: text before the BEGIN line and after the END line (such as `OCI_API_KEY`), other
    /// PEM blocks before the key, CRLF, and line ends that became spaces or the two characters
    /// `\n`. A passphrase for a key that is not encrypted is ignored; an empty one counts as none.
    ///
    /// # Errors
    ///
    /// Everything else, including keys under 2048 bits, with the defect and the command that mends
    /// it. The text of the file is never quoted.
    pub fn from_pem(text: &str, passphrase: Option<&str>) -> Result<Self, KeyError> {
        let block = pem::find(text, Label::is_private)?;
        let key = match block.label {
            Label::RsaPrivateKey => from_pkcs1(&block.decode()?)?,
            Label::PrivateKey => from_pkcs8(&block.decode()?)?,
            Label::EncryptedPrivateKey => {
                let der = encrypted_key::decrypt(&block.decode()?, passphrase)?;
                // One wrong passphrase in 256 leaves valid padding: what it opens is no DER.
                from_pkcs8(&der).map_err(|error| match error {
                    KeyError::Damaged => KeyError::WrongPassphrase,
                    other => other,
                })?
            }
            Label::PublicKey | Label::RsaPublicKey => return Err(KeyError::PublicKeyGiven),
            Label::Certificate => return Err(KeyError::CertificateGiven),
            other => return Err(foreign(other)),
        };
        if key.n().bits() < LEAST_BITS {
            return Err(KeyError::TooShort { bits: key.n().bits() });
        }
        Ok(Self(key))
    }

    /// A fresh key of 2048 bits, for a session; takes a fraction of a second.
    ///
    /// # Errors
    ///
    /// When no key can be made, which no input brings about.
    pub fn generate<R: CryptoRngCore>(rng: &mut R) -> Result<Self, crate::SignError> {
        RsaPrivateKey::new(rng, LEAST_BITS).map(Self).map_err(|_| crate::SignError::Key)
    }

    /// A key of any size from its numbers, big-endian: modulus, public exponent, private exponent
    /// and the two primes.
    ///
    /// For test vectors only: the key of Oracle's published examples has 1024 bits, which the
    /// service itself no longer accepts.
    ///
    /// # Errors
    ///
    /// [`KeyError::Damaged`] if the numbers do not make a key, [`KeyError::TooLong`].
    pub fn from_components_any_size(
        modulus: &[u8],
        public_exponent: &[u8],
        private_exponent: &[u8],
        prime1: &[u8],
        prime2: &[u8],
    ) -> Result<Self, KeyError> {
        from_numbers(modulus, public_exponent, private_exponent, prime1, prime2).map(Self)
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.to_public_key())
    }

    /// The name under which the Console lists the key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.public_key().fingerprint()
    }

    /// Whether this is the key that the configuration names.
    ///
    /// # Errors
    ///
    /// [`KeyError::WrongFingerprint`], which says both.
    pub fn check_fingerprint(&self, expected: &Fingerprint) -> Result<(), KeyError> {
        let actual = self.fingerprint();
        if actual == *expected {
            return Ok(());
        }
        Err(KeyError::WrongFingerprint { expected: *expected, actual })
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.0.n().bits()
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, as requests and client assertions (RS256) are signed. The
    /// RNG only blinds: the signature does not depend on it.
    ///
    /// # Errors
    ///
    /// When the key cannot sign at all.
    pub fn sign_sha256<R: CryptoRngCore>(
        &self,
        text: &str,
        rng: &mut R,
    ) -> Result<Vec<u8>, crate::SignError> {
        self.sign(text, rng).map_err(|_| crate::SignError::Key)
    }

    pub(crate) fn sign<R: CryptoRngCore>(&self, text: &str, rng: &mut R) -> rsa::Result<Vec<u8>> {
        let digest = Sha256::digest(text);
        self.0.sign_with_rng(rng, Pkcs1v15Sign::new::<Sha256>(), &digest)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("bits", &self.bits())
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

/// An RSA public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(RsaPublicKey);

impl PublicKey {
    /// Reads a public key in PEM `SubjectPublicKeyInfo` form, the form that is uploaded to OCI. As
    /// forgiving about the text around it as [`PrivateKey::from_pem`].
    ///
    /// # Errors
    ///
    /// Everything else, with the defect and the command that mends it.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::find(text, |label| label == Label::PublicKey)?;
        match block.label {
            Label::PublicKey => {}
            Label::RsaPublicKey => return Err(KeyError::Pkcs1PublicKey),
            Label::Certificate => return Err(KeyError::CertificateForPublicKey),
            label if label.is_private() => return Err(KeyError::PrivateKeyGiven),
            other => return Err(foreign(other)),
        }
        let der = block.decode()?;
        let info = SubjectPublicKeyInfoRef::from_der(&der).map_err(|_| KeyError::Damaged)?;
        check_algorithm(info.algorithm.oid)?;
        let bits = info.subject_public_key.as_bytes().ok_or(KeyError::Damaged)?;
        let numbers = pkcs1::RsaPublicKey::from_der(bits).map_err(|_| KeyError::Damaged)?;
        let modulus = BigUint::from_bytes_be(numbers.modulus.as_bytes());
        let exponent = BigUint::from_bytes_be(numbers.public_exponent.as_bytes());
        let bits = modulus.bits();
        if bits < LEAST_BITS {
            return Err(KeyError::TooShort { bits });
        }
        if bits > MOST_BITS {
            return Err(KeyError::TooLong { bits });
        }
        RsaPublicKey::new_with_max_size(modulus, exponent, MOST_BITS)
            .map(Self)
            .map_err(|_| KeyError::Damaged)
    }

    /// As PEM `SubjectPublicKeyInfo` with LF line ends, as `openssl rsa -pubout` writes it.
    pub fn to_pem(&self) -> String {
        self.0
            .to_public_key_pem(LineEnding::LF)
            .expect("a modulus of at most 16384 bits fits into DER")
    }

    /// The name under which the Console lists the key.
    pub fn fingerprint(&self) -> Fingerprint {
        let der =
            self.0.to_public_key_der().expect("a modulus of at most 16384 bits fits into DER");
        Fingerprint::of_public_key(der.as_bytes())
    }

    /// Whether the signature is this key's over the text.
    pub(crate) fn accepts(&self, text: &str, signature: &[u8]) -> bool {
        let digest = Sha256::digest(text);
        self.0.verify(Pkcs1v15Sign::new::<Sha256>(), &digest, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("bits", &self.0.n().bits())
            .field("fingerprint", &self.fingerprint())
            .finish()
    }
}

fn from_pkcs8(der: &[u8]) -> Result<RsaPrivateKey, KeyError> {
    let info = PrivateKeyInfo::from_der(der).map_err(|_| KeyError::Damaged)?;
    check_algorithm(info.algorithm.oid)?;
    from_pkcs1(info.private_key)
}

fn from_pkcs1(der: &[u8]) -> Result<RsaPrivateKey, KeyError> {
    let numbers = pkcs1::RsaPrivateKey::from_der(der).map_err(|_| KeyError::Damaged)?;
    from_numbers(
        numbers.modulus.as_bytes(),
        numbers.public_exponent.as_bytes(),
        numbers.private_exponent.as_bytes(),
        numbers.prime1.as_bytes(),
        numbers.prime2.as_bytes(),
    )
}

fn from_numbers(
    modulus: &[u8],
    public_exponent: &[u8],
    private_exponent: &[u8],
    prime1: &[u8],
    prime2: &[u8],
) -> Result<RsaPrivateKey, KeyError> {
    let modulus = BigUint::from_bytes_be(modulus);
    let bits = modulus.bits();
    if bits > MOST_BITS {
        return Err(KeyError::TooLong { bits });
    }
    let primes = vec![BigUint::from_bytes_be(prime1), BigUint::from_bytes_be(prime2)];
    if primes[0].bits().abs_diff(primes[1].bits()) > MOST_PRIME_IMBALANCE {
        return Err(KeyError::Damaged);
    }
    RsaPrivateKey::from_components(
        modulus,
        BigUint::from_bytes_be(public_exponent),
        BigUint::from_bytes_be(private_exponent),
        primes,
    )
    .map_err(|_| KeyError::Damaged)
}

/// Refuses every key that is not plain RSA, by the identifier of its algorithm.
fn check_algorithm(oid: ObjectIdentifier) -> Result<(), KeyError> {
    if oid == pkcs1::ALGORITHM_OID {
        return Ok(());
    }
    let algorithm = match oid.to_string().as_str() {
        "1.2.840.10045.2.1" => "an elliptic curve key",
        "1.2.840.113549.1.1.10" => "an RSA key restricted to PSS",
        "1.2.840.10040.4.1" => "a DSA key",
        "1.3.101.112" | "1.3.101.113" => "an Edwards curve key (Ed25519, Ed448)",
        "1.3.101.110" | "1.3.101.111" => "a key agreement key (X25519, X448)",
        _ => "of another kind",
    };
    Err(KeyError::NotRsa { algorithm })
}

/// The error for a block that neither kind of reader takes.
fn foreign(label: Label) -> KeyError {
    match label {
        Label::OpenSsh => KeyError::OpenSsh,
        Label::EllipticCurve => KeyError::NotRsa { algorithm: "an elliptic curve key" },
        Label::Dsa => KeyError::NotRsa { algorithm: "a DSA key" },
        _ => KeyError::UnknownBlock,
    }
}
