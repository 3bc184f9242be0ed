//! What the collector needs of a store, and no more, so that a shared database can stand
//! in for the embedded one. What any store has to keep to stands
//! in `laws.rs`.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;

use super::{
    CommitFailure, CommitGroup, Fence, FileCheckpoint, GroupId, Refused, Run, RunNumber, SeenId,
    SignOnRecord, StateError, StreamKey, StreamState, Version, Waiting, Wanted,
};
use crate::ledger::{Link, ReadingEntry, Tip};
use crate::planner::Range;

/// The right to write a store, until it is dropped.
#[derive(Debug)]
pub struct Lease {
    fence: Fence,
    _held: Box<dyn Any + Send + Sync>,
}

impl Lease {
    /// A lease that ends when `held` is dropped.
    pub fn new(fence: Fence, held: impl Any + Send + Sync) -> Self {
        Self { fence, _held: Box::new(held) }
    }

    /// What its commits carry.
    pub const fn fence(&self) -> Fence {
        self.fence
    }
}

/// A position as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Where the stream stands.
    pub state: StreamState,
    /// Which commit put it there.
    pub version: Version,
}

/// What became of each commit of a group that was written.
pub type Outcomes = Vec<Result<Version, Refused>>;

/// The store of a collector. Nothing it does blocks the thread it is asked on.
#[async_trait]
pub trait State: Send + Sync + std::fmt::Debug {
    /// Takes the store for one collector. Whoever held it before is fenced.
    ///
    /// # Errors
    ///
    /// While somebody holds it.
    async fn lease(&self) -> Result<Lease, StateError>;

    /// Where a stream stands; `None` if it was never read.
    async fn stream(&self, key: &StreamKey) -> Result<Option<Stored>, StateError>;

    /// What an id is remembered by: nobody outside can tell which ids share one.
    fn seen_id(&self, key: &StreamKey, id: &str) -> SeenId;

    /// The runs of ids of a stream whose range, its ends included, meets another, and that
    /// were written after one.
    async fn runs(
        &self,
        key: &StreamKey,
        meeting: Range,
        after: RunNumber,
    ) -> Result<Vec<Run>, StateError>;

    /// Ids kept for a stream.
    async fn kept_ids(&self, key: &StreamKey) -> Result<u64, StateError>;

    /// The records of a group that are wanted, each once.
    async fn sign_ons(
        &self,
        group: &str,
        wanted: &[Wanted],
    ) -> Result<Vec<SignOnRecord>, StateError>;

    /// Writes a group durably, in one transaction; tells of each commit whether it was
    /// taken. One that is refused changes nothing and fails no other; what was appended for
    /// it waits from then on.
    async fn commit(&self, group: Arc<CommitGroup>) -> Result<Outcomes, CommitFailure>;

    /// What of a group was refused whose commit failed as unknown; `None` if it was not
    /// written. Known until the collector's next group is.
    async fn refusals(&self, group: GroupId) -> Result<Option<Vec<Refusal>>, StateError>;

    /// Every stream there is.
    async fn stream_keys(&self) -> Result<Vec<StreamKey>, StateError>;

    /// The closed entries of a stream's ledger, oldest first.
    async fn ledger(&self, key: &StreamKey) -> Result<Vec<Link>, StateError>;

    /// The last closed entry of a stream's ledger.
    async fn tip(&self, key: &StreamKey) -> Result<Tip, StateError>;

    /// The open entries of a stream's ledger, by their end.
    async fn open_readings(&self, key: &StreamKey) -> Result<Vec<ReadingEntry>, StateError>;

    /// Committed length of a file sink; `None` if it never wrote.
    async fn sink_length(&self, sink: &str) -> Result<Option<u64>, StateError>;

    /// Lines in a sink's file that wait for the commit of their event.
    async fn waiting(&self, sink: &str) -> Result<Waiting, StateError>;

    /// Writes what the start of a file sink found: its length and the lines to wait for.
    async fn adopt(&self, file: &FileCheckpoint) -> Result<(), StateError>;
}

/// A commit of a group that was refused, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Which of the group.
    pub place: usize,
    /// Why.
    pub refused: Refused,
}
