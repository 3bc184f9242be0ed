//! What answers mean for an operator, as far as it is the same for every service.

use crate::contract::{Finding, Severity, SourceError};
use crate::http::TransportError;

/// `retry-after` in milliseconds. Only the form in seconds; a date would need a
/// clock to be of use.
pub fn retry_after(value: Option<&str>) -> Option<u64> {
    value?.trim().parse::<u64>().ok().map(|seconds| seconds.saturating_mul(1000))
}

/// What a request that found no answer means; `place` is the key of the
/// configuration that says where to ask.
pub fn transport(error: TransportError, place: &str) -> SourceError {
    match error {
        TransportError::Unauthorized(text) => SourceError::Unauthorized(text),
        TransportError::Denied(text) => SourceError::Forbidden(text),
        TransportError::Unavailable(text) => SourceError::Unavailable(format!(
            "{text}; check the network to {place}; the range is tried again later"
        )),
    }
}

/// An error as a finding: what stands before its first semicolon happened, what
/// follows is to be done. `about` is put before it, if there is any.
pub fn finding(error: SourceError, about: &str) -> Finding {
    let (problem, fix) = explain(error);
    let problem = if about.is_empty() { problem } else { format!("{about}: {problem}") };
    Finding { severity: Severity::Error, path: String::new(), problem, fix }
}

fn explain(error: SourceError) -> (String, String) {
    let text = match error {
        SourceError::InvalidConfig(findings) => {
            let first = findings.into_iter().next();
            return first.map(|finding| (finding.problem, finding.fix)).unwrap_or_default();
        }
        SourceError::Throttled(throttle) => throttle.message,
        SourceError::Unauthorized(text)
        | SourceError::Forbidden(text)
        | SourceError::CursorExpired(text)
        | SourceError::Retired(text)
        | SourceError::Unavailable(text)
        | SourceError::Malformed(text) => text,
    };
    match text.split_once("; ") {
        Some((problem, fix)) => (problem.to_owned(), fix.to_owned()),
        None => (text, "see the log of the host".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_honoured_in_seconds_only() {
        assert_eq!(retry_after(Some(" 7 ")), Some(7000));
        assert_eq!(retry_after(Some("Fri, 31 Dec 1999 23:59:59 GMT")), None);
        assert_eq!(retry_after(None), None);
    }

    #[test]
    fn an_error_says_what_happened_and_what_to_do() {
        let error = SourceError::Forbidden("it answered 403; grant it; twice".to_owned());
        let finding = finding(error, "here");
        assert_eq!(finding.problem, "here: it answered 403");
        assert_eq!(finding.fix, "grant it; twice");
    }
}
