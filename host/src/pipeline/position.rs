//! Where a stream stands, shared by everything that reads it: the live edge and the
//! workers of a backfill.
//!
//! Invariant: whoever holds the lock is the only one between looking for duplicates
//! and committing, so two readings that meet the same event deliver it once. What
//! is in memory is what was committed, nothing else.

use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};

use super::commit::Committer;
use super::error::CollectError;
use crate::ledger::LedgerEntry;
use crate::planner::{Range, Reading, Schedule, Step};
use crate::sinks::Receipt;
use crate::state::{Commit, ReadingState, SignOnRecord, State, StreamKey, StreamState, Unproven};

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
    state: Mutex<StreamState>,
}

/// What a commit writes beside the state itself.
#[derive(Debug, Default)]
pub struct Delta {
    pub delivered: Vec<String>,
    pub sign_ons: Vec<(String, SignOnRecord)>,
    pub fetched_until: i64,
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
        let asked = key.clone();
        let known = tokio::task::spawn_blocking(move || state.stream(&asked)).await;
        let known = known.map_err(|error| CollectError::Task(error.to_string()))??;
        let is_new = known.is_none();
        let position = Self { key, committer, state: Mutex::new(known.unwrap_or_else(begin)) };
        if is_new {
            let mut locked = position.lock().await;
            let begun = locked.clone();
            position.commit(&mut locked, begun, Delta::default(), Vec::new()).await?;
        }
        Ok(position)
    }

    /// Keeps everybody else of this stream out.
    pub async fn lock(&self) -> MutexGuard<'_, StreamState> {
        self.state.lock().await
    }

    /// Makes `next` the position, together with all that belongs to it, and settles
    /// the receipts. On failure nothing has changed.
    pub async fn commit(
        &self,
        locked: &mut MutexGuard<'_, StreamState>,
        next: StreamState,
        delta: Delta,
        receipts: Vec<Box<dyn Receipt>>,
    ) -> Result<(), CollectError> {
        let commit = Commit {
            key: self.key.clone(),
            state: next.clone(),
            delivered: delta.delivered,
            sign_ons: delta.sign_ons,
            fetched_until: delta.fetched_until,
            forget: delta.forget,
            forget_sign_ons: delta.forget_sign_ons,
            ledger: delta.ledger,
            sinks: receipts.iter().filter_map(|receipt| receipt.checkpoint()).collect(),
        };
        crate::crash::point("before-commit");
        self.committer.commit(commit).await?;
        crate::crash::point("before-settle");
        for receipt in receipts {
            receipt.settle();
        }
        **locked = next;
        Ok(())
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
