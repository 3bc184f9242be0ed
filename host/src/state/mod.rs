//! What must survive: positions, the ids already delivered, the ledger, and how
//! far each file sink was written.
//!
//! One commit holds all of them for a batch, after every sink has taken it. The
//! trait is what the collector needs and no more, so that a shared database can
//! stand in for the embedded one.

mod commit;
mod committer;
mod embedded;
mod report;
mod sign_ons;
mod silence;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ledger::{Late, Link, ReadingEntry, Tip};
use crate::planner::{Frontiers, Range, Reading, Spans};

pub use crate::ledger::Counts;
pub use commit::{
    AppendedLines, Commit, CommitGroup, FileCheckpoint, LineFingerprint, Recognized, Refused,
    Waiting,
};
pub use committer::{CommitError, Committer};
pub use embedded::EmbeddedState;
pub use report::{Question, StreamReport, report};
pub use sign_ons::{Fold, KnownId, Looks, Partner, RecordKey, SignOnRecord, Standing, Wanted};
pub use silence::SilenceDetection;

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
    /// Where collection began: what is older was never asked for, unless by a
    /// backfill.
    pub began: i64,
    /// How far each sweep has read.
    pub frontiers: Frontiers,
    /// What was read for the last time, or given up.
    #[serde(default)]
    pub closed: Spans,
    /// The reading under way, if one was interrupted.
    #[serde(default)]
    pub reading: Option<ReadingState>,
    /// Readings of a backfill under way.
    #[serde(default)]
    pub backfill: Vec<ReadingState>,
    /// What is read by our clock alone, while the service's is far behind it.
    #[serde(default)]
    pub unproven: Option<Unproven>,
    /// When events come.
    #[serde(default)]
    pub silence: SilenceDetection,
    /// The last ledger head that the sinks took; before the first one, when the stream
    /// was first read.
    pub head: SentHead,
}

impl StreamState {
    /// A stream that is read from `began` on, for the first time `now`.
    pub fn begin(began: i64, now: i64, frontiers: Frontiers) -> Self {
        Self {
            began,
            frontiers,
            closed: Spans::default(),
            reading: None,
            backfill: Vec::new(),
            unproven: None,
            silence: SilenceDetection::default(),
            head: SentHead { number: 0, at: now },
        }
    }
}

/// Readings later than the service says it is: they deliver, and close nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unproven {
    /// How far each sweep has read by our clock.
    pub frontiers: Frontiers,
    /// The reading under way, if one was interrupted.
    #[serde(default)]
    pub reading: Option<ReadingState>,
}

/// A ledger head that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentHead {
    /// Number of the entry it was about; 0 before the first.
    pub number: u64,
    /// When, Unix milliseconds.
    pub at: i64,
}

/// A reading under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadingState {
    /// What is being read.
    pub reading: Reading,
    /// Where it stopped; `None` at its start.
    pub cursor: Option<Vec<u8>>,
    /// Counted so far, over all attempts.
    pub counts: Counts,
    /// Records received since the range was last begun at its start: what is held
    /// against the source's own total.
    #[serde(default)]
    pub received: u64,
    /// Late events so far.
    #[serde(default)]
    pub late: Late,
    /// What the component found noteworthy so far.
    #[serde(default)]
    pub findings: Vec<String>,
    /// Why the reading proves nothing, as far as is known.
    #[serde(default)]
    pub doubt: Option<String>,
    /// The source's own total, if it told one.
    #[serde(default)]
    pub source_total: Option<u64>,
}

impl ReadingState {
    /// A reading at its start.
    pub fn begin(reading: Reading) -> Self {
        Self {
            reading,
            cursor: None,
            counts: Counts::default(),
            received: 0,
            late: Late::default(),
            findings: Vec::new(),
            doubt: None,
            source_total: None,
        }
    }

    /// What the ledger keeps of a reading that is not read on, because of a gap;
    /// `None` if it brought nothing.
    pub fn given_up(self, gap: Range, at: i64) -> Option<ReadingEntry> {
        let Range { start, end } = self.reading.covers;
        let end = end.clamp(gap.start + 1, gap.end);
        (self.counts != Counts::default()).then(|| ReadingEntry {
            range: Range { start: start.min(end), end },
            counts: self.counts,
            late: self.late,
            source_total: self.source_total,
            doubt: self.doubt,
            findings: self.findings,
            read_at: at,
        })
    }

    /// What the ledger keeps of a reading that is not read on, where others will read
    /// its range; `None` if it brought nothing.
    pub fn left(self, at: i64) -> Option<ReadingEntry> {
        let whole = self.reading.covers;
        self.given_up(whole, at)
    }

    /// Back to the start of the range; what was counted stays counted.
    pub fn restart(&mut self) {
        self.cursor = None;
        self.received = 0;
    }
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
        "{path}: {problem}; if this user may not write here, or the disk is full or read-only, \
         mend that and start again; if the file is damaged, put a backup (state.backup.redb) in \
         its place, or move it away: the sources are then read again from their start"
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

    /// For each id whether it was delivered, or yielded, before.
    fn delivered(&self, key: &StreamKey, ids: &[&str]) -> Result<Vec<bool>, StateError>;

    /// The records of a group that are wanted, each once.
    fn sign_ons(&self, group: &str, wanted: &[Wanted]) -> Result<Vec<SignOnRecord>, StateError>;

    /// Writes a group durably, in one transaction; tells of each commit whether it was
    /// taken.
    ///
    /// # Errors
    ///
    /// When nothing of it is surely written.
    fn commit(&self, group: &CommitGroup) -> Result<Vec<Result<(), Refused>>, StateError>;

    /// Every stream there is.
    fn stream_keys(&self) -> Result<Vec<StreamKey>, StateError>;

    /// The closed entries of a stream's ledger, oldest first.
    fn ledger(&self, key: &StreamKey) -> Result<Vec<Link>, StateError>;

    /// The last closed entry of a stream's ledger.
    fn tip(&self, key: &StreamKey) -> Result<Tip, StateError>;

    /// The open entries of a stream's ledger, by their end.
    fn open_readings(&self, key: &StreamKey) -> Result<Vec<ReadingEntry>, StateError>;

    /// Committed length of a file sink; `None` if it never wrote.
    fn sink_length(&self, sink: &str) -> Result<Option<u64>, StateError>;

    /// Lines found in a sink's file after a crash that still wait for their event.
    fn adopted(&self, sink: &str) -> Result<Waiting, StateError>;

    /// Writes what the start of a file sink found: its length and the lines to wait
    /// for.
    fn adopt(&self, file: &FileCheckpoint) -> Result<(), StateError>;

    /// Ids kept for a stream.
    fn kept_ids(&self, key: &StreamKey) -> Result<u64, StateError>;
}
