//! What can be wrong with a key, each with the command that mends it.
//!
//! Invariant: a message never quotes the file. `KEY.pem` and `NEW.pem` in the commands stand for
//! the operator's own paths; the caller, who knows the path, puts it before the message.

use thiserror::Error;

use crate::Fingerprint;

/// Why a key was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing but white space.
    #[error(
        "the key file is empty; restore it, or make a new key with \
         `openssl genrsa -out KEY.pem 2048` and upload its public half"
    )]
    Empty,
    /// No `-----BEGIN ...-----` line.
    #[error(
        "the key file holds no PEM block (-----BEGIN ...-----); if it is binary, convert it with \
         `openssl pkey -inform DER -in KEY.pem -out NEW.pem`"
    )]
    NoPemBlock,
    /// A BEGIN without its END.
    #[error(
        "the key file stops before its END line; copy it again, whole, and test it with \
         `openssl pkey -in KEY.pem -noout`"
    )]
    Truncated,
    /// Not base64, not DER, or numbers that do not make a key.
    #[error(
        "the key in the key file is damaged; copy it again, whole, and test it with \
         `openssl pkey -in KEY.pem -noout -check`"
    )]
    Damaged,
    /// A PEM block of a kind that holds no key.
    #[error(
        "the key file holds a PEM block that is no key; see what it is with \
         `openssl storeutl -text -noout KEY.pem`, and name the file with the private key"
    )]
    UnknownBlock,
    /// `Proc-Type` and `DEK-Info` headers.
    #[error(
        "the key is encrypted in the legacy form (Proc-Type, DEK-Info), which is not supported; \
         convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in KEY.pem \
         -out NEW.pem`"
    )]
    LegacyEncryption,
    /// Encrypted PKCS#8, but by another cipher or key derivation, or one that asks for too much.
    #[error(
        "the key is encrypted by an unsupported scheme (supported: PBES2 with AES-CBC and PBKDF2 \
         with HMAC-SHA-2, or scrypt); convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc \
         -v2prf hmacWithSHA256 -in KEY.pem -out NEW.pem`"
    )]
    UnsupportedEncryption,
    /// Encrypted, and the caller gave no passphrase or an empty one.
    #[error(
        "the key is encrypted and no passphrase was given; set the passphrase, or remove the \
         encryption with `openssl pkcs8 -topk8 -nocrypt -in KEY.pem -out NEW.pem`"
    )]
    MissingPassphrase,
    /// Decryption gave no key.
    #[error(
        "the passphrase does not open the key; try it with `openssl pkey -in KEY.pem -noout`, \
         which asks for it"
    )]
    WrongPassphrase,
    /// A public key where the private one belongs.
    #[error(
        "the key file holds a public key; name the file with the private key, the one that \
         `openssl rsa -in KEY.pem -noout -check` accepts"
    )]
    PublicKeyGiven,
    /// A certificate where the private key belongs.
    #[error(
        "the key file holds a certificate; name the file with the private key, the one that \
         `openssl rsa -in KEY.pem -noout -check` accepts"
    )]
    CertificateGiven,
    /// A private key where the public one belongs.
    #[error(
        "the key file holds a private key where a public key is expected; take its public half \
         with `openssl pkey -in KEY.pem -pubout -out NEW.pem`"
    )]
    PrivateKeyGiven,
    /// A certificate where the public key belongs.
    #[error(
        "the key file holds a certificate where a public key is expected; take its key with \
         `openssl x509 -in KEY.pem -noout -pubkey > NEW.pem`"
    )]
    CertificateForPublicKey,
    /// A PKCS#1 public key where SPKI is expected.
    #[error(
        "the public key is in PKCS#1 form; convert it with \
         `openssl rsa -RSAPublicKey_in -in KEY.pem -pubout -out NEW.pem`"
    )]
    Pkcs1PublicKey,
    /// OpenSSH's own container.
    #[error(
        "the key is in OpenSSH form; convert it (in place) with \
         `ssh-keygen -p -m PEM -f KEY.pem`"
    )]
    OpenSsh,
    /// Another kind of key.
    #[error(
        "the key is {algorithm}, and OCI signs with RSA only; make a new key with \
         `openssl genrsa -out KEY.pem 2048` and upload its public half, which \
         `openssl rsa -in KEY.pem -pubout` prints"
    )]
    NotRsa {
        /// The kind, as a phrase: `an elliptic curve key`.
        algorithm: &'static str,
    },
    /// Shorter than the service accepts.
    #[error(
        "the key has {bits} bits, and OCI asks for at least 2048; make a new key with \
         `openssl genrsa -out KEY.pem 2048` and upload its public half, which \
         `openssl rsa -in KEY.pem -pubout` prints"
    )]
    TooShort {
        /// Length of the modulus.
        bits: usize,
    },
    /// Longer than can be worked with.
    #[error(
        "the key has {bits} bits, and at most 16384 are supported; make a new key with \
         `openssl genrsa -out KEY.pem 4096` and upload its public half, which \
         `openssl rsa -in KEY.pem -pubout` prints"
    )]
    TooLong {
        /// Length of the modulus.
        bits: usize,
    },
    /// The configuration names another key.
    #[error(
        "the configured fingerprint is {expected}, and the key's is {actual}; name the key file \
         that belongs to the fingerprint, or configure what `openssl rsa -in KEY.pem -pubout \
         -outform DER | openssl md5 -c` prints"
    )]
    WrongFingerprint {
        /// What the configuration says.
        expected: Fingerprint,
        /// What the key has.
        actual: Fingerprint,
    },
}
