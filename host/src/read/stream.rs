//! The live edge of one stream: reading after reading, as the plan says.

use std::sync::Arc;

use tokio::sync::watch;

use super::attempts::{Attempts, Next};
use super::backfill;
use super::context::Until;
use super::context::{SourceContext, millis, rfc3339, start_time};
use super::failure::{long_stopped, part_of, pause};
use super::skew;
use crate::contract::BatchLimits;
use crate::ledger::{self, LedgerEntry};
use crate::limits::Urgency;
use crate::pipeline::{Batch, CollectError, Delta, Position, Probes, Slot, deliver};
use crate::planner::{Range, Reading, Schedule, Step};
use crate::state::{Committer, Counts, ReadingState, SentHead, StreamKey, StreamState};
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
}

impl StreamRun {
    pub fn new(context: Arc<SourceContext>, key: StreamKey, committer: Committer) -> Self {
        Self { context, key, committer }
    }

    /// Runs until done or stopped. Gives back what it counted, and why it failed if
    /// it did.
    pub async fn run(
        self,
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

    async fn go(&self, until: Until, stop: &mut watch::Receiver<bool>) -> Result<(), CollectError> {
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
        &self,
        position: &Arc<Position>,
        until: Until,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let mut attempts = Attempts::new(&self.context, position, Urgency::Live, until);
        let mut asked_time = false;
        while !*stop.borrow() {
            if let Err(error) = self.send_head(position, stop).await {
                attempts.wait(Slot::Live, None, error, stop).await?;
                continue;
            }
            let (now, ours) = (self.context.now(), self.context.clock.now());
            let skew = skew::look(&self.context, &position.lock().await.clone());
            skew::tell(&self.context, position, skew);
            skew::settle(&self.context, position, skew).await?;
            // Behind the source it yields to, if there is one.
            let bound = self.context.preference().bound(&self.context.statuses, now);
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
                            attempts.wait(Slot::Live, None, error, stop).await?;
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
                    let next = attempts.read(slot, under_way, stop).await?;
                    self.follow(position, slot, reading, next).await?;
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

    /// Takes what an attempt came to into the position.
    async fn follow(
        &self,
        position: &Position,
        slot: Slot,
        reading: Reading,
        next: Next,
    ) -> Result<(), CollectError> {
        match next {
            Next::Finished | Next::Stopped => Ok(()),
            Next::Again(under_way) => {
                // One that begins anew: what was delivered is known. A restart finds that
                // out by itself.
                if let Some(known) = position.lock().await.under_way(slot)
                    && under_way.cursor.is_none()
                {
                    known.restart();
                }
                Ok(())
            }
            Next::Halve(_, half) => {
                self.halve(position, slot, half).await;
                Ok(())
            }
            // No gap yet: it is read again when the service's clock is there.
            Next::GiveUp(..) if slot == Slot::Unproven => {
                let mut locked = position.lock().await;
                locked.advance(slot, &self.context.schedule, &Step::Read(reading));
                Ok(())
            }
            // Later sweeps try it again.
            Next::GiveUp(_, range, reason) => {
                self.record_gap(position, range, &Step::Read(reading), &reason).await
            }
        }
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
        let locked = position.lock().await;
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
        let delta = Delta { ledger, ..Delta::default() };
        position.commit(locked, next, delta, Batch::default()).await?;
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
        if Probes::default().down(&context.outlets).is_err() {
            return Ok(());
        }
        // By our clock, and also where that was set back: no hint of a service keeps a head.
        let now = context.clock.now();
        let locked = position.lock().await;
        let last = locked.head.at;
        if (last..last.saturating_add(millis(context.head_interval))).contains(&now) {
            return Ok(());
        }
        let tip = context.state.tip(&self.key).await?;
        let Some(closed) = locked.closed.iter().last() else { return Ok(()) };
        if tip.number == locked.head.number {
            return Ok(());
        }
        let head = ledger::head(&context.source, &self.key.stream, tip, closed);
        drop(locked);
        let mut probes = Probes::default();
        let (outlets, owner, head) = (&context.outlets, &context.owner, [head]);
        let delivered = deliver(outlets, &head, owner, ledger::COMPONENT, &mut probes);
        let delivered = tokio::select! {
            delivered = delivered => delivered?,
            () = long_stopped(stop) => return Ok(()),
        };
        let locked = position.lock().await;
        let mut next = locked.clone();
        next.head = SentHead { number: tip.number, at: now };
        let batch = Batch { delivered, ..Batch::default() };
        position.commit(locked, next, Delta::default(), batch).await
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
