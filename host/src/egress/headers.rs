//! Which headers are whose. What decides where a request goes, where it ends and
//! who it is from is written by the host alone.
//!
//! Two lists, because one filter of the HTTP library serves both ways: what a guest may
//! neither set nor see is refused when it is set; of the rest, a request may carry what
//! is on the list of those that only describe what is asked for. Services and the
//! proxies before them take a method, a path, an address or a user from headers that
//! nobody can list.

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

/// What a request may carry: how the answer should look, whether it is wanted at all,
/// what the body is, and names by which the request is found again.
const GUEST_HEADERS: [&str; 24] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-encoding",
    "content-language",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "opc-client-info",
    "opc-client-request-id",
    "opc-request-id",
    "pragma",
    "prefer",
    "range",
    "traceparent",
    "x-correlation-id",
    "x-request-id",
    // Written over by the host, whatever is in them.
    "content-length",
    "date",
    "user-agent",
];

/// Why a request of a guest cannot be sent; `None` where it can.
pub fn problem(headers: &HeaderMap) -> Option<String> {
    for name in headers.keys() {
        // The library sets it from the authority, which is what was granted.
        if *name == header::HOST {
            continue;
        }
        if !GUEST_HEADERS.contains(&name.as_str()) {
            return Some(format!("a component may not send the header {name}"));
        }
        let mut values = headers.get_all(name).iter();
        let is_plain = |value: &HeaderValue| value.to_str().is_ok();
        // What is signed is the first one; a service may take the last.
        if !values.next().is_some_and(is_plain) || values.next().is_some() {
            return Some(format!("its header {name} is not one value of plain ASCII"));
        }
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    fn problem_of(fields: &[(&str, &str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        problem(&headers)
    }

    #[test]
    fn a_request_carries_what_is_listed_and_nothing_else() {
        for name in GUEST_HEADERS {
            assert_eq!(problem_of(&[(name, "x")]), None, "{name}");
            assert!(!is_the_hosts(&HeaderName::from_static(name)), "{name}");
        }
        for name in [
            "x-http-method",
            "x-method-override",
            "oam_remote_user",
            "x-forwarded-proto",
            "x-forwarded-prefix",
            "x-forwarded-user",
            "x-remote-user",
            "remote-user",
            "opc-principal",
            "opc-obo-token-2",
            "x-amz-security-token",
            "via",
            "x-anything",
        ] {
            let problem = problem_of(&[("accept", "*/*"), (name, "x")]).unwrap();
            assert!(problem.contains(name), "{problem}");
        }
    }

    #[test]
    fn a_value_is_one_and_plain() {
        assert!(problem_of(&[("content-type", "a/b"), ("content-type", "c/d")]).is_some());
        assert!(problem_of(&[("accept", "caf\u{e9}")]).is_some());
        assert!(problem_of(&[("accept", "a\tb")]).is_none());
    }
}
