//! What Oracle's error answers mean for an operator.

use serde_json::Value;
use signon_kit::contract::{SourceError, Throttle};
use signon_kit::digest::content_id;
use signon_kit::http::{Body, Response, TransportError, read_head};
use signon_kit::response_errors::retry_after;
use signon_kit::text::cut;

/// How much of an error body is worth reading: Oracle's are below 1 KB, a proxy's
/// HTML page may be anything.
const ERROR_BODY: usize = 4096;

/// Oracle's own part of an error body, which may be missing.
const EXTENSION: &str = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error";

/// Turns an answer other than 200 into an error.
pub fn error<B: Body>(mut response: Response<B>) -> SourceError {
    let body = read_head(&mut response.body, ERROR_BODY);
    let said = describe(response.status, &body);
    match response.status {
        401 => SourceError::Unauthorized(format!(
            "{said}; check client id and secret (or key) of the confidential application, that \
             it is activated and allowed client credentials, that the token's scope is \
             urn:opc:idm:__myscopes__ and its domain this one, and that the application has \
             the app role Audit Administrator"
        )),
        403 => SourceError::Forbidden(format!(
            "{said}; grant the confidential application the app role Audit Administrator in \
             this domain; method = \"search\" needs Identity Domain Administrator, so set \
             method = \"get\""
        )),
        404 => SourceError::Forbidden(format!(
            "{said}; check domain_url; if it was right until now, the domain is gone or its \
             AuditEvents are retired: read OCI Audit instead (component oci_audit)"
        )),
        410 => {
            SourceError::Retired(format!("{said}; read OCI Audit instead (component oci_audit)"))
        }
        429 => SourceError::Throttled(Throttle {
            message: format!("{said}; asked too often, the range is tried again later"),
            retry_after_ms: retry_after(response.header("retry-after")),
        }),
        408 | 409 | 500..=599 => {
            SourceError::Unavailable(format!("{said}; the range is tried again later"))
        }
        400 => SourceError::Malformed(format!(
            "{said}; the domain does not take this search: check that domain_url is an identity \
             domain, and try the other method in the configuration"
        )),
        300..=399 => SourceError::Malformed(format!(
            "{said}, which redirects and is not followed; check domain_url"
        )),
        _ => SourceError::Malformed(format!(
            "{said}; is domain_url an identity domain without a proxy in between?"
        )),
    }
}

/// What a request that found no answer means.
pub fn transport(error: TransportError) -> SourceError {
    signon_kit::response_errors::transport(error, "domain_url")
}

/// What a success means that holds no list.
pub fn no_list(text: &[u8]) -> SourceError {
    let said = match scim_error(text) {
        Some(said) => format!("the identity domain answered 200 with an error in it: {said}"),
        None => format!("something answered 200 without a SCIM list ({})", content_id(text)),
    };
    SourceError::Malformed(format!("{said}; check domain_url, and for a proxy in between"))
}

fn describe(status: u16, body: &[u8]) -> String {
    match scim_error(body) {
        Some(said) => format!("the identity domain answered {status} {said}"),
        // A proxy in between: its HTML helps nobody.
        None => format!("something answered {status} without a SCIM error body"),
    }
}

/// Message id and detail of an error body in any of its shapes: with Oracle's
/// extension, without it, and OAuth's.
fn scim_error(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let texts = [
        &value[EXTENSION]["messageId"],
        &value["scimType"],
        &value["detail"],
        &value["error"],
        &value["error_description"],
        &value["code"],
        &value["message"],
    ];
    let said: Vec<String> = texts
        .iter()
        .filter_map(|text| text.as_str())
        .map(|text| cut(text, 300).into_owned())
        .collect();
    (!said.is_empty()).then(|| said.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH_EXTENSION: &str =
        include_str!("../../../tests/fixtures/idcs/error-400-missingSortBy.json");
    const PLAIN: &str = include_str!("../../../tests/fixtures/idcs/error-400-plain.json");

    struct Bytes(Option<&'static str>);
    impl Body for Bytes {
        fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, TransportError> {
            self.0.take().map_or(Ok(false), |text| {
                buffer.extend_from_slice(text.as_bytes());
                Ok(true)
            })
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &'static str) -> SourceError {
        let headers = headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        error(Response { status, headers, body: Bytes(Some(body)) })
    }

    #[test]
    fn both_shapes_of_an_error_body_are_read() {
        let SourceError::Malformed(text) = answer(400, &[], WITH_EXTENSION) else { panic!() };
        assert!(text.contains("error.common.common.missingSortBy: Missing \"sortby\""), "{text}");
        let SourceError::Malformed(text) = answer(400, &[], PLAIN) else { panic!() };
        assert!(text.contains("400 Request failed: HTTP 400 Bad Request."), "{text}");
    }

    #[test]
    fn every_status_has_its_meaning_and_its_remedy() {
        use SourceError as E;
        type Is = fn(&SourceError) -> bool;
        let cases: [(u16, Is, &str); 9] = [
            (401, |e| matches!(e, E::Unauthorized(_)), "Audit Administrator"),
            (403, |e| matches!(e, E::Forbidden(_)), "method = \"get\""),
            (404, |e| matches!(e, E::Forbidden(_)), "oci_audit"),
            (410, |e| matches!(e, E::Retired(_)), "oci_audit"),
            (500, |e| matches!(e, E::Unavailable(_)), "tried again"),
            (503, |e| matches!(e, E::Unavailable(_)), "tried again"),
            (302, |e| matches!(e, E::Malformed(_)), "not followed"),
            (204, |e| matches!(e, E::Malformed(_)), "domain_url"),
            (418, |e| matches!(e, E::Malformed(_)), "domain_url"),
        ];
        for (status, is, remedy) in cases {
            let error = answer(status, &[], "<html>S3CRET</html>");
            let text = format!("{error:?}").replace("\\\"", "\"");
            assert!(is(&error) && text.contains(remedy), "{status}: {text}");
            assert!(!text.contains("html"), "{text}");
        }
    }

    #[test]
    fn retry_after_is_honoured_in_seconds_only() {
        let wait = |headers: &[(&str, &str)]| match answer(429, headers, "") {
            SourceError::Throttled(throttle) => throttle.retry_after_ms,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(&[("retry-after", "7")]), Some(7000));
        assert_eq!(wait(&[("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")]), None);
        assert_eq!(wait(&[]), None);
    }
}
