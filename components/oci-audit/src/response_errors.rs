//! What Oracle's error answers mean for an operator.

use signon_kit::contract::{SourceError, Throttle};
use signon_kit::http::{Body, Response, TransportError, read_head};
use signon_kit::response_errors::retry_after;
use signon_kit::text::cut;

/// How much of an error body is worth reading: Oracle's are below 1 KB, a proxy's
/// HTML page may be anything.
const ERROR_BODY: usize = 4096;

/// Turns an answer other than 200 into an error. `with_page` tells whether a page
/// token was sent.
pub fn error<B: Body>(mut response: Response<B>, with_page: bool) -> SourceError {
    let body = read_head(&mut response.body, ERROR_BODY);
    let said = describe(response.status, &body);
    match response.status {
        // The lifetime of page tokens is documented nowhere; 400 is how a service
        // says that one is no longer good.
        400 if with_page => SourceError::CursorExpired(format!(
            "{said}; the page token is taken as expired and the range is read again"
        )),
        400 => SourceError::Malformed(format!(
            "{said}; check region, compartments and endpoint in the configuration"
        )),
        401 => SourceError::Unauthorized(format!(
            "{said}; check user, fingerprint, key and tenancy of the credential, that the key \
             is uploaded for that user, and that the clock of this machine is right within 5 \
             minutes{}",
            clock_hint(response.header("date"))
        )),
        403 | 404 => SourceError::Forbidden(format!(
            "{said}; Oracle also answers so when a policy is missing: \
             allow group <group> to read audit-events in tenancy; also check the compartment OCID"
        )),
        410 => SourceError::Retired(format!("{said}; use another source for these events")),
        429 => SourceError::Throttled(Throttle {
            message: format!("{said}; asked too often, the range is tried again later"),
            retry_after_ms: retry_after(response.header("retry-after")),
        }),
        409 | 500 | 502 | 503 | 504 => {
            SourceError::Unavailable(format!("{said}; the range is tried again later"))
        }
        _ => SourceError::Malformed(format!(
            "{said}; is the endpoint in the configuration the OCI Audit API?"
        )),
    }
}

/// What a request that found no answer means.
pub fn transport(error: TransportError) -> SourceError {
    signon_kit::response_errors::transport(error, "the endpoint")
}

fn describe(status: u16, body: &[u8]) -> String {
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(value) if value["code"].is_string() => format!(
            "the OCI Audit API answered {status} {}: {}",
            value["code"].as_str().unwrap_or_default(),
            cut(value["message"].as_str().unwrap_or("no message"), 300),
        ),
        // A proxy in between: its HTML helps nobody.
        _ => format!("something answered {status} without an OCI error body"),
    }
}

fn clock_hint(date: Option<&str>) -> String {
    date.map(|date| format!(" (the service's clock says {date})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bytes(Option<&'static str>);
    impl Body for Bytes {
        fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, TransportError> {
            self.0.take().map_or(Ok(false), |text| {
                buffer.extend_from_slice(text.as_bytes());
                Ok(true)
            })
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &'static str) -> Response<Bytes> {
        let headers = headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        Response { status, headers, body: Bytes(Some(body)) }
    }

    #[test]
    fn every_error_names_code_and_remedy() {
        let body = r#"{"code":"NotAuthorizedOrNotFound","message":"Authorization failed"}"#;
        let SourceError::Forbidden(text) = error(answer(404, &[], body), false) else { panic!() };
        assert!(text.contains("NotAuthorizedOrNotFound") && text.contains("read audit-events"));
        let SourceError::Unauthorized(text) =
            error(answer(401, &[("date", "Sat, 01 Jan 2022 00:00:00 GMT")], "<html>"), false)
        else {
            panic!()
        };
        assert!(text.contains("clock says Sat, 01 Jan 2022") && !text.contains("<html>"));
    }

    #[test]
    fn bad_request_with_a_token_means_an_expired_cursor() {
        assert!(matches!(error(answer(400, &[], ""), true), SourceError::CursorExpired(_)));
        assert!(matches!(error(answer(400, &[], ""), false), SourceError::Malformed(_)));
    }

    #[test]
    fn retry_after_is_honoured_in_seconds_only() {
        let wait = |value| match error(answer(429, &[("retry-after", value)], ""), false) {
            SourceError::Throttled(throttle) => throttle.retry_after_ms,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait("7"), Some(7000));
        assert_eq!(wait("Fri, 31 Dec 1999 23:59:59 GMT"), None);
    }
}
