//! What happens to whole ranges of time.

use tracing::{debug, info, warn};

use super::{SourceTelemetry, Telemetry};

/// A range that is not read.
#[derive(Debug)]
pub struct GapRecorded<'a> {
    /// Stream id.
    pub stream: &'a str,
    /// Start of the range, RFC 3339.
    pub start: String,
    /// End of the range, RFC 3339.
    pub end: String,
    /// Why.
    pub reason: &'a str,
}

impl GapRecorded<'_> {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        source.counters().gaps_recorded.inc();
        let (source, stream, reason) = (source.id(), self.stream, self.reason);
        let (start, end) = (self.start, self.end);
        warn!(source, stream, start, end, reason, "Gap recorded.");
    }
}

/// A source that fell silent against its own history, or speaks again.
#[derive(Debug)]
pub struct SourceSilence<'a> {
    /// Stream id.
    pub stream: &'a str,
    /// For how long it has been silent, milliseconds; `None` when it speaks again.
    pub silent_for_ms: Option<i64>,
}

impl SourceSilence<'_> {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        let (id, stream) = (source.id(), self.stream);
        match self.silent_for_ms {
            Some(silent) => {
                source.counters().sources_silent.inc();
                let hours = silent / 3_600_000;
                warn!(source = id, stream, hours, "Source is silent against its own history.");
            }
            None => info!(source = id, stream, "Source speaks again."),
        }
    }
}

/// How far a backfill is.
#[derive(Debug)]
pub struct BackfillProgress<'a> {
    /// Stream id.
    pub stream: &'a str,
    /// Of the time to be read, in percent.
    pub percent: f64,
    /// Events so far.
    pub events: u64,
    /// Events a second since it began.
    pub events_per_second: f64,
    /// When it will be done at this rate, RFC 3339.
    pub until: Option<String>,
}

impl BackfillProgress<'_> {
    /// Logs, and keeps it for whoever shows it.
    pub fn emit(self, source: &SourceTelemetry) {
        source.backfilled(self.stream, self.percent / 100.0);
        let (source, stream, events) = (source.id(), self.stream, self.events);
        let percent = self.percent.floor();
        let events_per_second = self.events_per_second.floor();
        let until = self.until.unwrap_or_default();
        info!(source, stream, percent, events, events_per_second, until, "Backfill.");
    }
}

/// A caller of the metrics that was cut off.
#[derive(Debug)]
pub struct CallerDropped {
    /// Why.
    pub reason: &'static str,
}

impl CallerDropped {
    /// Logs and counts. Callers choose how many there are, so that is not for the log of
    /// every day.
    pub fn emit(self, telemetry: &Telemetry) {
        telemetry.counters().callers_dropped.inc();
        debug!(reason = self.reason, "Caller of the metrics cut off.");
    }
}

/// A configuration that was read anew.
#[derive(Debug)]
pub struct ConfigReloaded {
    /// Sources that came.
    pub started: usize,
    /// Sources that went.
    pub stopped: usize,
    /// Sources that changed, or whose sinks did.
    pub changed: usize,
}

impl ConfigReloaded {
    /// Logs and counts.
    pub fn emit(self, telemetry: &Telemetry) {
        telemetry.counters().reloads.inc();
        let Self { started, stopped, changed } = self;
        info!(started, stopped, changed, "Configuration read anew.");
    }
}

/// A configuration that was refused while running; the old one stays.
#[derive(Debug)]
pub struct ReloadRefused {
    /// What is wrong with it.
    pub error: String,
}

impl ReloadRefused {
    /// Logs and counts.
    pub fn emit(self, telemetry: &Telemetry) {
        telemetry.counters().reloads_refused.inc();
        warn!(error = self.error, "New configuration refused, the old one stays.");
    }
}
