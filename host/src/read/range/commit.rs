//! What a batch's commit makes of the position, and who is told.

use std::time::Duration;

use super::Reader;
use crate::contract::SignOnEvent;
use crate::ledger::LedgerEntry;
use crate::pipeline::{Batch, CollectError, Delta, Fresh, Slot};
use crate::planner::Step;
use crate::read::context::rfc3339;
use crate::state::{Counts, StreamState};
use crate::telemetry;

impl Reader<'_> {
    /// The state once the batch is committed.
    fn next_state(&self, state: &StreamState, entry: Option<&LedgerEntry>) -> StreamState {
        let mut next = state.clone();
        let Some((whole, entry)) = entry.and_then(|whole| Some((whole, whole.reading()?))) else {
            next.put(self.slot, self.current.clone());
            return next;
        };
        let reading = self.current.reading.clone();
        next.take(self.slot, &reading);
        next.advance(self.slot, &self.context.schedule, &Step::Read(reading.clone()));
        // What brought nothing and proves nothing may be read again by a backfill.
        let Counts { emitted, duplicate, yielded, .. } = entry.counts;
        let brought = emitted + duplicate + yielded > 0;
        let closes = matches!(whole, LedgerEntry::Close(_));
        if closes && (entry.doubt.is_none() || brought) {
            next.closed.insert(entry.range);
        }
        next
    }

    /// Commits what was read and delivered.
    pub(super) async fn commit(
        &mut self,
        fresh: Fresh,
        entry: Option<LedgerEntry>,
        batch: Batch,
    ) -> Result<(), CollectError> {
        let context = self.context;
        let locked = self.position.lock().await;
        let mut next = self.next_state(&locked, entry.as_ref());
        // The past says nothing about when the next event is due.
        if self.slot != Slot::Backfill {
            let reading = &self.current.reading;
            next.silence.note(fresh.met().map(|event| reading.within(event.time)));
        }
        let doubt = self.current.doubt.clone();
        let delta = Delta {
            delivered: fresh.met().map(|event| event.native_id.clone()).collect(),
            sign_ons: fresh.records,
            fetched: self.current.reading.asked,
            forget: context.schedule.forget(&next.closed, context.now()),
            forget_sign_ons: context.preference().forget(
                &context.statuses,
                context.schedule.reach(),
                context.now(),
            ),
            ledger: entry.clone().into_iter().collect(),
        };
        let committed = next.clone();
        self.position.commit(locked, next, delta, batch).await?;
        let counts = self.current.counts.since(self.saved.counts);
        self.saved = self.current.clone();
        let (stream, ages) = (&*self.position.key.stream, self.ages(&fresh.events).into_iter());
        telemetry::BatchCommitted { stream, counts, ages }.emit(&context.telemetry);
        self.tell(&committed, counts, entry.as_ref(), doubt);
        Ok(())
    }

    /// How old events are, as far as that says how long they took to come.
    fn ages(&self, events: &[SignOnEvent]) -> Vec<Duration> {
        if self.slot == Slot::Backfill {
            return Vec::new();
        }
        let (now, reading) = (self.now(), &self.saved.reading);
        let age = |event: &SignOnEvent| now.saturating_sub(reading.within(event.time));
        events
            .iter()
            .map(age)
            .map(|age| Duration::from_millis(age.try_into().unwrap_or(0)))
            .collect()
    }

    /// Tells log and status registry what was committed.
    fn tell(
        &self,
        state: &StreamState,
        counts: Counts,
        entry: Option<&LedgerEntry>,
        doubt: Option<String>,
    ) {
        let (source, stream) = (&self.context.telemetry, &*self.position.key.stream);
        if let Some(entry) = entry {
            let range = entry.range();
            let (start, end) = (rfc3339(range.start), rfc3339(range.end));
            telemetry::ReadingFinished { stream, start, end }.emit(source);
        }
        let doubt = entry.and_then(LedgerEntry::reading).map_or(doubt, |entry| entry.doubt.clone());
        let silent = state.silence.silent_for(state.read_until());
        self.context.statuses.tell(&self.position.key, |status| {
            if silent.is_some() != status.silent_for_ms.is_some() {
                telemetry::SourceSilence { stream, silent_for_ms: silent }.emit(source);
            }
            status.read_until_ms = Some(state.read_until());
            status.closed_until_ms = Some(state.frontiers.slowest());
            status.newest_event_ms = state.silence.newest;
            status.silent_for_ms = silent;
            status.doubt = doubt;
            if entry.is_some() || !self.is_suspect {
                status.error = None;
                status.failures = 0;
            }
            status.counts.add(counts);
        });
    }
}
