//! Verification, as strict as the service.
//!
//! Invariant: no text of the request is trusted before the signature over it is checked, and each
//! signed line has exactly one possible meaning (a signed header that is repeated, or has a line
//! break in it, is refused). How old the date may be is the caller's to decide: there is no clock
//! here. Take it from [`signed_date`], which answers only for a date that is signed.

use std::fmt;

use thiserror::Error;

use crate::{
    Authorization, PublicKey, content_sha256,
    signing::{ALGORITHM, REQUEST_TARGET, VERSION, line, request_target, signs_its_body},
};

/// What a request with a body signs of it.
const BODY_HEADERS: &[&str] = &["content-length", "content-type", "x-content-sha256"];

/// A request as it arrived. `Debug` shows the names of the headers and the length of the body, not
/// their content: the key id of a session token is a credential.
#[derive(Clone, Copy)]
pub struct ReceivedRequest<'a> {
    /// In any case.
    pub method: &'a str,
    /// Path and query exactly as they came.
    pub target: &'a str,
    /// All headers, names in any case. With HTTP/2 the caller adds `host` from the authority.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body exactly as it came.
    pub body: &'a [u8],
}

impl fmt::Debug for ReceivedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &names)
            .field("length", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why a request is not accepted. The service answers all of them with 401 `NotAuthenticated`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Neither absent nor `1`.
    #[error("the signature's version is not 1")]
    Version,
    /// Not `rsa-sha256`.
    #[error("the signature's algorithm is not rsa-sha256")]
    Algorithm,
    /// A header that this request has to sign is not in the `headers` parameter.
    #[error("`{0}` must be signed and is not")]
    NotSigned(&'static str),
    /// The `headers` parameter names it twice.
    #[error("{0:?} is listed twice among the signed headers")]
    ListedTwice(String),
    /// The `headers` parameter names a header that the request does not have.
    #[error("{0:?} is listed among the signed headers, but the request has no such header")]
    Absent(String),
    /// The request has the signed header more than once.
    #[error("the signed header {0:?} is repeated in the request")]
    Repeated(String),
    /// A line break inside a signed line.
    #[error("the signed header {0:?} has a line break in its value")]
    LineBreak(String),
    /// The announced length is not the body's.
    #[error("content-length is not the length of the body, {actual} bytes")]
    ContentLength {
        /// Length of the body in bytes.
        actual: usize,
    },
    /// The announced hash is not the body's.
    #[error("x-content-sha256 is not the hash of the body")]
    BodyHash,
    /// The signature is not this key's over this request.
    #[error("the signature does not match; the signed text or the key is another one")]
    Signature,
}

/// Checks a request against its `Authorization` and the key that its key id names.
///
/// What has to be signed:
///
/// | method | signed headers |
/// |---|---|
/// | every | `(request-target)`, `host`, and `x-date` if the request has one, else `date` |
/// | POST, PUT, PATCH | those and `content-length`, `content-type`, `x-content-sha256` |
/// | POST, PUT, PATCH to an exempt operation ([`verify_exempt`]) | the first row only |
///
/// `content-length` and `x-content-sha256` are compared with the body whenever they are signed.
/// How old the date may be is the caller's to decide, by [`signed_date`].
///
/// # Errors
///
/// See [`VerifyError`].
pub fn verify(
    authorization: &Authorization,
    request: &ReceivedRequest<'_>,
    key: &PublicKey,
) -> Result<(), VerifyError> {
    let body_headers = if signs_its_body(request.method) { BODY_HEADERS } else { &[] };
    verify_with(authorization, request, key, &[&["host"], body_headers].concat())
}

/// As [`verify`], for the operations that need not sign their body: `PutObject`, `UploadPart`,
/// `PutMessages` and the uploads of Log Analytics. Body headers that are signed all the same are
/// still compared with the body.
///
/// # Errors
///
/// See [`VerifyError`].
pub fn verify_exempt(
    authorization: &Authorization,
    request: &ReceivedRequest<'_>,
    key: &PublicKey,
) -> Result<(), VerifyError> {
    verify_with(authorization, request, key, &["host"])
}

/// As [`verify`], for the federation endpoint (`POST /v1/x509`), to whose requests Oracle's clients
/// sign no `host`.
///
/// # Errors
///
/// See [`VerifyError`].
pub fn verify_federation(
    authorization: &Authorization,
    request: &ReceivedRequest<'_>,
    key: &PublicKey,
) -> Result<(), VerifyError> {
    verify_with(authorization, request, key, BODY_HEADERS)
}

fn verify_with(
    authorization: &Authorization,
    request: &ReceivedRequest<'_>,
    key: &PublicKey,
    required: &[&'static str],
) -> Result<(), VerifyError> {
    if authorization.version.as_deref().unwrap_or(VERSION) != VERSION {
        return Err(VerifyError::Version);
    }
    if authorization.algorithm != ALGORITHM {
        return Err(VerifyError::Algorithm);
    }
    let always = [date_header(request), REQUEST_TARGET];
    for &name in always.iter().chain(required) {
        if !is_signed(authorization, name) {
            return Err(VerifyError::NotSigned(name));
        }
    }
    let text = received_signing_string(authorization, request)?;
    // The body last: its hash is only worth comparing with a hash that somebody signed.
    if !key.accepts(&text, &authorization.signature) {
        return Err(VerifyError::Signature);
    }
    check_body(authorization, request)
}

/// The signing string of a received request, in the order of the `headers` parameter: what a
/// server shows to explain a signature that does not match.
///
/// # Errors
///
/// [`VerifyError::ListedTwice`], [`VerifyError::Absent`], [`VerifyError::Repeated`],
/// [`VerifyError::LineBreak`].
pub fn received_signing_string(
    authorization: &Authorization,
    request: &ReceivedRequest<'_>,
) -> Result<String, VerifyError> {
    let mut lines = Vec::with_capacity(authorization.headers.len());
    for (index, listed) in authorization.headers.iter().enumerate() {
        let name = listed.to_ascii_lowercase();
        let earlier = &authorization.headers[..index];
        if earlier.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
            return Err(VerifyError::ListedTwice(name));
        }
        let value = if name == REQUEST_TARGET {
            request_target(request.method, request.target)
        } else {
            single(request, &name)?.to_owned()
        };
        if value.contains(['\n', '\r']) {
            return Err(VerifyError::LineBreak(name));
        }
        lines.push(line(&name, &value));
    }
    Ok(lines.join("\n"))
}

/// The date that the signature covers: `x-date` if the request has one, else `date`. `None` if
/// that header is absent, repeated or not signed; such a request does not verify either.
pub fn signed_date<'a>(
    authorization: &Authorization,
    request: &ReceivedRequest<'a>,
) -> Option<&'a str> {
    let name = date_header(request);
    if !is_signed(authorization, name) {
        return None;
    }
    single(request, name).ok()
}

