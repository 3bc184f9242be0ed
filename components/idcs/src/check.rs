//! Tries a configuration: one request that asks how many events the last day had,
//! and for none of them.

use signon_kit::contract::{Finding, Severity};
use signon_kit::http::Transport;
use signon_kit::response_errors;

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
        Err(error) => vec![response_errors::finding(error, &config.stream_id())],
    }
}
