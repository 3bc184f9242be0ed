//! Finds the key in the text of a key file.
//!
//! Real key files carry more than a PEM block: `OCI_API_KEY` after the END line (Oracle advises
//! it), bag attributes before the BEGIN line, Windows line ends, or line ends that a web form made
//! into a backslash and an `n` or into spaces. Strict PEM parsers refuse all of that.
//!
//! Invariant: only what stands between a BEGIN and its own END is ever decoded, and the buffers
//! that hold it are wiped.

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::KeyError;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// What a block's label says it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// PKCS#1, `RSA PRIVATE KEY`.
    RsaPrivateKey,
    /// PKCS#8, `PRIVATE KEY`.
    PrivateKey,
    /// PKCS#8, `ENCRYPTED PRIVATE KEY`.
    EncryptedPrivateKey,
    /// SPKI, `PUBLIC KEY`.
    PublicKey,
    /// PKCS#1, `RSA PUBLIC KEY`.
    RsaPublicKey,
    Certificate,
    OpenSsh,
    EllipticCurve,
    Dsa,
    Other,
}

impl Label {
    fn from_text(text: &str) -> Self {
        match text {
            "RSA PRIVATE KEY" => Self::RsaPrivateKey,
            "PRIVATE KEY" => Self::PrivateKey,
            "ENCRYPTED PRIVATE KEY" => Self::EncryptedPrivateKey,
            "PUBLIC KEY" => Self::PublicKey,
            "RSA PUBLIC KEY" => Self::RsaPublicKey,
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Self::Certificate,
            "OPENSSH PRIVATE KEY" => Self::OpenSsh,
            "EC PARAMETERS" | "EC PRIVATE KEY" => Self::EllipticCurve,
            "DSA PARAMETERS" | "DSA PRIVATE KEY" => Self::Dsa,
            _ => Self::Other,
        }
    }

    pub(crate) fn is_private(self) -> bool {
        matches!(self, Self::RsaPrivateKey | Self::PrivateKey | Self::EncryptedPrivateKey)
    }
}

/// One block, still as text.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) label: Label,
    body: &'a str,
}

impl Block<'_> {
    /// The DER inside.
    pub(crate) fn decode(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if self.body.contains("Proc-Type:") || self.body.contains("DEK-Info:") {
            return Err(KeyError::LegacyEncryption);
        }
        // Full size at once: a buffer that grows leaves unwiped copies behind.
        let mut compact = Zeroizing::new(Vec::with_capacity(self.body.len()));
        let mut bytes = self.body.bytes().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'\\' => {
                    bytes.next_if(|next| matches!(next, b'n' | b'r')).ok_or(KeyError::Damaged)?;
                }
                byte if byte.is_ascii_whitespace() => {}
                byte => compact.push(byte),
            }
        }
        // The decoder does not wipe a buffer it gives up on, so it gets ours.
        let mut der = Zeroizing::new(vec![0; base64::decoded_len_estimate(compact.len())]);
        let length = STANDARD
            .decode_slice(compact.as_slice(), der.as_mut_slice())
            .map_err(|_| KeyError::Damaged)?;
        der.truncate(length);
        Ok(der)
    }
}

/// The first block that `wanted` accepts or, if there is none, the first block of all, so that the
/// caller can say what the file holds instead.
pub(crate) fn find(text: &str, wanted: impl Fn(Label) -> bool) -> Result<Block<'_>, KeyError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    let mut first = None;
    let mut rest = text;
    while let Some(begin) = rest.find(BEGIN) {
        let (block, after) = take(&rest[begin + BEGIN.len()..])?;
        if wanted(block.label) {
            return Ok(block);
        }
        first.get_or_insert(block);
        rest = after;
    }
    first.ok_or_else(|| {
        if text.starts_with("ssh-rsa ") { KeyError::PublicKeyGiven } else { KeyError::NoPemBlock }
    })
}

/// Splits text that starts at a label into its block and what follows the END line.
fn take(text: &str) -> Result<(Block<'_>, &str), KeyError> {
    let (label, body_on) = text.split_once(DASHES).ok_or(KeyError::Truncated)?;
    let end_on = body_on.find("-----END ").ok_or(KeyError::Truncated)?;
    let body = &body_on[..end_on];
    let after = body_on[end_on..]
        .strip_prefix("-----END ")
        .and_then(|end| end.strip_prefix(label))
        .and_then(|end| end.strip_prefix(DASHES))
        .ok_or(KeyError::Truncated)?;
    if body.contains(BEGIN) {
        return Err(KeyError::Truncated);
    }
    let label = Label::from_text(label);
    Ok((Block { label, body }, after))
}
