//! Tries a configuration: one request for one minute of each stream, whose answer
//! is looked at only as far as its status.

use signon_kit::contract::{Finding, SourceError, TimeRange};
use signon_kit::http::Transport;
use signon_kit::range::MinuteRange;

use crate::config::Config;
use crate::query;
use crate::response_errors;

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
    for target in config.targets() {
        let request = query::request(&target, range, None);
        let error = match transport.send(&request) {
            Ok(response) if response.status == 200 => continue,
            Ok(response) => response_errors::error(response, false),
            Err(error) => response_errors::transport(error),
        };
        findings.push(signon_kit::response_errors::finding(error, &target.id()));
    }
    Ok(findings)
}
