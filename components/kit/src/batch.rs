//! A batch being filled: the one place where records are counted.
//!
//! Invariant: `received = events + filtered + rejected`, because every record
//! ends in exactly one of the three.

use sha2::{Digest as _, Sha256};

use crate::contract::{Batch, BatchCounts, BatchLimits, Finding, Progress, Reject, SignOnEvent};
use crate::passed_over::PassedOver;
use crate::text::hex;

/// Most rejects a batch carries in full; the count goes on.
const MOST_REJECTS: usize = 100;

/// A batch being filled.
#[derive(Debug)]
pub struct BatchBuilder {
    limits: BatchLimits,
    events: Vec<SignOnEvent>,
    bytes: u64,
    counts: BatchCounts,
    rejects: Vec<Reject>,
    /// How many events the source says the selection holds.
    pub source_total: Option<u64>,
    /// Noteworthy but not fatal.
    pub findings: Vec<Finding>,
    /// The line of the record that is taken next, where there are lines.
    pub line: Option<u64>,
    /// Told by type, where somebody asks for that.
    pub passed_over: Option<PassedOver>,
}

/// Why a record is rejected that is not whole.
const NOT_WHOLE: &str = "cut off: another record begins before its end";

impl BatchBuilder {
    /// An empty batch.
    pub fn new(limits: BatchLimits) -> Self {
        Self {
            limits,
            events: Vec::new(),
            bytes: 0,
            counts: BatchCounts { received: 0, filtered: 0, rejected: 0 },
            rejects: Vec::new(),
            source_total: None,
            findings: Vec::new(),
            line: None,
            passed_over: None,
        }
    }

    /// How many records went in.
    pub fn received(&self) -> u64 {
        self.counts.received
    }

    /// Whether the batch has reached its limits.
    pub fn is_full(&self) -> bool {
        self.events.len() as u64 >= u64::from(self.limits.events.max(1))
            || self.bytes >= self.limits.bytes.max(1)
    }

    /// Whether no record went in yet.
    pub fn is_empty(&self) -> bool {
        self.counts.received == 0
    }

    /// A record that became an event; `bytes` is the length of its text.
    pub fn event(&mut self, event: SignOnEvent, bytes: usize) {
        self.counts.received += 1;
        self.bytes += bytes as u64;
        self.events.push(event);
    }

    /// A record that is no sign-on by its type.
    pub fn filtered(&mut self, record_type: &str) {
        self.counts.received += 1;
        self.counts.filtered += 1;
        if let Some(passed_over) = &mut self.passed_over {
            passed_over.add(record_type);
        }
    }

    /// A record that could not be read: why, its number in the page, its bytes, and
    /// its text where it could be scrubbed.
    pub fn reject(&mut self, reason: String, position: u64, bytes: &[u8], text: Option<String>) {
        self.counts.received += 1;
        self.counts.rejected += 1;
        if self.rejects.len() < MOST_REJECTS {
            let digest = hex(&Sha256::digest(bytes));
            let reason = match self.line {
                Some(line) => format!("{reason}, in line {line}"),
                None => reason,
            };
            self.rejects.push(Reject { reason, position, digest, text });
        }
    }

    /// A record that is not whole.
    pub fn reject_broken(&mut self, position: u64, bytes: &[u8]) {
        self.reject(NOT_WHOLE.to_owned(), position, bytes, None);
    }

    /// A record that was too long to be held.
    pub fn reject_too_long(&mut self, length: usize, position: u64) {
        let reason = format!("the record has {length} bytes, too many to read");
        self.reject(reason, position, b"", None);
    }

    /// The finished batch.
    pub fn into_batch(self, cursor: Option<Vec<u8>>, progress: Progress) -> Batch {
        Batch {
            events: self.events,
            cursor,
            progress,
            counts: self.counts,
            rejects: self.rejects,
            source_total: self.source_total,
            earliest_available: None,
            findings: self.findings,
        }
    }
}
