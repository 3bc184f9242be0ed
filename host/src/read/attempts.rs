//! Attempts at a reading, and the one policy for all that fail: the live edge's, later
//! ones, a backfill's.
//!
//! Invariant: while a sink is down, or too much waits for it, nothing is held and nothing
//! is asked of the service; the batch comes again from where the position stands.

use std::sync::Arc;

use tokio::sync::watch;

use super::bisection::{Bisection, Remedy};
use super::bounds::Bounds;
use super::context::{SourceContext, Until, rfc3339};
use super::failure::{ATTEMPTS, Backoff, Failure, pause, stopped};
use super::range::{Ended, Reader};
use crate::limits::{Share, Urgency};
use crate::pipeline::{CollectError, Position, Probes, Slot};
use crate::planner::{Range, Reading};
use crate::state::ReadingState;
use crate::status::Phase;
use crate::telemetry;

/// What to do next about a reading.
#[derive(Debug)]
pub enum Next {
    /// Nothing: it is at its end.
    Finished,
    /// Nothing: it was told to stop.
    Stopped,
    /// Go on from where it stands.
    Again(ReadingState),
    /// Go on with the first half of its range.
    Halve(ReadingState, Reading),
    /// Record a gap with that reason.
    GiveUp(ReadingState, Range, String),
}

/// Who reads one range after the other.
pub struct Attempts {
    context: Arc<SourceContext>,
    position: Arc<Position>,
    urgency: Urgency,
    until: Until,
    backoff: Backoff,
    bisection: Bisection,
    bounds: Bounds,
    probes: Probes,
    /// Kept for a batch that found none.
    room: Option<Share>,
    /// Delivered events of the reading when it was read last.
    emitted: u64,
}

impl Attempts {
    pub fn new(
        context: &Arc<SourceContext>,
        position: &Arc<Position>,
        urgency: Urgency,
        until: Until,
    ) -> Self {
        Self {
            context: context.clone(),
            position: position.clone(),
            urgency,
            until,
            backoff: Backoff::default(),
            bisection: Bisection::default(),
            bounds: Bounds::default(),
            probes: Probes::default(),
            room: None,
            emitted: 0,
        }
    }

    /// Another range is read next.
    pub fn begin(&mut self) {
        self.backoff.reset();
        self.bisection.clear();
        self.bounds = Bounds::default();
    }

    /// Events that the reading has delivered by now, over all attempts.
    pub fn emitted(&self) -> u64 {
        self.emitted
    }

    /// Reads on, once.
    ///
    /// # Errors
    ///
    /// What cannot be waited for.
    pub async fn read(
        &mut self,
        slot: Slot,
        reading: ReadingState,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Next, CollectError> {
        self.sinks_ready(slot, stop).await?;
        if *stop.borrow() {
            return Ok(Next::Stopped);
        }
        self.show(slot, Phase::Reading, None);
        let before = reading.cursor.clone();
        let (context, room) = (self.context.clone(), self.room.take());
        let mut reader = Reader::new(&context, &self.position, slot, self.urgency, reading, room);
        let result = reader.read(&mut self.bounds, &mut self.probes, stop).await;
        let saved = reader.into_saved();
        self.emitted = saved.counts.emitted;
        // Going round is no progress.
        let moved = saved.cursor != before && !self.bounds.is_suspect();
        if moved || matches!(result, Ok(Ended::Finished)) {
            self.backoff.reset();
            self.bisection.clear();
        }
        match result {
            Ok(Ended::Finished) => Ok(Next::Finished),
            Ok(Ended::Stopped) => Ok(Next::Stopped),
            Err(error) => self.after(slot, saved, error, stop).await,
        }
    }

    /// Waits until its sinks take something.
    ///
    /// # Errors
    ///
    /// When only what is due now is collected, and a sink was tried in vain.
    async fn sinks_ready(
        &mut self,
        slot: Slot,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let context = self.context.clone();
        if let Err(down) = self.probes.down(&context.outlets) {
            self.show(slot, Phase::Blocked, Some(down.to_string()));
            self.room = None;
        }
        tokio::select! {
            ready = self.probes.ready(&context.outlets, self.until == Until::Done) => ready,
            () = stopped(stop) => Ok(()),
        }
    }

    /// Decides after a failure, and waits as long as it deserves.
    async fn after(
        &mut self,
        slot: Slot,
        mut reading: ReadingState,
        error: CollectError,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Next, CollectError> {
        // Whatever failed, others may have something for a sink that is to be tried.
        self.probes.clear();
        match Failure::of(&error) {
            Failure::Parked => {
                if let CollectError::NoRoom { bytes } = error {
                    self.show(slot, Phase::Blocked, Some(error.to_string()));
                    self.room = self.wait_for_room(bytes, stop).await;
                }
                return Ok(Next::Again(reading));
            }
            Failure::Fatal | Failure::Fenced => return Err(error),
            Failure::Expired => reading.restart(),
            Failure::Stale => self.position.reload(self.context.state.clone()).await?,
            Failure::Poison | Failure::Transient | Failure::Operator => {}
        }
        let key = &self.position.key;
        match self.bisection.judge(&self.context, key, &reading.reading, &error).await {
            Remedy::Wait => {}
            Remedy::Halve(half) => {
                // Each half has its own chances.
                self.backoff.reset();
                return Ok(Next::Halve(reading, half));
            }
            Remedy::Give(range, reason) => return Ok(Next::GiveUp(reading, range, reason)),
        }
        let covers = reading.reading.covers;
        self.wait(slot, Some(covers), error, stop).await?;
        Ok(Next::Again(reading))
    }

    async fn wait_for_room(&self, bytes: u64, stop: &mut watch::Receiver<bool>) -> Option<Share> {
        let (context, urgency) = (&self.context, self.urgency);
        tokio::select! {
            room = context.undelivered.take(&context.tenant, bytes, urgency) => Some(room),
            () = stopped(stop) => None,
        }
    }

    /// Waits as long as an error deserves, or gives up.
    ///
    /// # Errors
    ///
    /// The error, when it is not waited for.
    pub async fn wait(
        &mut self,
        slot: Slot,
        range: Option<Range>,
        error: CollectError,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let failure = Failure::of(&error);
        let retry_in = self.backoff.after(&error);
        let failures = self.backoff.failures();
        let needs_operator = Failure::needs_operator(&error);
        let gives_up = needs_operator || failures >= ATTEMPTS;
        if failure.ends() || (self.until == Until::Done && gives_up) {
            return Err(error);
        }
        let text = error.to_string();
        if slot != Slot::Backfill {
            let phase = match &error {
                CollectError::Sink { .. } => Phase::Blocked,
                CollectError::Endless { .. } => Phase::Paused,
                _ if needs_operator => Phase::Paused,
                _ => Phase::Failing,
            };
            self.context.statuses.tell(&self.position.key, |status| {
                status.phase = phase;
                status.error = Some(text.clone());
                status.failures = failures;
            });
        }
        let range = range.map(|range| (rfc3339(range.start), rfc3339(range.end)));
        let stream = &*self.position.key.stream;
        telemetry::ReadingFailed { stream, range, error: text, retry_in }
            .emit(&self.context.telemetry);
        pause(self.context.clock.as_ref(), retry_in, stop).await;
        Ok(())
    }

    /// Shows what the stream does. A backfill is shown by its progress.
    fn show(&self, slot: Slot, phase: Phase, error: Option<String>) {
        if slot != Slot::Backfill {
            self.context.statuses.tell(&self.position.key, |status| {
                status.phase = phase;
                if error.is_some() {
                    status.error = error;
                }
            });
        }
    }
}
