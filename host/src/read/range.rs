//! One reading of one range: batch after batch, each delivered and committed before
//! the next is. That one may be read meanwhile, see [`Prefetch`].
//!
//! Invariant: `current` runs ahead of `saved` only by what passed without events or
//! is being delivered; after any failure `current` is `saved` again, and that is
//! what the state holds.

mod worth;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::bounds::Bounds;
use super::context::{SourceContext, rfc3339};
use super::failure::{pause, stopped};
use super::prefetch::Prefetch;
use super::session_factory::Session;
use crate::contract::{Batch, BatchLimits, Progress, Severity, SignOnEvent};
use crate::ledger::{LedgerEntry, ReadingEntry};
use crate::pipeline::CollectError;
use crate::pipeline::Fresh;
use crate::pipeline::accept;
use crate::pipeline::{Delta, Position, Slot};
use crate::planner::Step;
use crate::runtime::describe_finding;
use crate::sinks::Receipt;
use crate::state::{Counts, ReadingState, StreamState};
use crate::telemetry;

/// Most events in a batch: large enough that a commit's sync is small beside it.
const BATCH_EVENTS: u32 = 1_000;

/// Most event text in a batch, in bytes.
const BATCH_BYTES: u64 = 8 << 20;

/// How long a batch may gather before it is delivered.
const BATCH_DEADLINE_MS: u32 = 2_000;

/// Most findings of a reading that are kept: a component must not fill the ledger.
const MOST_FINDINGS: usize = 20;

/// How long progress without events may go uncommitted: what is read again after
/// a crash.
const QUIET_COMMIT: Duration = Duration::from_secs(5);

/// How long a service or a sink is still waited for after being told to stop.
/// Nothing is lost by going: it is read again.
pub const GRACE: Duration = Duration::from_secs(10);

/// How a reading ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// At the end of its range.
    Finished,
    /// Because it was told to.
    Stopped,
}

/// A reading under way.
pub struct Reader<'s> {
    context: &'s Arc<SourceContext>,
    position: &'s Position,
    slot: Slot,
    current: ReadingState,
    saved: ReadingState,
    /// Whether the range was left alone before for not ending: then a commit alone says
    /// nothing about its health.
    is_suspect: bool,
}

impl<'s> Reader<'s> {
    /// Reads on from where a reading stands.
    pub fn new(
        context: &'s Arc<SourceContext>,
        position: &'s Position,
        slot: Slot,
        reading: ReadingState,
    ) -> Self {
        let saved = reading.clone();
        Self { context, position, slot, current: reading, saved, is_suspect: false }
    }

    /// The reading as it was committed last.
    pub fn into_saved(self) -> ReadingState {
        self.saved
    }

