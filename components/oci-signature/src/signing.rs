//! Signing: from a request to the headers it has to carry.
//!
//! Invariant: the signing string, the `headers` parameter and the headers handed back are made from
//! one list, so that they cannot disagree; and nothing is signed that would not arrive as it was
//! signed (line breaks, characters that a client re-encodes).

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Authorization, Fingerprint, PrivateKey, SignError, secret::printable_key_id};

pub(crate) const REQUEST_TARGET: &str = "(request-target)";
pub(crate) const ALGORITHM: &str = "rsa-sha256";
pub(crate) const VERSION: &str = "1";

/// Which header carries the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateHeader {
    /// `date`.
    Date,
    /// `x-date`, which the service prefers when both are there: for clients that may not set
    /// `date`, such as browsers and some WASI hosts.
    XDate,
}

impl DateHeader {
    /// The header's name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::XDate => "x-date",
        }
    }
}

/// What of the body is signed.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// No body: GET, HEAD, DELETE. A POST, PUT or PATCH without content is `Signed` with no bytes,
    /// because the service asks for its length and hash all the same.
    None,
    /// Length, type and SHA-256 are signed.
    Signed {
        /// The `content-type` header exactly as sent.
        content_type: &'a str,
        /// The body exactly as sent, after any compression.
        bytes: &'a [u8],
    },
    /// There is a body, and nothing of it is signed: `PutObject`, `UploadPart`, `PutMessages` and
    /// the uploads of Log Analytics only.
    Exempt,
}

/// Of a signed body type and length, not the content, which may be anything.
impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Exempt => f.write_str("Exempt"),
            Self::Signed { content_type, bytes } => f
                .debug_struct("Signed")
                .field("content_type", content_type)
                .field("length", &bytes.len())
                .finish(),
        }
    }
}

/// A request about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct RequestToSign<'a> {
    /// In any case; signed in lower case.
    pub method: &'a str,
    /// Path and query exactly as they go on the wire: the service verifies the raw text, so that
    /// nothing may re-encode it afterwards.
    pub target: &'a str,
    /// The URL's authority, with its port if the URL has one.
    pub host: &'a str,
    /// IMF-fixdate, taken as it is and never rewritten.
    pub date: &'a str,
    /// Which header carries the date.
    pub date_header: DateHeader,
    /// What of the body is signed.
    pub body: Body<'a>,
}

/// A key and the name it goes by. `Debug` shows neither the key nor a session token; both are wiped
/// on drop.
pub struct Signer {
    key_id: Zeroizing<String>,
    key: PrivateKey,
}

impl Signer {
    /// Joins a key id ([`api_key_id`], [`session_token_key_id`]) with its private key. Whether they
    /// belong together only the service can tell.
    pub fn new(key_id: impl Into<String>, key: PrivateKey) -> Self {
        Self { key_id: Zeroizing::new(key_id.into()), key }
    }

    /// The key id. Of a session token it is a credential: not for logs.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The headers to set on the request, names in lower case: `date` or `x-date`, `host`, for a
    /// signed body `content-length`, `content-type` and `x-content-sha256`, and last
    /// `authorization`. Each must go out unchanged.
    ///
    /// The RNG blinds the private key operation against timing attacks; the signature does not
    /// depend on it.
    ///
    /// # Errors
    ///
    /// See [`SignError`]; no value of the request is quoted.
    pub fn sign<R: CryptoRngCore>(
        &self,
        request: &RequestToSign<'_>,
        rng: &mut R,
    ) -> Result<Vec<(&'static str, String)>, SignError> {
        check(request)?;
        let mut fields = signed_fields(request);
        let signature = self.key.sign(&join(&fields), rng).map_err(|_| SignError::Key)?;
        let authorization = Authorization {
            version: Some(VERSION.to_owned()),
            headers: fields.iter().map(|(name, _)| (*name).to_owned()).collect(),
            key_id: self.key_id.as_str().to_owned(),
            algorithm: ALGORITHM.to_owned(),
            signature,
        };
        let authorization = authorization.render().map_err(SignError::KeyId)?;
        fields.retain(|(name, _)| *name != REQUEST_TARGET);
        fields.push(("authorization", authorization));
        Ok(fields)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("key_id", &printable_key_id(&self.key_id))
            .field("key", &self.key)
            .finish()
    }
}

/// The text that is signed: `name: value` lines joined by LF, without one at the end, in the order
/// `date` or `x-date`, `(request-target)`, `host` and, for a signed body, `content-length`,
/// `content-type`, `x-content-sha256`.
pub fn signing_string(request: &RequestToSign<'_>) -> String {
    join(&signed_fields(request))
}

/// The key id of an API key.
pub fn api_key_id(tenancy: &str, user: &str, fingerprint: &Fingerprint) -> String {
    format!("{tenancy}/{user}/{fingerprint}")
}

/// The key id of a session, instance or resource principal token: `ST$` and the token, without the
/// white space around it that token files have. It is a credential.
pub fn session_token_key_id(token: &str) -> String {
    format!("ST${}", token.trim())
}

/// The value of `x-content-sha256`: SHA-256 in standard base64 with padding.
pub fn content_sha256(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

/// One line of the signing string.
pub(crate) fn line(name: &str, value: &str) -> String {
    format!("{name}: {value}")
}

/// The value of `(request-target)`.
pub(crate) fn request_target(method: &str, target: &str) -> String {
    format!("{} {target}", method.to_ascii_lowercase())
}

fn signed_fields(request: &RequestToSign<'_>) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        (request.date_header.name(), request.date.to_owned()),
        (REQUEST_TARGET, request_target(request.method, request.target)),
        ("host", request.host.to_owned()),
    ];
    if let Body::Signed { content_type, bytes } = request.body {
        fields.push(("content-length", bytes.len().to_string()));
        fields.push(("content-type", content_type.to_owned()));
        fields.push(("x-content-sha256", content_sha256(bytes)));
    }
    fields
}

fn join(fields: &[(&'static str, String)]) -> String {
    let lines: Vec<String> = fields.iter().map(|(name, value)| line(name, value)).collect();
    lines.join("\n")
}

/// Whether the service asks for length, type and hash of the body with this method.
pub(crate) fn signs_its_body(method: &str) -> bool {
    ["POST", "PUT", "PATCH"].iter().any(|name| method.eq_ignore_ascii_case(name))
}

fn check(request: &RequestToSign<'_>) -> Result<(), SignError> {
    let part = |part, problem| Err(SignError::Part { part, problem });
    if request.method.is_empty() || !request.method.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return part("method", "is not a word");
    }
    if !request.target.starts_with('/') {
        return part("target", "does not start with /");
    }
    if !is_visible(request.target) || request.target.contains('#') {
        return part(
            "target",
            "has a character that must be percent-encoded (space, #, control, non-ASCII)",
        );
    }
    if request.host.is_empty()
        || !is_visible(request.host)
        || request.host.contains(['/', '?', '#', '@'])
    {
        return part("host", "is not a host name with an optional port");
    }
    if !is_header_value(request.date) {
        return part("date", "cannot stand in a header");
    }
    match request.body {
        Body::None if signs_its_body(request.method) => Err(SignError::BodyNotGiven),
        Body::Signed { content_type, .. } if !is_header_value(content_type) => {
            part("content type", "cannot stand in a header")
        }
        _ => Ok(()),
    }
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Transports trim the ends and forbid controls; anything else than ASCII they treat variously.
fn is_header_value(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
