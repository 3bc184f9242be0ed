//! How an identity domain says no.
//!
//! The invariant: an error is a SCIM error with the status as a text. Where
//! Oracle's message id is known, Oracle's extension names it, unless plain
//! errors were asked for; where it is not, none is made up.

use bytes::Bytes;
use http::{Method, StatusCode};

use crate::answer::{Answer, Refused};
use crate::api::Failure;

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const EXTENSION: &str = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error";

/// Media type of everything but tokens.
pub(super) const JSON: &str = "application/json;charset=utf-8";

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScimError {
    pub(super) status: StatusCode,
    pub(super) detail: String,
    /// Oracle's id of the message, where it is known.
    pub(super) message_id: Option<&'static str>,
}

impl ScimError {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), message_id: None }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// In the words of Oracle's plain sample.
    pub(super) fn generic(status: StatusCode) -> Self {
        Self::new(status, format!("Request failed: HTTP {status}."))
    }

    pub(super) fn missing_sort_by() -> Self {
        Self {
            message_id: Some("error.common.common.missingSortBy"),
            ..Self::bad_request(
                "Missing \"sortby\". sortby is mandatory when startIndex is greater than 1.",
            )
        }
    }

    /// The answer, with Oracle's extension where it applies.
    pub(super) fn answer(&self, plain: bool) -> Answer {
        let detail = quoted(&self.detail);
        let status = self.status.as_str();
        let body = match self.message_id.filter(|_| !plain) {
            None => {
                format!("{{\"schemas\":[\"{ERROR}\"],\"detail\":{detail},\"status\":\"{status}\"}}")
            }
            Some(id) => format!(
                "{{\"schemas\":[\"{ERROR}\",\"{EXTENSION}\"],\"detail\":{detail},\
                 \"status\":\"{status}\",\"{EXTENSION}\":{{\"messageId\":\"{id}\"}}}}"
            ),
        };
        let mut answer = Answer::json(self.status, vec![Bytes::from(body)]);
        answer.content_type = JSON;
        answer
    }
}

/// A bearer token that is missing or no good (RFC 6750, 3).
pub(super) fn unauthorized(reason: Option<&str>) -> Answer {
    let mut answer = ScimError::generic(StatusCode::UNAUTHORIZED).answer(true);
    let challenge = match reason {
        None => "Bearer realm=\"simulated\"".to_owned(),
        Some(reason) => format!(
            "Bearer realm=\"simulated\", error=\"invalid_token\", error_description=\"{reason}\""
        ),
    };
    answer.headers.push(("www-authenticate", challenge));
    answer
}

/// What the domain says that is in trouble on purpose.
pub(super) fn spoilt(failure: Failure) -> Answer {
    match failure {
        Failure::TokenExpired => unauthorized(Some("the token was taken back")),
        Failure::Throttled => ScimError::generic(StatusCode::TOO_MANY_REQUESTS).answer(true),
        Failure::Broken(status) => ScimError::generic(status).answer(true),
    }
}

/// 404 in the words of an identity domain.
pub(crate) fn not_found() -> Refused {
    Refused(ScimError::generic(StatusCode::NOT_FOUND).answer(true))
}

/// 405 in the words of an identity domain.
pub(crate) fn method_not_allowed(allowed: &Method) -> Refused {
    let mut answer = ScimError::generic(StatusCode::METHOD_NOT_ALLOWED).answer(true);
    answer.headers.push(("allow", allowed.to_string()));
    Refused(answer)
}

/// A JSON text.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(error: &ScimError, plain: bool) -> serde_json::Value {
        serde_json::from_slice(&error.answer(plain).body.concat()).unwrap()
    }

    #[test]
    fn errors_read_as_oracles_samples_do() {
        let sample = |text| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(
            body(&ScimError::missing_sort_by(), false),
            sample(include_str!("../../../fixtures/idcs/error-400-missingSortBy.json"))
        );
        assert_eq!(
            body(&ScimError::generic(StatusCode::BAD_REQUEST), false),
            sample(include_str!("../../../fixtures/idcs/error-400-plain.json"))
        );
    }

    #[test]
    fn plain_errors_have_no_extension() {
        let body = body(&ScimError::missing_sort_by(), true);
        assert_eq!(body["schemas"], serde_json::json!([ERROR]));
        assert_eq!(body.as_object().unwrap().len(), 3);
    }
}
