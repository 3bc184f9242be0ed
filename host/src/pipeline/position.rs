//! Where a stream stands, shared by everything that reads it: the live edge and the
//! workers of a backfill.
//!
//! Invariant: what is in memory is what was committed, nothing else. The lock is held
//! while a commit is written, and never while a sink is awaited that is no file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::claims::Claim;
use super::deliver::Delivered;
use super::error::CollectError;
use crate::ledger::LedgerEntry;
use crate::limits::Share;
use crate::planner::{Range, Reading, Schedule, Step};
use crate::state::{
    Commit, Committer, ReadingState, SignOnRecord, State, Stored, StreamKey, StreamState, Unproven,
    Version,
};

/// Which of a stream's readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The schedule's.
    Live,
    /// One of a backfill's, by where it starts.
    Backfill,
    /// The schedule's, by our clock alone.
    Unproven,
}

/// The position of a stream.
#[derive(Debug)]
pub struct Position {
    pub key: StreamKey,
    committer: Committer,
    state: Arc<Mutex<StreamState>>,
    /// Of the state, and changed by whoever has it locked.
    version: Arc<AtomicU64>,
}

/// What a commit makes final: what the sinks have, and what is held for it until then.
#[derive(Default)]
pub struct Batch {
    pub delivered: Delivered,
    /// The claim of its events, and the room that they take.
    pub held: (Option<Claim>, Option<Share>),
}

/// What a commit writes beside the state itself.
#[derive(Debug, Default)]
pub struct Delta {
    pub delivered: Vec<String>,
    pub sign_ons: Vec<(String, SignOnRecord)>,
    pub fetched: Range,
    pub forget: Vec<Range>,
    pub forget_sign_ons: Vec<(String, i64)>,
    pub ledger: Vec<LedgerEntry>,
}

impl Position {
    /// The position as it was committed last; `begin` is committed for a stream that
    /// was never read, at once: one that cannot be read at first must not begin
    /// later for it.
    pub async fn load(
        key: StreamKey,
        state: Arc<dyn State>,
        committer: Committer,
        begin: impl FnOnce() -> StreamState,
    ) -> Result<Self, CollectError> {
        let known = state.stream(&key).await?;
        let is_new = known.is_none();
        let begin = || Stored { state: begin(), version: Version::NONE };
        let Stored { state, version } = known.unwrap_or_else(begin);
        let state = Arc::new(Mutex::new(state));
        let version = Arc::new(AtomicU64::new(version.number()));
        let position = Self { key, committer, state, version };
        if is_new {
            let locked = position.lock().await;
            let begun = locked.clone();
            position.commit(locked, begun, Delta::default(), Batch::default()).await?;
        }
        Ok(position)
    }

    /// Keeps everybody else of this stream from committing.
    pub async fn lock(&self) -> OwnedMutexGuard<StreamState> {
        self.state.clone().lock_owned().await
    }

    /// Reads the position again: somebody else moved it.
    pub async fn reload(&self, state: Arc<dyn State>) -> Result<(), CollectError> {
        let mut locked = self.lock().await;
        if let Some(known) = state.stream(&self.key).await? {
            *locked = known.state;
            self.version.store(known.version.number(), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Makes `next` the position, together with all that belongs to it, and settles
    /// what was delivered. On failure nothing has changed. Once begun it is done, whoever
    /// stops waiting for it; until then the batch is still claimed.
    pub async fn commit(
        &self,
        mut locked: OwnedMutexGuard<StreamState>,
        next: StreamState,
        delta: Delta,
        batch: Batch,
    ) -> Result<(), CollectError> {
        let expects = Version::stored(self.version.load(Ordering::Relaxed));
        let commit = Commit {
            delivered: delta.delivered,
            sign_ons: delta.sign_ons,
            fetched: delta.fetched,
            forget: delta.forget,
            forget_sign_ons: delta.forget_sign_ons,
            ledger: delta.ledger,
            ..Commit::position(self.key.clone(), expects, next.clone())
        };
        let (committer, version) = (self.committer.clone(), self.version.clone());
        let done = tokio::spawn(async move {
            let Batch { delivered, held } = batch;
            delivered.commit(commit, &committer).await?;
            *locked = next;
            version.store(expects.next().number(), Ordering::Relaxed);
            drop(held);
            Ok(())
        });
        done.await.unwrap_or_else(|error| Err(CollectError::Task(error.to_string())))
    }
}

impl StreamState {
    /// Puts a reading under way into its slot.
    pub(crate) fn put(&mut self, slot: Slot, reading: ReadingState) {
        self.take(slot, &reading.reading);
        match slot {
            Slot::Live => self.reading = Some(reading),
            Slot::Backfill => self.backfill.push(reading),
            Slot::Unproven => {
                let frontiers = || self.frontiers.clone();
                let unproven = self.unproven.take();
                let frontiers = unproven.map_or_else(frontiers, |unproven| unproven.frontiers);
                self.unproven = Some(Unproven { frontiers, reading: Some(reading) });
            }
        }
    }

    /// The schedule's reading under way in a slot.
    pub(crate) fn under_way(&mut self, slot: Slot) -> Option<&mut ReadingState> {
        match slot {
            Slot::Live => self.reading.as_mut(),
            Slot::Backfill => None,
            Slot::Unproven => self.unproven.as_mut()?.reading.as_mut(),
        }
    }

    /// Up to where any reading has come.
    pub(crate) fn read_until(&self) -> i64 {
        let unproven = self.unproven.as_ref().map(|unproven| unproven.frontiers.live());
        unproven.unwrap_or(i64::MIN).max(self.frontiers.live())
    }

    /// Moves the frontiers of a slot on.
    pub(crate) fn advance(&mut self, slot: Slot, schedule: &Schedule, step: &Step) {
        match (slot, &mut self.unproven) {
            (Slot::Live, _) => self.frontiers = schedule.advance(&self.frontiers, step),
            (Slot::Unproven, Some(unproven)) => {
                unproven.frontiers = schedule.advance(&unproven.frontiers, step);
            }
            _ => {}
        }
    }

    /// Empties the slot of a reading.
    pub(crate) fn take(&mut self, slot: Slot, reading: &Reading) {
        match slot {
            Slot::Live => self.reading = None,
            Slot::Backfill => {
                self.backfill.retain(|under_way| !starts(under_way, reading.covers.start));
            }
            Slot::Unproven => {
                if let Some(unproven) = &mut self.unproven {
                    unproven.reading = None;
                }
            }
        }
    }
}

fn starts(under_way: &ReadingState, start: i64) -> bool {
    under_way.reading.covers.start == start
}
