//! What error answers mean for an operator. The service's error bodies are
//! described nowhere, so only the status is read.

use signon_kit::contract::{SourceError, Throttle};
use signon_kit::http::{Response, TransportError};
use signon_kit::response_errors::retry_after;

use crate::config::Config;

/// Turns an answer other than 200 into an error.
pub fn error<B>(response: Response<B>, config: &Config) -> SourceError {
    let said = format!("the audit service answered {}", response.status);
    let moved = "after a pod's move to OCI IAM this API is gone: use oci_audit then";
    match response.status {
        400 => SourceError::Malformed(format!(
            "{said}; it does not take this request: lower page_size, and see whether the range \
             lies within the last 7 days"
        )),
        401 => SourceError::Unauthorized(format!(
            "{said}; check user and password, that the account is not locked, and that base_url \
             is the pod's login host"
        )),
        403 => SourceError::Forbidden(format!(
            "{said}; set the profile option ASE_ADVANCED_USER_MANAGEMENT_SETTING to Yes, then \
             tick \"Enable Administration Access for Sign In-Sign Out Audit REST API\" on that \
             user's account in the Security Console"
        )),
        404 | 405 => SourceError::Malformed(format!(
            "{said}; check base_url, which is the pod's login host, and try page_style = {:?}; \
             {moved}; OAM on premises never had it",
            config.page_style.other().word()
        )),
        410 => SourceError::Retired(format!("{said}; {moved}")),
        429 => SourceError::Throttled(Throttle {
            message: format!("{said}; asked too often, the range is tried again later"),
            retry_after_ms: retry_after(response.header("retry-after")),
        }),
        409 | 500 | 502 | 503 | 504 => {
            SourceError::Unavailable(format!("{said}; the range is tried again later"))
        }
        300..=399 => SourceError::Malformed(format!(
            "{said}, a redirection, which is not followed; is base_url the pod's login host?"
        )),
        _ => SourceError::Malformed(format!(
            "{said}; is base_url the login host of a Fusion pod? {moved}"
        )),
    }
}

/// What a request that found no answer means.
pub fn transport(error: TransportError) -> SourceError {
    signon_kit::response_errors::transport(error, "base_url")
}

#[cfg(test)]
mod tests {
    use signon_kit::source::Settings as _;

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> SourceError {
        let config = Config::parse(r#"{"base_url":"https://a.example"}"#).unwrap();
        let headers = headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        error(Response { status, headers, body: () }, &config)
    }

    #[test]
    fn every_documented_status_has_its_remedy() {
        let SourceError::Unauthorized(text) = answer(401, &[]) else { panic!() };
        assert!(text.contains("password"));
        let SourceError::Forbidden(text) = answer(403, &[]) else { panic!() };
        assert!(text.contains("Security Console"));
        assert!(matches!(answer(400, &[]), SourceError::Malformed(_)));
        assert!(matches!(answer(503, &[]), SourceError::Unavailable(_)));
        let SourceError::Malformed(text) = answer(404, &[]) else { panic!() };
        assert!(text.contains("page_style = \"path\""));
        assert!(matches!(answer(410, &[]), SourceError::Retired(_)));
    }

    #[test]
    fn retry_after_is_honoured_in_seconds_only() {
        let wait = |value| match answer(429, &[("retry-after", value)]) {
            SourceError::Throttled(throttle) => throttle.retry_after_ms,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait("7"), Some(7000));
        assert_eq!(wait("Fri, 31 Dec 1999 23:59:59 GMT"), None);
    }
}
