//! Each observable moment, with the fields an operator needs.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use http::{Method, Uri};
use tracing::{debug, error, info, warn};

use super::counters;
use super::thinning::thinned;
use crate::ledger::Counts;

/// A request that fits no grant.
#[derive(Debug)]
pub struct RequestDenied<'a> {
    /// Source id.
    pub source: &'a str,
    /// Method asked for.
    pub method: &'a Method,
    /// URI asked for; the query is left out, it may hold anything.
    pub uri: &'a Uri,
    /// The grant for this origin, if there is one.
    pub rule: &'a str,
    /// Why.
    pub reason: &'a str,
}

impl RequestDenied<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let origin = format!("{}://{host}", self.uri.scheme_str().unwrap_or_default());
        let (source, method, path) = (self.source, self.method, self.uri.path());
        let (rule, reason) = (self.rule, self.reason);
        if let Some(more) = thinned("request-denied", &[source]) {
            warn!(source, %method, origin, path, rule, reason, more, "Request denied.");
        }
        counters().requests_denied.add(1);
    }
}

/// A name that resolves to an address that is not granted.
#[derive(Debug)]
pub struct AddressDenied<'a> {
    /// Source id.
    pub source: &'a str,
    /// URI asked for.
    pub uri: &'a Uri,
    /// What it resolves to.
    pub address: IpAddr,
    /// The grant that allowed the request but for its address.
    pub rule: &'a str,
}

impl AddressDenied<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let host = self.uri.host().unwrap_or_default();
        if let Some(more) = thinned("address-denied", &[self.source]) {
            warn!(
                source = self.source,
                host,
                address = %self.address,
                rule = self.rule,
                setting = "allow_private_addresses",
                more,
                "Address denied."
            );
        }
        counters().addresses_denied.add(1);
    }
}

/// Events that were acknowledged and committed.
#[derive(Debug)]
pub struct BatchCommitted<'a> {
    /// Source id.
    pub source: &'a str,
    /// Stream id.
    pub stream: &'a str,
    /// What became of the records.
    pub counts: Counts,
}

impl BatchCommitted<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let Counts { received, emitted, duplicate, yielded, filtered, rejected } = self.counts;
        let (source, stream) = (self.source, self.stream);
        debug!(
            source,
            stream, received, emitted, duplicate, yielded, filtered, rejected, "Batch committed."
        );
        let counters = counters();
        counters.records_received.add(received);
        counters.events_emitted.add(emitted);
        counters.events_duplicate.add(duplicate);
        counters.events_yielded.add(yielded);
        counters.records_filtered.add(filtered);
        counters.records_rejected.add(rejected);
    }
}

/// A record that could not be read. Its digest is not told: over a record that is little
/// more than a code or a password, whoever reads the log could try them all.
#[derive(Debug)]
pub struct RecordRejected<'a> {
    /// Source id.
    pub source: &'a str,
    /// Why.
    pub reason: &'a str,
}

impl RecordRejected<'_> {
    /// Logs; the batch counts.
    pub fn emit(self) {
        let Self { source, reason } = self;
        if let Some(more) = thinned("record-rejected", &[source]) {
            warn!(source, reason, more, "Record rejected.");
        }
    }
}

/// Something a component noticed about its service.
#[derive(Debug)]
pub struct SourceFinding<'a> {
    /// Source id.
    pub source: &'a str,
    /// What, and what to do about it.
    pub finding: &'a str,
}

impl SourceFinding<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let Self { source, finding } = self;
        if let Some(more) = thinned("source-finding", &[source]) {
            warn!(source, finding, more, "Source finding.");
        }
        counters().source_findings.add(1);
    }
}

/// A range read to its end.
#[derive(Debug)]
pub struct ReadingFinished<'a> {
    /// Source id.
    pub source: &'a str,
    /// Stream id.
    pub stream: &'a str,
    /// Start of the range, RFC 3339.
    pub start: String,
    /// End of the range, RFC 3339.
    pub end: String,
}

impl ReadingFinished<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (start, end) = (self.start, self.end);
        info!(source = self.source, stream = self.stream, start, end, "Range read.");
        counters().readings_finished.add(1);
    }
}

/// A reading that failed and is tried again.
#[derive(Debug)]
pub struct ReadingFailed<'a> {
    /// Source id.
    pub source: &'a str,
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
    pub fn emit(self) {
        let retry_in_seconds = self.retry_in.as_secs_f64();
        let (source, stream, error) = (self.source, self.stream, self.error);
        let (start, end) = self.range.unwrap_or_default();
        if let Some(more) = thinned("reading-failed", &[source, stream]) {
            warn!(source, stream, start, end, error, retry_in_seconds, more, "Reading failed.");
        }
        counters().readings_failed.add(1);
    }
}

/// A reading that turns in circles, or goes on without end; it is tried again later.
#[derive(Debug)]
pub struct ReadingEndless<'a> {
    /// Source id.
    pub source: &'a str,
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
    pub fn emit(self) {
        let Self { source, stream, start, end, problem } = self;
        if let Some(more) = thinned("reading-endless", &[source, stream]) {
            error!(source, stream, start, end, problem, more, "Reading does not end.");
        }
        counters().readings_endless.add(1);
    }
}

/// The service's clock and ours are far apart, or agree again.
#[derive(Debug)]
pub struct ClocksApart<'a> {
    /// Source id.
    pub source: &'a str,
    /// Stream id.
    pub stream: &'a str,
    /// What is wrong, and what to do; `None` when they agree again.
    pub problem: Option<&'a str>,
}

impl ClocksApart<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (source, stream) = (self.source, self.stream);
        match self.problem {
            Some(problem) => {
                if let Some(more) = thinned("clocks-apart", &[source, stream]) {
                    error!(source, stream, problem, more, "Clocks are far apart.");
                }
                counters().clocks_apart.add(1);
            }
            None => info!(source, stream, "Clocks agree again."),
        }
    }
}

/// A source that could not start; the others go on.
#[derive(Debug)]
pub struct SourceNotStarted<'a> {
    /// Source id.
    pub source: &'a str,
    /// What went wrong, and what to do.
    pub error: String,
}

impl SourceNotStarted<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (source, error) = (self.source, self.error);
        error!(source, error, "Source not started.");
        counters().source_starts_failed.add(1);
    }
}

/// A file that holds less than was committed to it.
#[derive(Debug)]
pub struct FileShorter<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// The file.
    pub path: &'a Path,
    /// Bytes there are.
    pub length: u64,
    /// Bytes there were.
    pub committed: u64,
}

impl FileShorter<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (sink, path) = (self.sink, self.path.display());
        let (length, committed) = (self.length, self.committed);
        warn!(sink, %path, length, committed, "File is shorter than what was written to it.");
        counters().files_shorter.add(1);
    }
}

/// The start of a line at the end of a file, left by a crash.
#[derive(Debug)]
pub struct TornLineCut<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// The file.
    pub path: &'a Path,
    /// Bytes cut; their event comes again.
    pub bytes: u64,
}

impl TornLineCut<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (sink, path, bytes) = (self.sink, self.path.display(), self.bytes);
        warn!(sink, %path, bytes, "Torn last line cut.");
        counters().torn_lines_cut.add(1);
    }
}

/// A sink that did not take a batch.
#[derive(Debug)]
pub struct SinkFailed<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// What went wrong, and what to do.
    pub error: String,
}

impl SinkFailed<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (sink, error) = (self.sink, self.error);
        if let Some(more) = thinned("sink-failed", &[sink]) {
            error!(sink, error, more, "Sink failed.");
        }
        counters().sink_failures.add(1);
    }
}
