//! What must survive: positions, the ids already delivered, the ledger, and how
//! far each file sink was written.
//!
//! One commit holds all of them for a batch, after every sink has taken it.

mod blocking;
mod commit;
mod committer;
mod embedded;
mod error;
#[cfg(test)]
mod laws;
mod report;
mod seen;
mod sign_ons;
mod silence;
mod store;
#[cfg(test)]
pub(crate) mod testing;
mod version;

use serde::{Deserialize, Serialize};

use crate::ledger::{Late, ReadingEntry};
use crate::planner::{Frontiers, Range, Reading, Spans};

pub use crate::ledger::Counts;
pub use blocking::BlockingState;
pub use commit::{
    AppendedLines, Commit, CommitGroup, FileCheckpoint, GroupId, LineFingerprint, Recognized,
    Waiting,
};
pub use committer::{CommitError, Committer, Standing as CommitterStanding};
pub use embedded::EmbeddedState;
pub use error::{CommitFailure, Refused, StateError};
pub use report::{Question, StreamReport, report};
pub use seen::{Run, RunNumber, SeenId};
pub use sign_ons::{Fold, KnownId, Looks, Partner, RecordKey, SignOnRecord, Standing, Wanted};
pub use silence::SilenceDetection;
pub use store::{Lease, Outcomes, Refusal, State, Stored};
pub use version::{Fence, Version};

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
#[derive(Debug, Clone, PartialEq)]
pub struct StreamState {
    /// Where collection began: what is older was never asked for, unless by a
    /// backfill.
    pub began: i64,
    /// How far each sweep has read.
    pub frontiers: Frontiers,
    /// What was read for the last time, or given up.
    pub closed: Spans,
    /// The reading under way, if one was interrupted.
    pub reading: Option<ReadingState>,
    /// Readings of a backfill under way.
    pub backfill: Vec<ReadingState>,
    /// What is read by our clock alone, while the service's is far behind it.
    pub unproven: Option<Unproven>,
    /// When events come.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Unproven {
    /// How far each sweep has read by our clock.
    pub frontiers: Frontiers,
    /// The reading under way, if one was interrupted.
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
    /// Where it stopped; `None` at its start. Kept beside the rest, as bytes.
    #[serde(skip)]
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
