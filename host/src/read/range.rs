//! One reading of one range: batch after batch, each delivered and committed before
//! the next is. That one may be read meanwhile, see [`Prefetch`](super::prefetch).
//!
//! Invariant: `current` runs ahead of `saved` only by what passed without events or
//! is being delivered; after any failure `current` is `saved` again, and that is
//! what the state holds.

mod commit;
mod entry;
mod worth;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::bounds::{Bounds, Exceeded};
use super::context::SourceContext;
use super::failure::{long_stopped, pause};
use super::open_session::{OpenSession, Opening};
use crate::contract::{Batch, BatchLimits, Progress};
use crate::limits::{Share, Urgency};
use crate::pipeline::{self, CollectError, Fresh, Position, Probes, Seen, Slot, deliver};
use crate::runtime::event_bytes;
use crate::state::ReadingState;

/// Most events in a batch: large enough that a commit's sync is small beside it.
const BATCH_EVENTS: u32 = 1_000;

/// Most event text in a batch, in bytes.
const BATCH_BYTES: u64 = 8 << 20;

/// How long a batch may gather before it is delivered.
const BATCH_DEADLINE_MS: u32 = 2_000;

/// How long progress without events may go uncommitted: what is read again after
/// a crash.
const QUIET_COMMIT: Duration = Duration::from_secs(5);

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
    position: &'s Arc<Position>,
    slot: Slot,
    urgency: Urgency,
    current: ReadingState,
    saved: ReadingState,
    seen: Seen,
    /// Whether the range was left alone before for not ending: then a commit alone says
    /// nothing about its health.
    is_suspect: bool,
    session: OpenSession,
    /// Kept for the first batch.
    room: Option<Share>,
}

/// A batch as it was read.
struct Read {
    batch: Batch,
    /// Its events not met in this reading before.
    news: u64,
    /// Requests of this attempt so far.
    requests: u64,
}

