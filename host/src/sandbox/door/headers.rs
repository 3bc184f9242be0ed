//! Which headers are whose. What decides where a request goes, where it ends and
//! who it is from is written by the host alone.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body_util::Full;
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, Error};

/// What the host writes itself, beside hop-by-hop headers: a guest may not choose
/// whom a request goes to or who it is from. (`date` and `content-length` are
/// written over: hiding them here would hide the services' answers, too.)
const HOST_HEADERS: [HeaderName; 7] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::EXPECT,
    header::FORWARDED,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
];

/// Further ones without a constant.
const HOST_HEADER_NAMES: [&str; 9] = [
    "x-date",
    "x-content-sha256",
    "opc-obo-token",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
    // Servers that honour these take the method or the path from them.
    "x-http-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// Whether a guest may neither set nor see a header.
pub fn is_the_hosts(name: &HeaderName) -> bool {
    DEFAULT_FORBIDDEN_HEADERS.contains(name)
        || HOST_HEADERS.contains(name)
        || HOST_HEADER_NAMES.contains(&name.as_str())
}

/// Writes the headers that belong to the host whoever the request is from.
pub fn set(request: &mut Request<Full<Bytes>>) -> Result<(), Error> {
    let authority = request.uri().authority().ok_or(Error::HttpRequestUriInvalid)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| Error::HttpProtocolError)?;
    let agent = HeaderValue::from_static(concat!("signon/", env!("CARGO_PKG_VERSION")));
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(header::USER_AGENT, agent);
    headers.remove(header::DATE);
    // The body is at hand: its length is what is sent, whatever was announced.
    headers.remove(header::CONTENT_LENGTH);
    Ok(())
}

/// Bytes of all fields, as they are on the wire.
pub fn bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}