/// The header that the service takes the date from. An `x-date` that came with the request counts
/// even if it is not signed: else anybody could give an old request a new date.
fn date_header(request: &ReceivedRequest<'_>) -> &'static str {
    let mut names = request.headers.iter().map(|(name, _)| name);
    if names.any(|name| name.eq_ignore_ascii_case("x-date")) { "x-date" } else { "date" }
}

fn is_signed(authorization: &Authorization, name: &str) -> bool {
    authorization.headers.iter().any(|listed| listed.eq_ignore_ascii_case(name))
}

/// The value of a header that must be there once, without the white space around it, which HTTP
/// does not count as part of it.
fn single<'a>(request: &ReceivedRequest<'a>, name: &str) -> Result<&'a str, VerifyError> {
    let mut values = request
        .headers
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim_matches([' ', '\t']));
    let value = values.next().ok_or_else(|| VerifyError::Absent(name.to_owned()))?;
    match values.next() {
        None => Ok(value),
        Some(_) => Err(VerifyError::Repeated(name.to_owned())),
    }
}

fn check_body(
    authorization: &Authorization,
    request: &ReceivedRequest<'_>,
) -> Result<(), VerifyError> {
    let actual = request.body.len();
    if is_signed(authorization, "content-length")
        && single(request, "content-length")? != actual.to_string()
    {
        return Err(VerifyError::ContentLength { actual });
    }
    if is_signed(authorization, "x-content-sha256")
        && single(request, "x-content-sha256")? != content_sha256(request.body)
    {
        return Err(VerifyError::BodyHash);
    }
    Ok(())
}