impl<'s> Reader<'s> {
    /// Reads on from where a reading stands.
    pub fn new(
        context: &'s Arc<SourceContext>,
        position: &'s Arc<Position>,
        slot: Slot,
        urgency: Urgency,
        reading: ReadingState,
        room: Option<Share>,
    ) -> Self {
        let (saved, session) = (reading.clone(), OpenSession::default());
        let seen = Seen::new(context.schedule.around(reading.reading.asked));
        let (current, is_suspect) = (reading, false);
        Self { context, position, slot, urgency, current, saved, seen, is_suspect, session, room }
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
        probes: &mut Probes,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Ended, CollectError> {
        bounds.begin(self.current.reading.covers, self.context.clock.passing());
        self.is_suspect = bounds.is_suspect();
        let result = self.batches(bounds, probes, stop).await;
        if result.is_err() {
            // What was passed over before the error need not be read again. An error
            // in writing that down is the lesser one.
            let quiet = self.current.cursor != self.saved.cursor;
            if quiet && self.current.counts.emitted == self.saved.counts.emitted {
                self.commit(Fresh::default(), None, pipeline::Batch::default()).await?;
            }
            self.current = self.saved.clone();
        }
        result
    }

    async fn batches(
        &mut self,
        bounds: &mut Bounds,
        probes: &mut Probes,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Ended, CollectError> {
        let mut last_commit = Instant::now();
        let mut delivered = false;
        loop {
            probes.down(&self.context.outlets)?;
            let Some(read) = self.next(bounds, delivered, stop).await? else {
                return Ok(Ended::Stopped);
            };
            let finished = read.batch.progress == Progress::Finished;
            let before = self.current.clone();
            let handled = self.handle(read, bounds, probes, &mut last_commit, stop).await;
            let worth = match handled {
                Ok(Some(worth)) => worth,
                Ok(None) => {
                    self.current = before;
                    return Ok(Ended::Stopped);
                }
                Err(error) => {
                    self.current = before;
                    return Err(error);
                }
            };
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

    /// The next batch; `None` when told to stop and the service does not answer in time.
    async fn next(
        &mut self,
        bounds: &mut Bounds,
        delivered: bool,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<Read>, CollectError> {
        let (context, asked) = (self.context, self.current.reading.asked);
        let opening = Opening {
            stream: &self.position.key,
            asked,
            cursor: self.current.cursor.as_ref(),
            urgency: self.urgency,
            limits: BatchLimits {
                events: BATCH_EVENTS,
                bytes: BATCH_BYTES,
                soft_deadline_ms: BATCH_DEADLINE_MS,
            },
        };
        // What was asked for already costs no more.
        if !self.session.is_under_way() {
            let wait = context.session_factory.wait();
            if !wait.is_zero() {
                let mut told = stop.clone();
                let paused = pause(context.clock.as_ref(), wait, &mut told);
                self.session.while_idle(context, paused, stop).await;
            }
        }
        let Some(session) = self.session.get(context, opening, stop).await? else {
            return Ok(None);
        };
        let batch = tokio::select! {
            batch = session.next() => batch,
            () = long_stopped(stop) => return Ok(None),
        };
        // Not before a batch went through: while a sink is down, every try would ask
        // the service for one more than it delivers.
        let is_last = !matches!(&batch, Ok(batch) if batch.progress != Progress::Finished);
        if delivered && !is_last && context.session_factory.wait().is_zero() {
            session.begin();
        }
        let requests = self.session.requests();
        let batch = batch.map_err(|error| self.spun(bounds, requests, error))?;
        let news = bounds.news(&batch);
        Ok(Some(Read { batch, news, requests }))
    }

    /// Accepts, delivers and commits a batch; `None` when told to stop and it could not be
    /// done in time. What is quiet may be committed later.
    async fn handle(
        &mut self,
        read: Read,
        bounds: &mut Bounds,
        probes: &mut Probes,
        last_commit: &mut Instant,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<Result<(), Exceeded>>, CollectError> {
        let Read { batch, news, requests } = read;
        let context = self.context;
        let room = self.room(&batch)?;
        self.note(&batch);
        let (cursor, received) = (batch.cursor.clone(), batch.counts.received);
        let finished = batch.progress == Progress::Finished;
        let (key, now) = (&self.position.key, context.now());
        let accepted = context.acceptance.accept(key, &mut self.seen, batch, now);
        let accepted = self.session.while_idle(context, accepted, stop).await;
        let Some((fresh, claim)) = accepted.transpose()? else { return Ok(None) };
        let quiet = fresh.met().next().is_none() && !finished && !*stop.borrow();
        self.absorb(&fresh, cursor, received);
        let met = fresh.counts.emitted + fresh.counts.yielded;
        let worth = self.worth(bounds, requests, news, met);
        if quiet && worth.is_ok() && last_commit.elapsed() < QUIET_COMMIT {
            return Ok(Some(worth));
        }
        crate::crash::point("before-deliver");
        let (outlets, owner, name) = (&context.outlets, &context.owner, &context.descriptor_name);
        let delivered = deliver(outlets, &fresh.events, owner, name, probes);
        let delivered = self.session.while_idle(context, delivered, stop).await;
        let Some(delivered) = delivered.transpose()? else { return Ok(None) };
        let entry = finished.then(|| {
            let reading = &self.current.reading;
            self.current.reading = context.schedule.lived(reading, self.now());
            self.entry()
        });
        let batch = pipeline::Batch { delivered, held: (Some(claim), Some(room)) };
        self.commit(fresh, entry, batch).await?;
        probes.clear();
        *last_commit = Instant::now();
        Ok(Some(worth))
    }

    /// Room for what waits for the sinks.
    fn room(&mut self, batch: &Batch) -> Result<Share, CollectError> {
        // Once as events, and once as lines for each sink, or nearly so.
        let copies = 1 + self.context.outlets.len() as u64;
        let bytes = batch.events.iter().map(event_bytes).sum::<u64>().saturating_mul(copies);
        let kept = self.room.take().filter(|room| room.amount() >= bytes);
        let room = kept.or_else(|| self.context.undelivered.try_take(&self.context.tenant, bytes));
        room.ok_or(CollectError::NoRoom { bytes })
    }

    /// The time that this reading goes by, Unix milliseconds.
    fn now(&self) -> i64 {
        match self.slot {
            Slot::Live | Slot::Backfill => self.context.now(),
            Slot::Unproven => self.context.clock.now(),
        }
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
}
