//! The live edge of one stream: reading after reading, as the plan says.

use std::sync::Arc;

use tokio::sync::watch;

use super::backfill;
use super::bisection::{Bisection, Remedy};
use super::bounds::Bounds;
use super::context::Until;
use super::context::{SourceContext, millis, rfc3339, start_time};
use super::failure::{ATTEMPTS, Backoff, needs_operator, part_of, pause, stopped};
use super::range::{Ended, Reader, deliver_as};
use super::scheduler::Urgency;
use super::skew;
use crate::contract::{BatchLimits, SourceError};
use crate::ledger::{self, LedgerEntry};
use crate::pipeline::CollectError;
use crate::pipeline::Committer;
use crate::pipeline::{Delta, Position, Slot};
use crate::planner::{Range, Reading, Schedule, Step};
use crate::runtime::SandboxError;
use crate::state::{Counts, ReadingState, SentHead, StreamKey, StreamState};
use crate::status::Phase;
use crate::telemetry;

/// A wait is at most this much longer than it has to be, as a part of itself: what
/// keeps many streams out of step.
const JITTER_PARTS: u32 = 10;

/// A stream and what it needs to run.
pub struct StreamRun {
    context: Arc<SourceContext>,
    key: StreamKey,
    committer: Committer,
    backoff: Backoff,
    bisection: Bisection,
    bounds: Bounds,
}

impl StreamRun {
    pub fn new(context: Arc<SourceContext>, key: StreamKey, committer: Committer) -> Self {
        Self {
            context,
            key,
            committer,
            backoff: Backoff::default(),
            bisection: Bisection::default(),
            bounds: Bounds::default(),
        }
    }

    /// Runs until done or stopped. Gives back what it counted, and why it failed if
    /// it did.
    pub async fn run(
        mut self,
        until: Until,
        mut stop: watch::Receiver<bool>,
    ) -> (Counts, Result<(), (String, String)>) {
        let (statuses, key) = (self.context.statuses.clone(), self.key.clone());
        let source = self.context.source.clone();
        let result = self.go(until, &mut stop).await;
        let error = result.as_ref().err().map(ToString::to_string);
        let mut counts = Counts::default();
        statuses.tell(&key, |status| {
            status.phase = Phase::Ended;
            status.error.clone_from(&error);
            counts = status.counts;
        });
        (counts, result.map_err(|error| (source, error.to_string())))
    }

    async fn go(
        &mut self,
        until: Until,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let position = Arc::new(self.load().await?);
        let context = self.context.clone();
        let backfill = backfill::run(&context, &position, until, stop.clone());
        let live = async {
            match context.live {
                true => self.live(&position, until, stop).await,
                false => Ok(()),
            }
        };
        let (backfill, live) = tokio::join!(backfill, live);
        live.and(backfill)?;
        let state = position.lock().await.clone();
        // Whoever looks at the exit status only has to see it.
        match skew::look(&context, &state).filter(|_| until == Until::Done) {
            Some(skew) => Err(CollectError::Clock(skew.to_string())),
            None => Ok(()),
        }
    }

