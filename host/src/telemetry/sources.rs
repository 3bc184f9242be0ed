//! What happens at a source.

use std::net::IpAddr;
use std::time::Duration;

use http::{Method, StatusCode, Uri};
use tracing::{debug, error, info, trace, warn};

use super::SourceTelemetry;
use crate::ledger::Counts;

/// A request that fits no grant.
#[derive(Debug)]
pub struct RequestDenied<'a> {
    /// Method asked for.
    pub method: &'a Method,
    /// URI asked for; the query is left out, it may hold anything.
    pub uri: &'a Uri,
    /// The grant for this origin, if there is one.
    pub rule: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Whether it is worth a line: a session must not choose how long the log is.
    pub is_logged: bool,
}

impl RequestDenied<'_> {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        source.counters().requests_denied.inc();
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (method, path, rule, reason) = (self.method, self.uri.path(), self.rule, self.reason);
        if let Some(more) = self.is_logged.then(|| source.thinned("request-denied")).flatten() {
            let origin = format!("{}://{host}", self.uri.scheme_str().unwrap_or_default());
            let source = source.id();
            warn!(source, %method, origin, path, rule, reason, more, "Request denied.");
        }
    }
}

/// A name that resolves to an address that is not granted.
#[derive(Debug)]
pub struct AddressDenied<'a> {
    /// URI asked for.
    pub uri: &'a Uri,
    /// What it resolves to.
    pub address: IpAddr,
    /// The grant that allowed the request but for its address.
    pub rule: &'a str,
    /// Whether it is worth a line: a session must not choose how long the log is.
    pub is_logged: bool,
}

impl AddressDenied<'_> {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        source.counters().addresses_denied.inc();
        if let Some(more) = self.is_logged.then(|| source.thinned("address-denied")).flatten() {
            warn!(
                source = source.id(),
                host = self.uri.host().unwrap_or_default(),
                address = %self.address,
                rule = self.rule,
                setting = "allow_private_addresses",
                more,
                "Address denied."
            );
        }
    }
}

/// A request that was let through, up to the beginning of its answer.
#[derive(Debug)]
pub struct RequestSent {
    /// What was answered; `None` where nothing was.
    pub status: Option<StatusCode>,
    /// How long that took.
    pub took: Duration,
}

impl RequestSent {
    /// Logs and measures.
    pub fn emit(self, source: &SourceTelemetry) {
        let status = self.status.map(|status| status.as_u16());
        trace!(source = source.id(), status, seconds = self.took.as_secs_f64(), "Request sent.");
        source.answered(self.status, self.took);
    }
}

/// Events that were acknowledged and committed.
#[derive(Debug)]
pub struct BatchCommitted<'a, A> {
    /// Stream id.
    pub stream: &'a str,
    /// What became of the records.
    pub counts: Counts,
    /// How old each event was, as far as that says how long it took.
    pub ages: A,
}

impl<A: Iterator<Item = Duration>> BatchCommitted<'_, A> {
    /// Logs, counts and measures.
    pub fn emit(self, source: &SourceTelemetry) {
        source.committed(&self.counts, self.ages);
        let Counts { received, emitted, duplicate, yielded, filtered, rejected } = self.counts;
        let (source, stream) = (source.id(), self.stream);
        debug!(
            source,
            stream, received, emitted, duplicate, yielded, filtered, rejected, "Batch committed."
        );
    }
}

/// A record that could not be read. Its digest is not told: over a record that is little
/// more than a code or a password, whoever reads the log could try them all.
#[derive(Debug)]
pub struct RecordRejected<'a> {
    /// Why.
    pub reason: &'a str,
}

impl RecordRejected<'_> {
    /// Logs; the batch counts.
    pub fn emit(self, source: &SourceTelemetry) {
        if let Some(more) = source.thinned("record-rejected") {
            warn!(source = source.id(), reason = self.reason, more, "Record rejected.");
        }
    }
}

/// Something a component noticed about its service.
#[derive(Debug)]
pub struct SourceFinding<'a> {
    /// What, and what to do about it.
    pub finding: &'a str,
}

impl SourceFinding<'_> {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        source.counters().source_findings.inc();
        if let Some(more) = source.thinned("source-finding") {
            warn!(source = source.id(), finding = self.finding, more, "Source finding.");
        }
    }
}

/// A range read to its end.
#[derive(Debug)]
pub struct ReadingFinished<'a> {
    /// Stream id.
    pub stream: &'a str,
    /// Start of the range, RFC 3339.
    pub start: String,
    /// End of the range, RFC 3339.
    pub end: String,
}

impl ReadingFinished<'_> {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        source.counters().readings_finished.inc();
        let (start, end) = (self.start, self.end);
        info!(source = source.id(), stream = self.stream, start, end, "Range read.");
    }
}

/// A reading that failed and is tried again.
#[derive(Debug)]
pub struct ReadingFailed<'a> {
    /// Stream id.
    pub stream: &'a str,
    /// Start and end of its range, RFC 3339.
    pub range: Option<(String, String)>,
    /// What went wrong, and what to do.
    pub error: String,
    /// When it is tried again.
    pub retry_in: Duration,
}

impl ReadingFailed<'_> {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        source.counters().readings_failed.inc();
        let retry_in_seconds = self.retry_in.as_secs_f64();
        let (stream, error) = (self.stream, self.error);
        let (start, end) = self.range.unwrap_or_default();
        if let Some(more) = source.thinned_of(stream, "reading-failed") {
            let source = source.id();
            warn!(source, stream, start, end, error, retry_in_seconds, more, "Reading failed.");
        }
    }
}

/// A reading that turns in circles, or goes on without end; it is tried again later.
#[derive(Debug)]
pub struct ReadingEndless<'a> {
    /// Stream id.
    pub stream: &'a str,
    /// Start of the range, RFC 3339.
    pub start: String,
    /// End of the range, RFC 3339.
    pub end: String,
    /// What it did instead of ending.
    pub problem: &'a str,
}

impl ReadingEndless<'_> {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        source.counters().readings_endless.inc();
        let Self { stream, start, end, problem } = self;
        if let Some(more) = source.thinned_of(stream, "reading-endless") {
            let source = source.id();
            error!(source, stream, start, end, problem, more, "Reading does not end.");
        }
    }
}

/// The service's clock and ours are far apart, or agree again.
#[derive(Debug)]
pub struct ClocksApart<'a> {
    /// Stream id.
    pub stream: &'a str,
    /// What is wrong, and what to do; `None` when they agree again.
    pub problem: Option<&'a str>,
}

impl ClocksApart<'_> {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        let stream = self.stream;
        let Some(problem) = self.problem else {
            info!(source = source.id(), stream, "Clocks agree again.");
            return;
        };
        source.counters().clocks_apart.inc();
        if let Some(more) = source.thinned_of(stream, "clocks-apart") {
            error!(source = source.id(), stream, problem, more, "Clocks are far apart.");
        }
    }
}

/// A source that could not start; the others go on.
#[derive(Debug)]
pub struct SourceNotStarted {
    /// What went wrong, and what to do.
    pub error: String,
}

impl SourceNotStarted {
    /// Logs and counts.
    pub fn emit(self, source: &SourceTelemetry) {
        source.counters().source_starts_failed.inc();
        error!(source = source.id(), error = self.error, "Source not started.");
    }
}
