//! The embedded store: one redb file in the data folder.
//!
//! Tables (keys are texts, so that a dump is readable):
//!
//! ```text
//! meta       name                       -> number
//! streams    stream                     -> version, fence, position but for its readings, JSON
//! readings   (stream, kind, start)      -> cursor, ReadingState, JSON: one under way
//! runs       (stream, end, number)      -> start of the range its ids were fetched in, how
//!                                          many they are
//! run_ids    number                     -> the ids of a run, sorted, 16 bytes each
//! sign_ons   (group, record)            -> SignOnRecord, JSON
//! sign_on_index (group, what, time, record) -> ()  by ids (time 0) and by looks
//! sign_on_times (group, commit, record) -> ()      to forget by
//! ledger     (stream, number)           -> hash and ClosedEntry, JSON
//! open       (stream, end, start)       -> ReadingEntry, JSON
//! sinks      sink                       -> committed length
//! waiting    (sink, fingerprint)        -> how many such lines wait
//! group      ()                         -> the last group, and what of it was refused, JSON
//! ```
//!
//! redb locks the file and syncs on every commit. It trusts the file, so this room
//! does not: a new file is made beside its place and put there whole, every page is
//! checked against its checksum on opening, and whatever redb says of a damaged file,
//! be it a panic, becomes an error that names the file. It blocks, so it is asked on
//! threads that may.

mod copy;
#[cfg(test)]
mod damage;
mod open;
mod pairs;
mod position;
mod questions;
mod runs;
mod store;
mod tables;
mod write;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use store::Store;
use tables::Failure;
use write::NotWritten;

use super::seen::SeenKey;
use super::{
    CommitFailure, CommitGroup, FileCheckpoint, GroupId, Lease, Outcomes, Refusal, Run, RunNumber,
    SeenId, SignOnRecord, State, StateError, Stored, StreamKey, Waiting, Wanted,
};
use crate::ledger::{Hash, Link, ReadingEntry, Tip, genesis};
use crate::planner::Range;

/// State in a file.
pub struct EmbeddedState {
    store: Arc<Store>,
    seen: SeenKey,
    is_leased: Arc<AtomicBool>,
}

impl std::fmt::Debug for EmbeddedState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedState").field("path", self.store.path()).finish_non_exhaustive()
    }
}

impl EmbeddedState {
    /// Writes a copy of the state as it is now to another file, while this one goes
    /// on; a copy that was there before is replaced when the new one is whole. It blocks.
    ///
    /// # Errors
    ///
    /// When either cannot be read or written; then the old copy is still there.
    pub fn back_up(&self, to: &Path) -> Result<(), StateError> {
        let failed = |problem: String| StateError::Database { path: to.to_owned(), problem };
        let half = to.with_extension("half");
        // What an earlier attempt left.
        let _ = std::fs::remove_file(&half);
        let mut copied = Ok(());
        let read = self.store.run(|database| {
            // What is wrong with the copy is nothing that the state has to be opened anew for.
            copied = copy::copy(database, &half);
            Ok(())
        });
        read.and(copied)
            .map_err(|failure| self.store.error(failure))
            .and_then(|()| std::fs::rename(&half, to).map_err(|error| failed(error.to_string())))
            .inspect_err(|_| drop(std::fs::remove_file(&half)))
    }

    /// Asks the store on a thread that may block.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StateError> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.unwrap_or_else(|_| Err(interrupted())).map_err(|failure| self.store.error(failure))
    }
}

/// A task ends before its work only with its runtime.
fn interrupted() -> Failure {
    Failure::passing("was not asked: the process ends")
}

/// Lets the next one in.
struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[async_trait]
impl State for EmbeddedState {
    async fn lease(&self) -> Result<Lease, StateError> {
        if self.is_leased.swap(true, Ordering::AcqRel) {
            return Err(StateError::Leased { path: self.store.path().clone() });
        }
        let held = Held(self.is_leased.clone());
        let fence = self.ask(Store::raise_fence).await?;
        Ok(Lease::new(fence, held))
    }

