//! What happens at the sinks.

use std::path::Path;
use std::time::Duration;

use tracing::{debug, error, info, warn};

use super::SinkTelemetry;

/// A sink that could not be opened at start.
#[derive(Debug)]
pub struct SinkNotOpened {
    /// Why, and what to do.
    pub error: String,
}

impl SinkNotOpened {
    /// Logs and counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.counters().sinks_not_ready.inc();
        error!(sink = sink.id(), error = self.error, "Sink not opened, its inputs wait.");
    }
}

/// A sink whose receiver did not answer well at start.
#[derive(Debug)]
pub struct SinkNotReady {
    /// Why, and what to do.
    pub error: String,
}

impl SinkNotReady {
    /// Logs and counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.counters().sinks_not_ready.inc();
        warn!(sink = sink.id(), error = self.error, "Sink not ready, its inputs wait.");
    }
}

/// A request that is made again.
#[derive(Debug)]
pub struct SinkRetried<'a> {
    /// The answer, or why there was none.
    pub problem: &'a str,
    /// How long it is waited.
    pub retry_in: Duration,
    /// Whether it is the first time for this request: only that is worth a warning.
    pub is_first: bool,
}

impl SinkRetried<'_> {
    /// Logs and counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.series().retries.inc();
        let (sink, problem, retry_in_ms) = (sink.id(), self.problem, self.retry_in.as_millis());
        if self.is_first {
            warn!(sink, problem, retry_in_ms, "Sink is tried again.");
        } else {
            debug!(sink, problem, retry_in_ms, "Sink is tried again.");
        }
    }
}

/// A receiver that wants smaller requests.
#[derive(Debug)]
pub struct SinkBatchTooLarge {
    /// Bytes that were too many.
    pub bytes: usize,
    /// Most bytes from now on.
    pub limit: usize,
}

impl SinkBatchTooLarge {
    /// Logs.
    pub fn emit(self, sink: &SinkTelemetry) {
        info!(sink = sink.id(), bytes = self.bytes, limit = self.limit, "Batch too large.");
    }
}

/// Events that the receiver refused while it took others.
#[derive(Debug)]
pub struct EventsDeadLettered<'a> {
    /// How many.
    pub events: u64,
    /// Status and start of the last answer.
    pub reason: &'a str,
    /// Where they are kept.
    pub path: &'a Path,
}

impl EventsDeadLettered<'_> {
    /// Logs and counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.series().dead_letters.inc_by(self.events);
        let (sink, events, reason) = (sink.id(), self.events, self.reason);
        let path = self.path.display();
        warn!(sink, events, reason, %path, "Events put to the dead letters.");
    }
}

/// A batch that the receiver took but for some events, without saying which.
#[derive(Debug)]
pub struct SinkTookPart<'a> {
    /// Events rejected.
    pub rejected: u64,
    /// The receiver's words.
    pub reason: &'a str,
}

impl SinkTookPart<'_> {
    /// Logs and counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.series().rejected.inc_by(self.rejected);
        let (sink, rejected, reason) = (sink.id(), self.rejected, self.reason);
        warn!(sink, rejected, reason, "Receiver rejected part of a batch.");
    }
}

/// A batch that a sink took.
#[derive(Debug)]
pub struct SinkDelivered {
    /// Events in it.
    pub events: usize,
    /// How long it took.
    pub took: Duration,
}

impl SinkDelivered {
    /// Logs, counts and measures.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.took(self.events as u64, self.took);
        let (events, seconds) = (self.events, self.took.as_secs_f64());
        debug!(sink = sink.id(), events, seconds, "Batch delivered.");
    }
}

/// Events passed over, which the receiver had taken before their batch failed elsewhere.
#[derive(Debug)]
pub struct EventsTakenBefore {
    /// How many.
    pub events: usize,
}

impl EventsTakenBefore {
    /// Logs; the batch counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        debug!(sink = sink.id(), events = self.events, "Events were taken before.");
    }
}

/// A file that was put aside for a new one.
#[derive(Debug)]
pub struct FileRotated<'a> {
    /// The file.
    pub path: &'a Path,
    /// What it held.
    pub bytes: u64,
}

impl FileRotated<'_> {
    /// Logs and counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.counters().files_rotated.inc();
        let (sink, path, bytes) = (sink.id(), self.path.display(), self.bytes);
        info!(sink, %path, bytes, "File rotated.");
    }
}

/// Files that were put aside and could not be removed or compressed.
#[derive(Debug)]
pub struct RotatedFilesNotTidied<'a> {
    /// The file they were put aside for.
    pub path: &'a Path,
    /// Why.
    pub error: String,
}

impl RotatedFilesNotTidied<'_> {
    /// Logs.
    pub fn emit(self, sink: &SinkTelemetry) {
        let (sink, path, error) = (sink.id(), self.path.display(), self.error);
        warn!(sink, %path, error, "Rotated files not tidied up.");
    }
}

/// A file that holds less than was committed to it.
#[derive(Debug)]
pub struct FileShorter<'a> {
    /// The file.
    pub path: &'a Path,
    /// Bytes there are.
    pub length: u64,
    /// Bytes there were.
    pub committed: u64,
}

impl FileShorter<'_> {
    /// Logs and counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.counters().files_shorter.inc();
        let (sink, path) = (sink.id(), self.path.display());
        let (length, committed) = (self.length, self.committed);
        warn!(sink, %path, length, committed, "File is shorter than what was written to it.");
    }
}

/// The start of a line at the end of a file, left by a crash.
#[derive(Debug)]
pub struct TornLineCut<'a> {
    /// The file.
    pub path: &'a Path,
    /// Bytes cut; their event comes again.
    pub bytes: u64,
}

impl TornLineCut<'_> {
    /// Logs and counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.counters().torn_lines_cut.inc();
        let (sink, path, bytes) = (sink.id(), self.path.display(), self.bytes);
        warn!(sink, %path, bytes, "Torn last line cut.");
    }
}

/// A sink that did not take a batch.
#[derive(Debug)]
pub struct SinkFailed {
    /// What went wrong, and what to do.
    pub error: String,
}

impl SinkFailed {
    /// Logs and counts.
    pub fn emit(self, sink: &SinkTelemetry) {
        sink.series().failures.inc();
        if let Some(more) = sink.thinned("sink-failed") {
            error!(sink = sink.id(), error = self.error, more, "Sink failed.");
        }
    }
}
