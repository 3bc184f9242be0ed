//! Tries a configuration: one request for one minute of each stream, whose answer
//! is looked at only as far as its status.

use signon_kit::contract::{Finding, Severity, SourceError, TimeRange};
use signon_kit::http::Transport;

use crate::answers;
use crate::config::Config;
use crate::query::{self, MinuteRange};

const MINUTE_MS: i64 = 60_000;

/// What is wrong with each stream, if anything; `now_ms` is the time of day.
///
/// # Errors
///
/// `invalid-config` when no range can be made of `now_ms`.
pub fn check<T: Transport>(
    config: &Config,
    transport: &mut T,
    now_ms: i64,
) -> Result<Vec<Finding>, SourceError> {
    // Recent enough to lie within any retention, old enough to have been processed.
    let end = (now_ms.div_euclid(MINUTE_MS) - 1) * MINUTE_MS;
    let range = MinuteRange::try_from(TimeRange { start: end - MINUTE_MS, end })?;
    let mut findings = Vec::new();
    for place in config.places() {
        let request = query::request(&place, range, None);
        let error = match transport.send(&request) {
            Ok(response) if response.status == 200 => continue,
            Ok(response) => answers::error(response, false),
            Err(error) => answers::transport(error),
        };
        let (problem, fix) = explain(error);
        findings.push(Finding {
            severity: Severity::Error,
            path: String::new(),
            problem: format!("{}: {problem}", place.id()),
            fix,
        });
    }
    Ok(findings)
}

/// Splits an error at its first semicolon: what happened, then what to do.
fn explain(error: SourceError) -> (String, String) {
    let text = match error {
        SourceError::InvalidConfig(findings) => {
            return findings
                .into_iter()
                .next()
                .map(|finding| (finding.problem, finding.fix))
                .unwrap_or_default();
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