    async fn stream(&self, key: &StreamKey) -> Result<Option<Stored>, StateError> {
        let key = key.clone();
        self.ask(move |store| store.stream(&key)).await
    }

    fn seen_id(&self, key: &StreamKey, id: &str) -> SeenId {
        self.seen.of(key, id)
    }

    async fn runs(
        &self,
        key: &StreamKey,
        meeting: Range,
        after: RunNumber,
    ) -> Result<Vec<Run>, StateError> {
        let key = key.clone();
        self.ask(move |store| store.runs(&key, meeting, after)).await
    }

    async fn kept_ids(&self, key: &StreamKey) -> Result<u64, StateError> {
        let key = key.clone();
        self.ask(move |store| store.kept_ids(&key)).await
    }

    async fn sign_ons(
        &self,
        group: &str,
        wanted: &[Wanted],
    ) -> Result<Vec<SignOnRecord>, StateError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let (group, wanted) = (group.to_owned(), wanted.to_vec());
        self.ask(move |store| store.sign_ons(&group, &wanted)).await
    }

    async fn commit(&self, group: Arc<CommitGroup>) -> Result<Outcomes, CommitFailure> {
        let (store, seen) = (self.store.clone(), self.seen);
        let done = tokio::task::spawn_blocking(move || store.commit(&group, &seen)).await;
        let not_written = NotWritten { failure: interrupted(), is_unknown: true };
        done.unwrap_or(Err(not_written)).map_err(|NotWritten { failure, is_unknown }| {
            let may_pass = failure.may_pass;
            let error = self.store.error(failure);
            match (may_pass, is_unknown) {
                (false, _) => CommitFailure::Damaged(error),
                (true, true) => CommitFailure::Unknown(error),
                (true, false) => CommitFailure::Unavailable(error),
            }
        })
    }

    async fn refusals(&self, group: GroupId) -> Result<Option<Vec<Refusal>>, StateError> {
        self.ask(move |store| store.refusals(group)).await
    }

    async fn stream_keys(&self) -> Result<Vec<StreamKey>, StateError> {
        self.ask(Store::stream_keys).await
    }

    async fn ledger(&self, key: &StreamKey) -> Result<Vec<Link>, StateError> {
        let key = key.clone();
        self.ask(move |store| store.ledger(&key)).await
    }

    async fn tip(&self, key: &StreamKey) -> Result<Tip, StateError> {
        let key = key.clone();
        self.ask(move |store| store.tip(&key)).await
    }

    async fn open_readings(&self, key: &StreamKey) -> Result<Vec<ReadingEntry>, StateError> {
        let key = key.clone();
        self.ask(move |store| store.open_readings(&key)).await
    }

    async fn sink_length(&self, sink: &str) -> Result<Option<u64>, StateError> {
        let sink = sink.to_owned();
        self.ask(move |store| store.sink_length(&sink)).await
    }

    async fn waiting(&self, sink: &str) -> Result<Waiting, StateError> {
        let sink = sink.to_owned();
        self.ask(move |store| store.waiting(&sink)).await
    }

    async fn adopt(&self, file: &FileCheckpoint) -> Result<(), StateError> {
        let file = file.clone();
        self.ask(move |store| store.adopt(&file)).await
    }
}

/// The last entry of a stream's chain.
fn last(
    ledger: &impl redb::ReadableTable<(&'static str, u64), (&'static str, &'static str)>,
    stream: &str,
) -> Result<Tip, Failure> {
    match ledger.range((stream, 0)..=(stream, u64::MAX))?.next_back().transpose()? {
        Some((number, value)) => {
            let hash: Hash = value.value().0.parse().map_err(Failure::damaged)?;
            Ok(Tip { number: number.value().1, hash })
        }
        None => Ok(genesis(stream)),
    }
}

#[cfg(test)]
mod tests;
