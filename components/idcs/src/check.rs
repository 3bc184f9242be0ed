//! Tries a configuration: one request that asks how many events the last day had,
//! and for none of them.

use signon_kit::contract::{Finding, Severity, SourceError};
use signon_kit::http::Transport;

use crate::config::Config;
use crate::silence::{self, SILENCE_MS};

/// What is wrong with the domain, if anything; `now_ms` is the time of day.
pub fn check<T: Transport>(config: &Config, transport: &mut T, now_ms: i64) -> Vec<Finding> {
    // Whole seconds, so that the request is one that readings make too.
    let from = (now_ms.saturating_sub(SILENCE_MS)).div_euclid(1000).saturating_mul(1000);
    match silence::count(config, transport, from) {
        // A domain in which nobody signs in is no mistake of the configuration.
        Ok(Some(0)) => {
            let finding = silence::finding(config, from);
            vec![Finding { severity: Severity::Warning, ..finding }]
        }
        Ok(_) => Vec::new(),
        Err(error) => {
            let (problem, fix) = explain(error);
            vec![Finding {
                severity: Severity::Error,
                path: String::new(),
                problem: format!("{}: {problem}", config.stream_id()),
                fix,
            }]
        }
    }
}

/// Splits an error at its first semicolon: what happened, then what to do.
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
