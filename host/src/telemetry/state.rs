//! What happens to the state.

use std::time::Duration;

use tracing::{error, info};

use super::Telemetry;

/// The state cannot be written now; commits wait, and it is tried again.
#[derive(Debug)]
pub struct StateAway<'a> {
    /// Why, and what to do.
    pub error: &'a str,
}

impl StateAway<'_> {
    /// Logs and counts.
    pub fn emit(self, telemetry: &Telemetry) {
        telemetry.counters().state_failures.inc();
        if let Some(more) = telemetry.thinned("StateAway", &[]) {
            error!(error = self.error, more, "State not written, commits wait.");
        }
    }
}

/// The state can be written again.
#[derive(Debug)]
pub struct StateBack {
    /// How long it could not.
    pub away: Duration,
}

impl StateBack {
    /// Logs.
    pub fn emit(self, telemetry: &Telemetry) {
        if let Some(more) = telemetry.thinned("StateBack", &[]) {
            info!(away_seconds = self.away.as_secs_f64(), more, "State written again.");
        }
    }
}