    async fn live(
        &mut self,
        position: &Position,
        until: Until,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let mut asked_time = false;
        while !*stop.borrow() {
            if let Err(error) = self.send_head(position, stop).await {
                self.fail(position, None, error, until, stop).await?;
                continue;
            }
            let (now, ours) = (self.context.now(), self.context.clock.now());
            let skew = skew::look(&self.context, &position.lock().await.clone());
            skew::tell(&self.context, position, skew);
            skew::settle(&self.context, position, skew).await?;
            // Behind the source it yields to, if there is one.
            let bound = self.context.preference.bound(&self.context.statuses, now);
            let state = position.lock().await.clone();
            let planned = self.context.schedule.next(&state.frontiers, bound.unwrap_or(now));
            let step = match &state.reading {
                // One whose range began to vanish from the source meanwhile is given up
                // with the gap.
                Some(under_way) if !matches!(planned, Step::Gap(_)) => {
                    Step::Read(under_way.reading.clone())
                }
                _ => planned,
            };
            let unproven = skew::plan(&self.context, &state, skew);
            let (slot, step) = skew::choose(step, now, unproven, ours);
            match step {
                // Our clock alone must not say what the source no longer keeps.
                Step::Gap(_)
                    if !asked_time && self.context.session_factory.service_now().is_none() =>
                {
                    match self.ask_time(now).await {
                        Err(error) if self.context.session_factory.service_now().is_none() => {
                            self.fail(position, None, error, until, stop).await?;
                        }
                        _ => asked_time = true,
                    }
                }
                Step::Wait { .. } if bound.is_some() => self.wait_for_others(stop).await,
                Step::Wait { .. } if until == Until::Done => return Ok(()),
                Step::Wait { until } => self.wait(until.saturating_sub(now), stop).await,
                Step::Gap(gap) => {
                    asked_time = false;
                    let reason = "older than the source keeps events";
                    self.record_gap(position, gap, &step, reason).await?;
                }
                Step::Read(reading) => {
                    let begun = position.lock().await.under_way(slot).cloned();
                    let under_way = begun.unwrap_or_else(|| ReadingState::begin(reading.clone()));
                    if let Err(error) = self.read(position, slot, under_way, stop).await {
                        self.fail(position, Some((slot, reading)), error, until, stop).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Asks for as little as there is, for the time that comes with the answer.
    async fn ask_time(&self, now: i64) -> Result<(), CollectError> {
        let start = self.context.schedule.earliest(now);
        let range = Range { start, end: start + self.context.schedule.granularity() };
        let mut session = self.context.session_factory.open(&self.key.stream, range, None).await?;
        let limits = BatchLimits { events: 1, bytes: 1, soft_deadline_ms: 1_000 };
        session.next(limits).await?;
        Ok(())
    }

    async fn load(&self) -> Result<Position, CollectError> {
        let schedule = &self.context.schedule;
        let now = self.context.now();
        let start = start_time(&self.context.start, schedule, now);
        let began = schedule.floor(start.min(now));
        let begin = || StreamState::begin(began, now, schedule.begin(began));
        let (key, state) = (self.key.clone(), self.context.state.clone());
        let position = Position::load(key, state, self.committer.clone(), begin).await?;
        fit(&mut *position.lock().await, schedule);
        let state = position.lock().await.clone();
        self.context.statuses.tell(&self.key, |status| {
            status.read_until_ms = Some(state.read_until());
            status.closed_until_ms = Some(state.frontiers.slowest());
            status.newest_event_ms = state.silence.newest;
        });
        Ok(position)
    }

    async fn read(
        &mut self,
        position: &Position,
        slot: Slot,
        under_way: ReadingState,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let context = self.context.clone();
        let turn = tokio::select! {
            turn = context.scheduler.turn(&context.tenant, Urgency::Live) => turn,
            () = stopped(stop) => return Ok(()),
        };
        context.statuses.tell(&self.key, |status| status.phase = Phase::Reading);
        let before = under_way.cursor.clone();
        let mut reader = Reader::new(&context, position, slot, under_way);
        let result = reader.read(&mut self.bounds, stop).await;
        drop(turn);
        // Going round is no progress.
        let moved = reader.into_saved().cursor != before && !self.bounds.is_suspect();
        if moved || matches!(result, Ok(Ended::Finished)) {
            self.backoff.reset();
            self.bisection.clear();
        }
        result.map(|_| ())
    }

    async fn wait(&self, free: i64, stop: &mut watch::Receiver<bool>) {
        let context = &self.context;
        context.statuses.tell(&self.key, |status| status.phase = Phase::Waiting);
        let wait = skew::nap(context, free);
        pause(context.clock.as_ref(), wait + part_of(wait / JITTER_PARTS), stop).await;
    }

    async fn wait_for_others(&self, stop: &mut watch::Receiver<bool>) {
        let mut changes = self.context.statuses.changes();
        self.context.statuses.tell(&self.key, |status| status.phase = Phase::Waiting);
        changes.mark_unchanged();
        tokio::select! {
            // An error means that there is no registry any more: the next look tells.
            _ = changes.changed() => {}
            () = pause(self.context.clock.as_ref(), self.context.poll_interval, stop) => {}
        }
    }

    /// Records that the source no longer holds a range, and goes on behind it. What
    /// some reading of it has shown already is unproven, the rest a gap.
    async fn record_gap(
        &self,
        position: &Position,
        gap: Range,
        step: &Step,
        reason: &str,
    ) -> Result<(), CollectError> {
        let context = &self.context;
        let mut locked = position.lock().await;
        let mut next = locked.clone();
        next.frontiers = context.schedule.advance(&locked.frontiers, step);
        let read = locked.frontiers.live().clamp(gap.start, gap.end);
        let parts = [Range { start: gap.start, end: read }, Range { start: read, end: gap.end }];
        let at = context.now();
        // What a reading had delivered before it was given up stays counted.
        let partly = next.reading.take().and_then(|under_way| under_way.given_up(gap, at));
        let parts = parts.into_iter().filter(|part| part.start < part.end);
        let gaps = parts.map(|range| LedgerEntry::Gap { range, reason: reason.to_owned(), at });
        let ledger = partly.map(LedgerEntry::Open).into_iter().chain(gaps).collect();
        let delta = Delta { ledger, fetched_until: gap.end, ..Delta::default() };
        position.commit(&mut locked, next, delta, Vec::new()).await?;
        telemetry::GapRecorded {
            stream: &self.key.stream,
            start: rfc3339(gap.start),
            end: rfc3339(gap.end),
            reason,
        }
        .emit(&context.telemetry);
        Ok(())
    }

    /// Sends the head of the ledger to the sinks, when it is time.
    async fn send_head(
        &self,
        position: &Position,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let context = &self.context;
        // By our clock, and also where that was set back: no hint of a service keeps a head.
        let now = context.clock.now();
        let mut locked = position.lock().await;
        let last = locked.head.at;
        if (last..last.saturating_add(millis(context.head_interval))).contains(&now) {
            return Ok(());
        }
        let tip = context.state.tip(&self.key)?;
        let Some(closed) = locked.closed.iter().last() else { return Ok(()) };
        if tip.number == locked.head.number {
            return Ok(());
        }
        let head = ledger::head(&context.source, &self.key.stream, tip, closed);
        let Some(receipts) = deliver_as(context, &[head], ledger::COMPONENT, stop).await? else {
            return Ok(());
        };
        let mut next = locked.clone();
        next.head = SentHead { number: tip.number, at: now };
        position.commit(&mut locked, next, Delta::default(), receipts).await
    }

    /// Waits as long as an error deserves, or gives up.
    async fn fail(
        &mut self,
        position: &Position,
        reading: Option<(Slot, Reading)>,
        error: CollectError,
        until: Until,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        // A state that failed once stays failed until it is opened again: end, so that
        // whoever watches the process starts it anew.
        if matches!(error, CollectError::State(_) | CollectError::Task(_)) {
            return Err(error);
        }
        if let CollectError::Sandbox(SandboxError::Source(SourceError::CursorExpired(_))) = &error {
            // Read the range again from its start; what was delivered is known.
            let slot = reading.as_ref().map_or(Slot::Live, |(slot, _)| *slot);
            if let Some(under_way) = position.lock().await.under_way(slot) {
                under_way.restart();
            }
        }
        let range = reading.as_ref().map(|(_, reading)| reading.covers);
        if let Some((slot, reading)) = reading {
            match self.bisection.judge(&self.context, &self.key, &reading, &error).await {
                Remedy::Wait => {}
                Remedy::Halve(half) => {
                    // Each half has its own chances.
                    self.backoff.reset();
                    self.halve(position, slot, half).await;
                    return Ok(());
                }
                // No gap yet: it is read again when the service's clock is there.
                Remedy::Give(..) if slot == Slot::Unproven => {
                    let mut locked = position.lock().await;
                    locked.advance(slot, &self.context.schedule, &Step::Read(reading));
                    return Ok(());
                }
                Remedy::Give(range, reason) => {
                    // Later sweeps try it again.
                    return self.record_gap(position, range, &Step::Read(reading), &reason).await;
                }
            }
        }
        let retry_in = self.backoff.after(&error);
        let failures = self.backoff.failures();
        let gives_up = needs_operator(&error) || failures >= ATTEMPTS;
        if until == Until::Done && gives_up {
            return Err(error);
        }
        let text = error.to_string();
        self.context.statuses.tell(&self.key, |status| {
            status.phase = match &error {
                CollectError::Sink { .. } => Phase::Blocked,
                CollectError::Endless { .. } => Phase::Paused,
                error if needs_operator(error) => Phase::Paused,
                _ => Phase::Failing,
            };
            status.error = Some(text.clone());
            status.failures = failures;
        });
        telemetry::ReadingFailed {
            stream: &self.key.stream,
            range: range.map(|range| (rfc3339(range.start), rfc3339(range.end))),
            error: text,
            retry_in,
        }
        .emit(&self.context.telemetry);
        pause(self.context.clock.as_ref(), retry_in, stop).await;
        Ok(())
    }

    /// Goes on with the first half of a range; what was counted stays counted. Not
    /// committed: a restart tries the whole again.
    async fn halve(&self, position: &Position, slot: Slot, half: Reading) {
        let mut locked = position.lock().await;
        let begun = locked.under_way(slot).cloned();
        let mut under_way = begun.unwrap_or_else(|| ReadingState::begin(half.clone()));
        under_way.restart();
        under_way.reading = half;
        locked.put(slot, under_way);
    }
}

/// Fits a stored state to the schedule of today.
fn fit(state: &mut StreamState, schedule: &Schedule) {
    state.frontiers = schedule.resume(state.frontiers.clone());
    // A reading of another schedule is simply planned anew.
    state.reading = state.reading.take().filter(|under_way| schedule.knows(&under_way.reading));
    state.backfill.retain(|under_way| schedule.closes(&under_way.reading));
}