    /// Reads to the end of the range, or until told to stop.
    ///
    /// # Errors
    ///
    /// Whatever stops it; what was read before is committed.
    pub async fn read(
        &mut self,
        bounds: &mut Bounds,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Ended, CollectError> {
        bounds.begin(self.current.reading.covers, self.context.clock.passing());
        self.is_suspect = bounds.is_suspect();
        let result = self.batches(bounds, stop).await;
        if result.is_err() {
            // What was passed over before the error need not be read again. An error
            // in writing that down is the lesser one.
            let quiet = self.current.cursor != self.saved.cursor;
            if quiet && self.current.counts.emitted == self.saved.counts.emitted {
                self.save(Fresh::default(), None).await?;
            }
            self.current = self.saved.clone();
        }
        result
    }

    async fn batches(
        &mut self,
        bounds: &mut Bounds,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Ended, CollectError> {
        let limits = BatchLimits {
            events: BATCH_EVENTS,
            bytes: BATCH_BYTES,
            soft_deadline_ms: BATCH_DEADLINE_MS,
        };
        let mut session = Prefetch::of(self.open().await?, limits);
        let mut last_commit = Instant::now();
        let mut delivered = false;
        loop {
            // What was asked for already costs no more.
            if !session.is_under_way() {
                let wait = self.context.session_factory.wait();
                pause(self.context.clock.as_ref(), wait, stop).await;
            }
            let Some(batch) = next(&mut session, stop).await else {
                return Ok(Ended::Stopped);
            };
            let batch = batch.map_err(|error| self.spun(bounds, session.requests(), error))?;
            let news = bounds.news(&batch);
            let finished = batch.progress == Progress::Finished;
            // Not before a batch went through: while a sink is down, every try would ask
            // the service for one more than it delivers.
            if delivered && !finished && self.context.session_factory.wait().is_zero() {
                session.begin();
            }
            self.note(&batch);
            let (cursor, received) = (batch.cursor.clone(), batch.counts.received);
            // From here to the commit nobody else of this stream, or of its preference group,
            // looks for duplicates.
            let locked = self.position.lock().await;
            let preference = self.context.preference.lock().await;
            let fresh = self.dedupe(batch).await?;
            let quiet = fresh.met().next().is_none() && !finished && !*stop.borrow();
            let before = self.current.clone();
            self.absorb(&fresh, cursor, received);
            let met = fresh.counts.emitted + fresh.counts.yielded;
            let worth = self.worth(bounds, session.requests(), news, met);
            if quiet && worth.is_ok() && last_commit.elapsed() < QUIET_COMMIT {
                continue;
            }
            crate::crash::point("before-deliver");
            let receipts = match deliver(self.context, &fresh.events, stop).await {
                Ok(Some(receipts)) => receipts,
                Ok(None) => {
                    self.current = before;
                    return Ok(Ended::Stopped);
                }
                Err(error) => {
                    self.current = before;
                    return Err(error);
                }
            };
            let entry = if finished {
                let reading = &self.current.reading;
                self.current.reading = self.context.schedule.lived(reading, self.now());
                Some(self.entry())
            } else {
                None
            };
            self.commit(locked, fresh, entry, receipts).await?;
            drop(preference);
            last_commit = Instant::now();
            delivered = true;
            if finished {
                return Ok(Ended::Finished);
            }
            worth.map_err(|exceeded| self.endless(exceeded))?;
            if *stop.borrow() {
                return Ok(Ended::Stopped);
            }
        }
    }

    /// The time that this reading goes by, Unix milliseconds.
    fn now(&self) -> i64 {
        match self.slot {
            Slot::Live | Slot::Backfill => self.context.now(),
            Slot::Unproven => self.context.clock.now(),
        }
    }

    async fn open(&self) -> Result<Box<dyn Session>, CollectError> {
        let asked = self.current.reading.asked;
        let (stream, cursor) = (&self.position.key.stream, self.current.cursor.clone());
        let session = self.context.session_factory.open(stream, asked, cursor).await;
        Ok(session?)
    }

    async fn dedupe(&self, batch: Batch) -> Result<Fresh, CollectError> {
        let (context, key) = (self.context.clone(), self.position.key.clone());
        let fresh = tokio::task::spawn_blocking(move || {
            let (filter, preference, now) = (&context.filter, &context.preference, context.now());
            accept::fresh(batch, filter, preference, &key, now, context.state.as_ref())
        });
        Ok(fresh.await.map_err(|error| CollectError::Task(error.to_string()))??)
    }

    /// Takes a batch into the reading, as if it were delivered.
    fn absorb(&mut self, fresh: &Fresh, cursor: Option<Vec<u8>>, received: u64) {
        let now = self.now();
        let current = &mut self.current;
        current.cursor = cursor;
        current.counts.add(fresh.counts);
        current.received += received;
        if current.reading.first > 0 {
            for event in fresh.met() {
                let logged = current.reading.within(event.logged.unwrap_or(event.time));
                current.late.record(now.saturating_sub(logged).max(0));
            }
        }
    }

    /// Logs what could not be read and what was found, each finding once a reading.
    fn note(&mut self, batch: &Batch) {
        let source = &self.context.telemetry;
        for reject in &batch.rejects {
            telemetry::RecordRejected { reason: &reject.reason }.emit(source);
        }
        let current = &mut self.current;
        for finding in &batch.findings {
            let text = describe_finding(finding);
            if finding.severity == Severity::Error && current.doubt.is_none() {
                current.doubt = Some(text.clone());
            }
            if !current.findings.contains(&text) && current.findings.len() < MOST_FINDINGS {
                telemetry::SourceFinding { finding: &text }.emit(source);
                current.findings.push(text);
            }
        }
        current.source_total = batch.source_total.or(current.source_total);
        let start = current.reading.covers.start;
        if let Some(earliest) = batch.earliest_available.filter(|earliest| *earliest > start) {
            let earliest = rfc3339(earliest);
            current.doubt.get_or_insert(format!("the source holds nothing before {earliest}"));
        }
    }

    /// The ledger's entry for the finished reading.
    fn entry(&self) -> LedgerEntry {
        let ReadingState { reading, counts, received, late, findings, doubt, source_total, .. } =
            self.current.clone();
        let schedule = &self.context.schedule;
        let now = self.now();
        let range = reading.covers;
        let short = || {
            let total = source_total.filter(|total| *total > received)?;
            Some(format!("the source tells of {total} records, {received} came"))
        };
        let empty = || {
            let is_old = range.end < now - self.context.smallest_retention;
            (received == 0 && is_old).then(|| {
                let days = self.context.smallest_retention / 86_400_000;
                format!("empty, and older than the {days} days that are surely kept")
            })
        };
        let vanishing = || {
            let earliest = schedule.earliest(now);
            (range.start < earliest)
                .then(|| "vanished from the source while it was read".to_owned())
        };
        let unproven = || {
            (self.slot == Slot::Unproven)
                .then(|| "later than the service's own clock says it is".to_owned())
        };
        let doubt = doubt.or_else(short).or_else(empty).or_else(vanishing).or_else(unproven);
        let entry =
            ReadingEntry { range, counts, late, source_total, doubt, findings, read_at: now };
        match schedule.closes(&reading) && self.slot != Slot::Unproven {
            true => LedgerEntry::Close(entry),
            false => LedgerEntry::Open(entry),
        }
    }

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

    async fn save(&mut self, fresh: Fresh, entry: Option<LedgerEntry>) -> Result<(), CollectError> {
        let locked = self.position.lock().await;
        self.commit(locked, fresh, entry, Vec::new()).await
    }

    async fn commit(
        &mut self,
        mut locked: tokio::sync::MutexGuard<'_, StreamState>,
        fresh: Fresh,
        entry: Option<LedgerEntry>,
        receipts: Vec<Box<dyn Receipt>>,
    ) -> Result<(), CollectError> {
        let context = self.context;
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
            fetched_until: self.current.reading.asked.end,
            forget: context.schedule.forget(&next.closed, context.now()),
            forget_sign_ons: context.preference.forget(
                &context.statuses,
                context.schedule.reach(),
                context.now(),
            ),
            ledger: entry.clone().into_iter().collect(),
        };
        self.position.commit(&mut locked, next, delta, receipts).await?;
        let counts = self.current.counts.since(self.saved.counts);
        self.saved = self.current.clone();
        let (stream, ages) = (&*self.position.key.stream, self.ages(&fresh.events).into_iter());
        telemetry::BatchCommitted { stream, counts, ages }.emit(&context.telemetry);
        self.tell(&locked, counts, entry.as_ref(), doubt);
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

/// The next batch; `None` when told to stop and the service does not answer in time.
async fn next(
    session: &mut Prefetch,
    stop: &mut watch::Receiver<bool>,
) -> Option<Result<Batch, CollectError>> {
    tokio::select! {
        batch = session.next() => Some(batch),
        () = long_stopped(stop) => None,
    }
}

/// Until it is to stop, and the grace after it.
async fn long_stopped(stop: &mut watch::Receiver<bool>) {
    stopped(stop).await;
    tokio::time::sleep(GRACE).await;
}

/// Hands events to every sink; `None` when told to stop and a sink does not answer in
/// time. Receipts that are dropped mean that the events come again.
pub async fn deliver(
    context: &SourceContext,
    events: &[SignOnEvent],
    stop: &mut watch::Receiver<bool>,
) -> Result<Option<Vec<Box<dyn Receipt>>>, CollectError> {
    deliver_as(context, events, &context.descriptor_name, stop).await
}

/// The same for events of another name than the component's.
pub async fn deliver_as(
    context: &SourceContext,
    events: &[SignOnEvent],
    name: &str,
    stop: &mut watch::Receiver<bool>,
) -> Result<Option<Vec<Box<dyn Receipt>>>, CollectError> {
    let mut receipts = Vec::new();
    if events.is_empty() {
        return Ok(Some(receipts));
    }
    for outlet in &context.outlets {
        let lines = accept::lines(events, &context.owner, name, outlet);
        let (sink, started) = (&outlet.sink, Instant::now());
        let receipt = tokio::select! {
            receipt = sink.deliver(&lines) => receipt,
            () = long_stopped(stop) => return Ok(None),
        };
        receipts.push(receipt.map_err(|source| {
            telemetry::SinkFailed { error: source.to_string() }.emit(&outlet.telemetry);
            CollectError::Sink { sink: sink.id().to_owned(), source }
        })?);
        let (events, took) = (lines.len(), started.elapsed());
        telemetry::SinkDelivered { events, took }.emit(&outlet.telemetry);
    }
    Ok(Some(receipts))
}
