//! Reads the past: ranges that were never read, in parallel, beside the live edge.
//!
//! Invariant: a range that brought events before is not read again, since their ids
//! are forgotten; what is read goes through the same reader into the same ledger.
//! The oldest comes first: it is the next to vanish from the source.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

use super::attempts::{Attempts, Next};
use super::context::Until;
use super::context::{SourceContext, rfc3339, start_time};
use super::failure::{Failure, pause};
use crate::config::BackfillConfig;
use crate::ledger::LedgerEntry;
use crate::limits::Urgency;
use crate::pipeline::{Batch, CollectError, Delta, Position, Slot};
use crate::planner::{Range, Spans};
use crate::state::ReadingState;
use crate::telemetry;

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(10);

/// How often a backfill looks whether what was young has come of age: rarely, for the
/// last reading is a day later.
const AGEING: Duration = Duration::from_secs(60);

/// Reads what the source's configuration asks for and was not read yet.
///
/// # Errors
///
/// The first failure that ended a worker; the others went on until they were done.
pub async fn run(
    context: &Arc<SourceContext>,
    position: &Arc<Position>,
    until: Until,
    stop: watch::Receiver<bool>,
) -> Result<(), CollectError> {
    let Some(config) = &context.backfill else { return Ok(()) };
    let Plan { queue, young, outlived } = plan(context, position, config).await?;
    for range in outlived {
        let reason = "older than the source keeps events, and read only once";
        record_gap(context, position, None, range, reason.to_owned()).await?;
    }
    let result = pass(context, position, config, queue, until, stop.clone()).await;
    // What is too young for its last reading is read again when it has come of age.
    let mut stop = stop;
    while until == Until::Stopped && !young.is_empty() && !*stop.borrow() {
        let now = context.now();
        let aged = context.schedule.aged(now);
        let due = young.iter().all(|range| range.end <= aged);
        if due {
            let queue = readings(context, &young);
            return result.and(pass(context, position, config, queue, until, stop).await);
        }
        pause(context.clock.as_ref(), AGEING, &mut stop).await;
        if result.as_ref().is_err_and(|error| Failure::of(error).ends()) {
            return result;
        }
    }
    result
}

fn readings(context: &SourceContext, missing: &Spans) -> VecDeque<ReadingState> {
    context.schedule.backfill(missing).into_iter().map(ReadingState::begin).collect()
}

/// Reads a queue to its end.
async fn pass(
    context: &Arc<SourceContext>,
    position: &Arc<Position>,
    config: &BackfillConfig,
    queue: VecDeque<ReadingState>,
    until: Until,
    stop: watch::Receiver<bool>,
) -> Result<(), CollectError> {
    if queue.is_empty() {
        return Ok(());
    }
    let progress = Arc::new(Progress::new(&queue));
    let queue = Arc::new(Mutex::new(queue));
    let mut workers = JoinSet::new();
    for _ in 0..config.parallel.get() {
        let worker = Worker {
            context: context.clone(),
            position: position.clone(),
            progress: progress.clone(),
            until,
        };
        workers.spawn(worker.run(queue.clone(), stop.clone()));
    }
    let mut result = Ok(());
    loop {
        tokio::select! {
            ended = workers.join_next() => match ended {
                None => break,
                Some(Ok(ended)) => result = result.and(ended),
                Some(Err(error)) => result = Err(CollectError::Task(error.to_string())),
            },
            () = tokio::time::sleep(PROGRESS) => progress.tell(context, position),
        }
    }
    progress.tell(context, position);
    result
}

/// What a backfill has to do.
struct Plan {
    /// To be read, oldest first: what was begun, and what no reading has closed.
    queue: VecDeque<ReadingState>,
    /// To be read once more, when the last reading of the schedule would.
    young: Spans,
    /// Read once, and gone from the source before the last reading.
    outlived: Vec<Range>,
}

async fn plan(
    context: &SourceContext,
    position: &Position,
    config: &BackfillConfig,
) -> Result<Plan, CollectError> {
    let state = position.lock().await;
    let schedule = &context.schedule;
    let now = context.now();
    let from = start_time(&config.from, schedule, now);
    let asked = Range {
        start: schedule.floor(from).max(schedule.earliest(now)),
        // What comes later is the live edge's.
        end: config.to.unwrap_or(i64::MAX).min(state.frontiers.slowest()),
    };
    let mut missing = state.closed.missing(asked);
    // What an earlier backfill read once is to be read again, wherever `from` is by now.
    let open = context.state.open_readings(&position.key).await?;
    let read: Spans = open.into_iter().map(|open| open.range).collect();
    let mut outlived = Vec::new();
    for part in read.iter() {
        let earliest = schedule.earliest(now);
        let end = part.end.min(state.frontiers.slowest());
        let held = Range { start: part.start.max(earliest), end };
        state.closed.missing(held).iter().for_each(|open| missing.insert(open));
        let gone = Range { start: part.start, end: end.min(earliest) };
        // Our clock alone must not say what the source no longer keeps.
        if context.session_factory.service_now().is_some() {
            outlived.extend(state.closed.missing(gone).iter());
        }
    }
    let mut queue = state.backfill.clone();
    for under_way in &queue {
        let covers = under_way.reading.covers;
        missing = missing.iter().flat_map(|part| outside(part, covers)).collect();
    }
    let aged = Range { start: i64::MIN, end: schedule.aged(now) };
    let young: Spans = missing.iter().map(|part| outside(part, aged)[1]).collect();
    let mut wanted: Spans = missing
        .iter()
        .map(|part| outside(part, Range { start: aged.end, end: i64::MAX })[0])
        .collect();
    // What is young is read now, unless it was.
    for part in young.iter() {
        read.missing(part).iter().for_each(|unread| wanted.insert(unread));
    }
    queue.extend(readings(context, &wanted));
    queue.sort_by_key(|reading| reading.reading.covers.start);
    Ok(Plan { queue: queue.into(), young, outlived })
}

