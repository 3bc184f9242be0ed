//! What must survive: positions, the ids already delivered, the ledger, and how
//! far each file sink was written.
//!
//! One commit holds all of them for a batch, after every sink has taken it. The
//! trait is what the collector needs and no more, so that a shared database can
//! stand in for the embedded one.

mod embedded;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::plan::{Frontiers, Range, Reading};

pub use embedded::EmbeddedState;

/// Which stream: source, identity of its configuration, and the stream's own id.
/// A change of identity is another stream with a position of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey {
    /// Source id of the configuration.
    pub source: String,
    /// Fingerprint of the identity part of its settings.
    pub fingerprint: String,
    /// Stream id of the component.
    pub stream: String,
}

impl StreamKey {
    /// One text, unambiguous: no part can hold the separator.
    pub fn text(&self) -> String {
        format!("{}\u{1f}{}\u{1f}{}", self.source, self.fingerprint, self.stream)
    }
}

/// Where a stream stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamState {
    /// How far each sweep has read.
    pub frontiers: Frontiers,
    /// The reading under way, if one was interrupted.
    pub reading: Option<ReadingState>,
}

/// A reading under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadingState {
    /// What is being read.
    pub reading: Reading,
    /// Where it stopped; `None` at its start.
    pub cursor: Option<Vec<u8>>,
    /// Counted so far.
    pub counts: Counts,
}

/// What became of the records of a reading.
/// `received = emitted + duplicate + filtered + rejected`, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Records framed.
    pub received: u64,
    /// Events delivered.
    pub emitted: u64,
    /// Events delivered before.
    pub duplicate: u64,
    /// Records that are no sign-ons.
    pub filtered: u64,
    /// Records that could not be read.
    pub rejected: u64,
}

impl Counts {
    /// Adds another's figures.
    pub fn add(&mut self, other: Self) {
        self.received += other.received;
        self.emitted += other.emitted;
        self.duplicate += other.duplicate;
        self.filtered += other.filtered;
        self.rejected += other.rejected;
    }

    /// Whether every record became exactly one thing.
    pub fn balance(&self) -> bool {
        self.received == self.emitted + self.duplicate + self.filtered + self.rejected
    }
}

/// One line of the ledger: what is known about a range, never rewritten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LedgerEntry {
    /// A reading that reached the end of its range.
    Read {
        /// What was read and for which sweeps.
        reading: Reading,
        /// What became of its records.
        counts: Counts,
        /// The source's own total, if it told one.
        source_total: Option<u64>,
        /// What the component found noteworthy: a range that came back empty from a
        /// service that may be retired proves nothing.
        #[serde(default)]
        findings: Vec<String>,
    },
    /// The source no longer held this when it was to be read.
    Gap {
        /// The range.
        range: Range,
        /// Why.
        reason: String,
    },
}

/// How far a file sink was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkMark {
    /// Sink id.
    pub sink: String,
    /// Bytes of the file that belong to committed batches.
    pub length: u64,
    /// Lines in the file whose batch was not committed: they wait for it.
    pub waiting: Vec<(String, u32)>,
    /// Ids of waiting lines, new or old, whose event has come and is delivered.
    pub adopted: Vec<String>,
}

/// Everything a batch changes.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Which stream.
    pub key: StreamKey,
    /// Where it stands now.
    pub state: StreamState,
    /// Ids delivered, to be kept until no sweep can meet them again.
    pub delivered: Vec<String>,
    /// End of the range in which they were fetched.
    pub fetched_until: i64,
    /// Ids fetched in ranges that end before this are forgotten.
    pub forget_before: i64,
    /// For the ledger, if a range is done.
    pub ledger: Option<LedgerEntry>,
    /// What the sinks wrote.
    pub sinks: Vec<SinkMark>,
}

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The folder cannot be made or written.
    #[error("data_dir {path}: {source}; check that it exists and that this user may write to it")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process holds the database.
    #[error(
        "data_dir {path}: in use by another process; stop it, or give this one a data_dir of its own"
    )]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The database was written by another version.
    #[error(
        "{path}: has format {found}, this version reads {expected}; use the version that wrote it"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: u64,
        /// The format expected.
        expected: u64,
    },
    /// The database is damaged or cannot be read or written.
    #[error(
        "{path}: {problem}; if the disk is full or read-only, mend that and start again; if the \
         file is damaged, move it away: the sources are then read again from their start"
    )]
    Database {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
}

/// The store of a collector.
pub trait State: Send + Sync + std::fmt::Debug {
    /// Where a stream stands; `None` if it was never read.
    fn stream(&self, key: &StreamKey) -> Result<Option<StreamState>, StateError>;

    /// For each id whether it was delivered before.
    fn delivered(&self, key: &StreamKey, ids: &[&str]) -> Result<Vec<bool>, StateError>;

    /// Writes a batch, all or nothing, and durably.
    fn commit(&self, commit: &Commit) -> Result<(), StateError>;

    /// The ledger of a stream, oldest first.
    fn ledger(&self, key: &StreamKey) -> Result<Vec<LedgerEntry>, StateError>;

    /// Committed length of a file sink; `None` if it never wrote.
    fn sink_length(&self, sink: &str) -> Result<Option<u64>, StateError>;

    /// Lines found in a sink's file after a crash that still wait for their event.
    fn adopted(&self, sink: &str) -> Result<Vec<(String, u32)>, StateError>;

    /// Writes what the start of a file sink found: its length and the lines to wait
    /// for.
    fn adopt(&self, sink: &str, length: u64, lines: &[(String, u32)]) -> Result<(), StateError>;

    /// Ids kept for a stream.
    fn kept_ids(&self, key: &StreamKey) -> Result<u64, StateError>;
}
