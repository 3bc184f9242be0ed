//! Tries a configuration: one request for the count of one minute. Never events.

use signon_kit::contract::{Finding, SourceError, TimeRange};
use signon_kit::http::Transport;
use signon_kit::range::SecondRange;
use signon_kit::response_errors;

use crate::config::Config;
use crate::stats;

const MINUTE_MS: i64 = 60_000;

/// What is wrong, if anything; `now_ms` is the time of day.
///
/// # Errors
///
/// `invalid-config` when no range can be made of `now_ms`.
pub fn check<T: Transport>(
    config: &Config,
    transport: &mut T,
    now_ms: i64,
) -> Result<Vec<Finding>, SourceError> {
    let end = (now_ms.div_euclid(MINUTE_MS) - 1) * MINUTE_MS;
    let range = SecondRange::try_from(TimeRange { start: end - MINUTE_MS, end })?;
    Ok(match stats::ask(transport, config, range.into()) {
        Ok(Ok(_)) => Vec::new(),
        Ok(Err(finding)) => vec![finding],
        Err(error) => vec![response_errors::finding(error, "")],
    })
}

#[cfg(test)]
mod tests {
    use signon_kit::source::Settings as _;

    use super::*;
    use signon_kit::contract::Severity;
    use signon_kit::http::scripted::{Answer, Scripted};

    fn findings(status: u16, body: &str) -> Vec<Finding> {
        let config = Config::parse(r#"{"base_url":"https://a.example"}"#).unwrap();
        let mut transport = Scripted::new(|request: &signon_kit::http::Request| {
            assert!(request.target.contains("/audit/stats?"), "{}", request.target);
            Ok(Answer::status(status, body))
        });
        check(&config, &mut transport, 1_714_525_200_123).unwrap()
    }

    #[test]
    fn a_count_is_all_that_is_asked_for() {
        assert!(findings(200, "0").is_empty());
        assert_eq!(findings(200, "?")[0].severity, Severity::Warning);
        let refused = findings(401, "");
        assert_eq!(refused[0].severity, Severity::Error);
        assert!(refused[0].fix.contains("password"));
        assert!(findings(404, "")[0].problem.contains("404"));
    }
}