/// What of a range is outside another.
fn outside(range: Range, other: Range) -> [Range; 2] {
    [
        Range { start: range.start, end: range.end.min(other.start.max(range.start)) },
        Range { start: range.start.max(other.end.min(range.end)), end: range.end },
    ]
}

/// Records that a range is not read (again), with what a reading of it had brought.
async fn record_gap(
    context: &SourceContext,
    position: &Position,
    reading: Option<ReadingState>,
    range: Range,
    reason: String,
) -> Result<(), CollectError> {
    let at = context.now();
    let locked = position.lock().await;
    let mut next = locked.clone();
    if let Some(reading) = &reading {
        next.take(Slot::Backfill, &reading.reading);
    }
    let partly = reading.and_then(|reading| reading.given_up(range, at)).map(LedgerEntry::Open);
    let gap = LedgerEntry::Gap { range, reason: reason.clone(), at };
    let ledger = partly.into_iter().chain([gap]).collect();
    let delta = Delta { ledger, ..Delta::default() };
    position.commit(locked, next, delta, Batch::default()).await?;
    telemetry::GapRecorded {
        stream: &position.key.stream,
        start: rfc3339(range.start),
        end: rfc3339(range.end),
        reason: &reason,
    }
    .emit(&context.telemetry);
    Ok(())
}

struct Worker {
    context: Arc<SourceContext>,
    position: Arc<Position>,
    progress: Arc<Progress>,
    until: Until,
}

impl Worker {
    async fn run(
        self,
        queue: Arc<Mutex<VecDeque<ReadingState>>>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let urgency = Urgency::Backfill;
        let mut attempts = Attempts::new(&self.context, &self.position, urgency, self.until);
        while !*stop.borrow() {
            let next = queue.lock().await.pop_front();
            let Some(reading) = next else { return Ok(()) };
            self.range(&mut attempts, reading, &queue, &mut stop).await?;
        }
        Ok(())
    }

    /// Reads a range to its end, or gives it up; a later backfill may try it again.
    async fn range(
        &self,
        attempts: &mut Attempts,
        mut reading: ReadingState,
        queue: &Mutex<VecDeque<ReadingState>>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        attempts.begin();
        while !*stop.borrow() {
            let (covers, before) = (reading.reading.covers, reading.counts.emitted);
            let next = attempts.read(Slot::Backfill, reading, stop).await?;
            self.progress.events(attempts.emitted().saturating_sub(before));
            match next {
                Next::Finished => {
                    self.progress.done(covers);
                    return Ok(());
                }
                Next::Stopped => return Ok(()),
                Next::Again(again) => reading = again,
                Next::Halve(whole, half) => {
                    let rest = Range { start: half.covers.end, end: whole.reading.covers.end };
                    let rest = readings(&self.context, &[rest].into_iter().collect());
                    queue.lock().await.extend(rest);
                    reading = whole;
                    reading.restart();
                    reading.reading = half;
                }
                Next::GiveUp(reading, range, reason) => {
                    let (context, position) = (&self.context, &self.position);
                    return record_gap(context, position, Some(reading), range, reason).await;
                }
            }
        }
        Ok(())
    }
}

/// How far a backfill is.
struct Progress {
    started: Instant,
    total_ms: i64,
    inner: std::sync::Mutex<(i64, u64)>,
}

impl Progress {
    fn new(queue: &VecDeque<ReadingState>) -> Self {
        let length =
            |reading: &ReadingState| reading.reading.covers.end - reading.reading.covers.start;
        Self {
            started: Instant::now(),
            total_ms: queue.iter().map(length).sum(),
            inner: std::sync::Mutex::new((0, 0)),
        }
    }

    fn change(&self, change: impl FnOnce(&mut (i64, u64))) {
        change(&mut self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    fn done(&self, range: Range) {
        self.change(|(done, _)| *done += range.end - range.start);
    }

    fn events(&self, events: u64) {
        self.change(|(_, all)| *all += events);
    }

    fn tell(&self, context: &SourceContext, position: &Position) {
        let mut now = (0, 0);
        self.change(|inner| now = *inner);
        let (done_ms, events) = now;
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        #[allow(clippy::cast_precision_loss, reason = "for people")]
        let (done, total) = (done_ms as f64, self.total_ms as f64);
        let left = if done > 0.0 { Some((total - done) * seconds / done) } else { None };
        telemetry::BackfillProgress {
            stream: &position.key.stream,
            percent: if total > 0.0 { 100.0 * done / total } else { 100.0 },
            events,
            #[allow(clippy::cast_precision_loss, reason = "for people")]
            events_per_second: events as f64 / seconds,
            until: left.map(|left| {
                let left = i64::try_from(Duration::from_secs_f64(left).as_millis());
                rfc3339(context.clock.now().saturating_add(left.unwrap_or(i64::MAX / 2)))
            }),
        }
        .emit(&context.telemetry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_another_range_is_what_is_left_of_it() {
        let all = Range { start: 10, end: 50 };
        for (start, end) in [(0, 5), (0, 10), (0, 20), (20, 30), (40, 60), (50, 70), (0, 70)] {
            let other = Range { start, end };
            let left: Spans = outside(all, other).into_iter().collect();
            let expected: Spans = [other].into_iter().collect::<Spans>().missing(all);
            assert_eq!(left, expected, "{other:?}");
        }
    }
}
