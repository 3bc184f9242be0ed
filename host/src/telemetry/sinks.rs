//! What happens at the sinks.

use std::path::Path;
use std::time::Duration;

use tracing::{debug, error, info, warn};

use super::counters;

/// A sink that could not be opened at start.
#[derive(Debug)]
pub struct SinkNotOpened<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// Why, and what to do.
    pub error: String,
}

impl SinkNotOpened<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (sink, error) = (self.sink, self.error);
        error!(sink, error, "Sink not opened, its inputs wait.");
        counters().sinks_not_ready.add(1);
    }
}

/// A sink whose receiver did not answer well at start.
#[derive(Debug)]
pub struct SinkNotReady<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// Why, and what to do.
    pub error: String,
}

impl SinkNotReady<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (sink, error) = (self.sink, self.error);
        warn!(sink, error, "Sink not ready, its inputs wait.");
        counters().sinks_not_ready.add(1);
    }
}

/// A request that is made again.
#[derive(Debug)]
pub struct SinkRetried<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// The answer, or why there was none.
    pub problem: &'a str,
    /// How long it is waited.
    pub retry_in: Duration,
    /// Whether it is the first time for this request: only that is worth a warning.
    pub is_first: bool,
}

impl SinkRetried<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (sink, problem, retry_in_ms) = (self.sink, self.problem, self.retry_in.as_millis());
        if self.is_first {
            warn!(sink, problem, retry_in_ms, "Sink is tried again.");
        } else {
            debug!(sink, problem, retry_in_ms, "Sink is tried again.");
        }
        counters().sink_retries.add(1);
    }
}

/// A receiver that wants smaller requests.
#[derive(Debug)]
pub struct SinkBatchTooLarge<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// Bytes that were too many.
    pub bytes: usize,
    /// Most bytes from now on.
    pub limit: usize,
}

impl SinkBatchTooLarge<'_> {
    /// Logs.
    pub fn emit(self) {
        info!(sink = self.sink, bytes = self.bytes, limit = self.limit, "Batch too large.");
    }
}

/// Events that the receiver refused while it took others.
#[derive(Debug)]
pub struct EventsDeadLettered<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// How many.
    pub events: u64,
    /// Status and start of the last answer.
    pub reason: &'a str,
    /// Where they are kept.
    pub path: &'a Path,
}

impl EventsDeadLettered<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (sink, events, reason) = (self.sink, self.events, self.reason);
        let path = self.path.display();
        warn!(sink, events, reason, %path, "Events put to the dead letters.");
        counters().dead_letters.add(self.events);
    }
}

/// A batch that the receiver took but for some events, without saying which.
#[derive(Debug)]
pub struct SinkTookPart<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// Events rejected.
    pub rejected: u64,
    /// The receiver's words.
    pub reason: &'a str,
}

impl SinkTookPart<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (sink, rejected, reason) = (self.sink, self.rejected, self.reason);
        warn!(sink, rejected, reason, "Receiver rejected part of a batch.");
        counters().sink_events_rejected.add(rejected);
    }
}

/// A batch that the receiver took.
#[derive(Debug)]
pub struct SinkDelivered<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// Events in it.
    pub events: usize,
    /// Events passed over, which it had taken before their batch failed elsewhere.
    pub taken_before: usize,
}

impl SinkDelivered<'_> {
    /// Logs.
    pub fn emit(self) {
        let (sink, events, taken_before) = (self.sink, self.events, self.taken_before);
        debug!(sink, events, taken_before, "Batch delivered.");
    }
}

/// A file that was put aside for a new one.
#[derive(Debug)]
pub struct FileRotated<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// The file.
    pub path: &'a Path,
    /// What it held.
    pub bytes: u64,
}

impl FileRotated<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let (sink, path, bytes) = (self.sink, self.path.display(), self.bytes);
        info!(sink, %path, bytes, "File rotated.");
        counters().files_rotated.add(1);
    }
}

/// Files that were put aside and could not be removed or compressed.
#[derive(Debug)]
pub struct RotatedFilesNotTidied<'a> {
    /// Sink id.
    pub sink: &'a str,
    /// The file they were put aside for.
    pub path: &'a Path,
    /// Why.
    pub error: String,
}

impl RotatedFilesNotTidied<'_> {
    /// Logs.
    pub fn emit(self) {
        let (sink, path, error) = (self.sink, self.path.display(), self.error);
        warn!(sink, %path, error, "Rotated files not tidied up.");
    }
}
