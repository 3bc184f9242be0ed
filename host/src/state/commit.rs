//! What a batch changes, and what is written together.
//!
//! Invariant: the lines that a file holds up to its committed length are those of
//! commits that were taken, and those that wait for theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::{Fence, SignOnRecord, StreamKey, StreamState, Version};
use crate::ledger::LedgerEntry;
use crate::planner::Range;

/// What a line of a file is known by while its event may come again: SHA-256 of all of
/// it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineFingerprint([u8; 32]);

impl LineFingerprint {
    /// Of a line without its end.
    pub fn of(line: &[u8]) -> Self {
        Self(Sha256::digest(line).into())
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it was stored.
    pub const fn stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Lines in a file that wait for the commit of their event, and how many are alike.
pub type Waiting = BTreeMap<LineFingerprint, u32>;

/// How far a file sink was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCheckpoint {
    /// Sink id.
    pub sink: String,
    /// Bytes of the file that are accounted for: committed, or waiting.
    pub length: u64,
    /// Lines in it that wait from now on.
    pub waiting: Waiting,
}

/// Lines that a file sink appended for one commit. If that is refused, they wait.
#[derive(Clone)]
pub struct AppendedLines {
    /// Sink id.
    pub sink: String,
    fingerprints: Arc<dyn Fn() -> Waiting + Send + Sync>,
}

impl AppendedLines {
    /// Lines of a sink. What they are known by costs a digest each, and is nearly never
    /// asked for.
    pub fn new(sink: String, fingerprints: impl Fn() -> Waiting + Send + Sync + 'static) -> Self {
        Self { sink, fingerprints: Arc::new(fingerprints) }
    }

    /// What they are known by.
    pub fn fingerprints(&self) -> Waiting {
        (self.fingerprints)()
    }
}

impl std::fmt::Debug for AppendedLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppendedLines").field("sink", &self.sink).finish_non_exhaustive()
    }
}

/// Waiting lines of a sink whose event has come: they are delivered with its commit.
#[derive(Debug, Clone)]
pub struct Recognized {
    /// Sink id.
    pub sink: String,
    /// The lines.
    pub lines: Vec<LineFingerprint>,
}

/// Everything a batch changes.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Which stream.
    pub key: StreamKey,
    /// The version it was made up on: at any other it is refused.
    pub expects: Version,
    /// Who commits.
    pub fence: Fence,
    /// Where it stands now.
    pub state: StreamState,
    /// Ids delivered or yielded, to be kept until no reading can meet them again.
    pub delivered: Vec<String>,
    /// Records for other sources that report the same sign-ons: (group, record).
    pub sign_ons: Vec<(String, SignOnRecord)>,
    /// The range in which they were fetched.
    pub fetched: Range,
    /// Ids fetched in ranges that end within these are forgotten.
    pub forget: Vec<Range>,
    /// Groups whose records committed before a time are forgotten.
    pub forget_sign_ons: Vec<(String, i64)>,
    /// For the ledger, of ranges that are done.
    pub ledger: Vec<LedgerEntry>,
    /// What file sinks wrote for it.
    pub appended: Vec<AppendedLines>,
    /// What was in their files before.
    pub recognized: Vec<Recognized>,
}

impl Commit {
    /// A commit of a position and nothing else.
    pub fn position(key: StreamKey, expects: Version, state: StreamState) -> Self {
        Self {
            key,
            expects,
            fence: Fence::default(),
            state,
            delivered: Vec::new(),
            sign_ons: Vec::new(),
            fetched: Range::default(),
            forget: Vec::new(),
            forget_sign_ons: Vec::new(),
            ledger: Vec::new(),
            appended: Vec::new(),
            recognized: Vec::new(),
        }
    }
}

/// Tells a group from all others that are committed to a store about the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupId(u64);

impl GroupId {
    /// As it is stored.
    pub const fn stored(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// That of the next group.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Commits of different streams and checkpoints of files that are written in one
/// transaction. One that is refused fails none of the others.
#[derive(Debug, Clone, Default)]
pub struct CommitGroup {
    /// What it is known by if nobody knows whether it was written.
    pub id: GroupId,
    /// What batches change.
    pub commits: Vec<Commit>,
    /// How far files were written; in any case.
    pub files: Vec<FileCheckpoint>,
}

impl From<Commit> for CommitGroup {
    fn from(commit: Commit) -> Self {
        Self { commits: vec![commit], ..Self::default() }
    }
}
