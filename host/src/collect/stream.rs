//! One stream: reading after reading, batch after batch.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use super::batch::{self, Fresh};
use super::filter::Filter;
use super::retry::{ATTEMPTS, needs_operator, pause, pause_after};
use super::{CollectError, Finished, Until};
use crate::config::Start;
use crate::contract::{
    Batch, BatchLimits, Progress, ReadOptions, Selection, SourceError, TimeRange,
};
use crate::deliver::{Receipt, Sink};
use crate::plan::{Range, Reading, Schedule, Step};
use crate::sandbox::door::Door;
use crate::sandbox::{
    Limits, LoadedComponent, Sandbox, SandboxError, SessionInstance, SessionRequest,
    describe_finding,
};
use crate::state::{Commit, Counts, LedgerEntry, ReadingState, State, StreamKey, StreamState};
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

/// What the streams of a source share.
pub struct Shared {
    pub sandbox: Sandbox,
    pub component: LoadedComponent,
    pub limits: Limits,
    pub door: Door,
    pub settings: String,
    pub schedule: Schedule,
    pub start: Start,
    pub poll_interval: Duration,
    pub options: ReadOptions,
    pub filter: Filter,
    pub source: String,
    pub descriptor_name: String,
    pub state: Arc<dyn State>,
    pub sinks: Vec<Arc<dyn Sink>>,
}

/// A stream and where it stands.
pub struct StreamRun {
    shared: Arc<Shared>,
    key: StreamKey,
    counts: Counts,
    /// Failures in a row without progress.
    failures: u32,
}

impl StreamRun {
    pub fn new(shared: Arc<Shared>, key: StreamKey) -> Self {
        Self { shared, key, counts: Counts::default(), failures: 0 }
    }

    /// Runs until done or stopped. Gives back what it counted, and why it failed if
    /// it did.
    pub async fn run(mut self, until: Until, mut stop: watch::Receiver<bool>) -> Finished {
        let result = self.go(until, &mut stop).await;
        let source = self.shared.source.clone();
        (self.counts, result.map_err(|error| (source, error.to_string())))
    }

    async fn go(
        &mut self,
        until: Until,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let mut state = self.load().await?;
        while !*stop.borrow() {
            let step = match &state.reading {
                Some(under_way) => Step::Read(under_way.reading.clone()),
                None => self.shared.schedule.next(&state.frontiers, self.now()),
            };
            let result = match step {
                Step::Wait { .. } if until == Until::Done => return Ok(()),
                Step::Wait { until } => {
                    // The granularity of a source may be a second; nobody needs to be
                    // asked that often.
                    let polled = self.now() + millis(self.shared.poll_interval);
                    self.wait_until(until.max(polled), stop).await;
                    Ok(())
                }
                Step::Gap(gap) => self.record_gap(&mut state, gap).await,
                Step::Read(reading) => self.read(&mut state, reading, stop).await,
            };
            if let Err(error) = result {
                self.fail(&mut state, error, until, stop).await?;
            }
        }
        Ok(())
    }

    async fn load(&self) -> Result<StreamState, CollectError> {
        let schedule = &self.shared.schedule;
        let state = match self.shared.state.stream(&self.key)? {
            Some(state) => StreamState {
                frontiers: schedule.resume(state.frontiers),
                // A reading of another schedule is simply planned anew.
                reading: state.reading.filter(|reading| schedule.knows(&reading.reading)),
            },
            None => {
                let now = self.now();
                let start = match &self.shared.start {
                    Start::Now => now,
                    Start::Earliest => schedule.earliest(now),
                    Start::At(time) => *time,
                    Start::Before(duration) => now - millis(*duration),
                };
                let state =
                    StreamState { frontiers: schedule.begin(start.min(now)), reading: None };
                // Kept at once: a source that cannot be read at first must not begin
                // later for it.
                self.commit(&state, Vec::new(), now, None, Vec::new()).await?;
                state
            }
        };
        Ok(state)
    }

    /// The lesser of our clock and the service's: a clock that runs ahead must not
    /// close ranges the service is still writing.
    fn now(&self) -> i64 {
        let ours = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ours = i64::try_from(ours.as_millis()).unwrap_or(i64::MAX);
        // `Date` knows no milliseconds and was on its way for a while; only a clock
        // that is truly ahead is bounded.
        match self.shared.door.service_now() {
            Some(service) if ours > service + CLOCK_AHEAD_MS => service,
            _ => ours,
        }
    }

    async fn wait_until(&self, time: i64, stop: &mut watch::Receiver<bool>) {
        let wait = time.saturating_sub(self.now()).max(100);
        let wait = Duration::from_millis(u64::try_from(wait).unwrap_or(100));
        pause(wait, stop).await;
    }

    async fn record_gap(&self, state: &mut StreamState, gap: Range) -> Result<(), CollectError> {
        let frontiers = self.shared.schedule.advance(&state.frontiers, &Step::Gap(gap));
        let next = StreamState { frontiers, reading: None };
        let reason = "older than the source keeps events".to_owned();
        let entry = LedgerEntry::Gap { range: gap, reason };
        self.commit(&next, Vec::new(), gap.end, Some(entry), Vec::new()).await?;
        *state = next;
        Ok(())
    }

    /// Reads a range, from where an earlier attempt stopped, to its end or until
    /// told to stop.
    async fn read(
        &mut self,
        state: &mut StreamState,
        reading: Reading,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        let (cursor, mut counts) = match &state.reading {
            Some(under_way) => (under_way.cursor.clone(), under_way.counts),
            None => (None, Counts::default()),
        };
        let mut findings = Vec::new();
        let mut session = self.open(&reading, cursor.clone()).await?;
        let mut position = cursor;
        let mut saved = position.clone();
        let mut uncommitted = Counts::default();
        let mut last_commit = std::time::Instant::now();
        loop {
            let limits = BatchLimits {
                events: BATCH_EVENTS,
                bytes: BATCH_BYTES,
                soft_deadline_ms: BATCH_DEADLINE_MS,
            };
            let batch = match session.next(limits).await {
                Ok(batch) => batch,
                Err(error) => {
                    // What was passed over before the error need not be read again.
                    if position != saved {
                        counts.add(uncommitted);
                        let next = self.under_way(state, &reading, position, counts);
                        self.commit(&next, Vec::new(), reading.asked.end, None, Vec::new()).await?;
                        *state = next;
                        self.committed(uncommitted);
                    }
                    return Err(error.into());
                }
            };
            let finished = batch.progress == Progress::Finished;
            let source_total = batch.source_total;
            position = batch.cursor.clone();
            self.report(&batch, &mut findings);
            let fresh = self.dedupe(batch).await?;
            uncommitted.add(fresh.counts);
            let stopping = *stop.borrow();
            if fresh.events.is_empty()
                && !finished
                && !stopping
                && last_commit.elapsed() < QUIET_COMMIT
            {
                continue;
            }
            counts.add(uncommitted);
            let (next, entry) = if finished {
                let reading = self.lived(&reading);
                let step = Step::Read(reading.clone());
                let frontiers = self.shared.schedule.advance(&state.frontiers, &step);
                let findings = std::mem::take(&mut findings);
                let entry = LedgerEntry::Read { reading, counts, source_total, findings };
                (StreamState { frontiers, reading: None }, Some(entry))
            } else {
                (self.under_way(state, &reading, position.clone(), counts), None)
            };
            self.deliver_and_commit(fresh, &next, reading.asked.end, entry).await?;
            *state = next;
            self.committed(uncommitted);
            uncommitted = Counts::default();
            saved.clone_from(&position);
            last_commit = std::time::Instant::now();
            if finished {
                self.finished(&reading);
                return Ok(());
            }
            if stopping {
                return Ok(());
            }
        }
    }

    async fn open(
        &self,
        reading: &Reading,
        cursor: Option<Vec<u8>>,
    ) -> Result<SessionInstance, CollectError> {
        let shared = &self.shared;
        let request = SessionRequest {
            config: shared.settings.clone(),
            stream: self.key.stream.clone(),
            selection: Selection::Range(TimeRange {
                start: reading.asked.start,
                end: reading.asked.end,
            }),
            cursor,
            options: shared.options,
        };
        let door = shared.door.clone();
        let session = SessionInstance::open(
            &shared.sandbox,
            &shared.component,
            &shared.limits,
            door,
            &request,
        );
        Ok(session.await?)
    }

    fn under_way(
        &self,
        state: &StreamState,
        reading: &Reading,
        cursor: Option<Vec<u8>>,
        counts: Counts,
    ) -> StreamState {
        let under_way = ReadingState { reading: reading.clone(), cursor, counts };
        StreamState { frontiers: state.frontiers.clone(), reading: Some(under_way) }
    }

    /// A finished reading, without what the service has not lived yet because our
    /// clock ran ahead.
    fn lived(&self, reading: &Reading) -> Reading {
        let mut reading = reading.clone();
        let lived = self.shared.schedule.floor(self.now());
        reading.covers.end = reading.covers.end.min(lived).max(reading.covers.start);
        reading
    }

    async fn dedupe(&self, batch: Batch) -> Result<Fresh, CollectError> {
        let (shared, key) = (self.shared.clone(), self.key.clone());
        let fresh = tokio::task::spawn_blocking(move || {
            batch::fresh(batch, &shared.filter, &key, shared.state.as_ref())
        });
        Ok(fresh.await.map_err(|error| CollectError::Task(error.to_string()))??)
    }

    async fn deliver_and_commit(
        &self,
        fresh: Fresh,
        next: &StreamState,
        fetched_until: i64,
        entry: Option<LedgerEntry>,
    ) -> Result<(), CollectError> {
        let mut receipts = Vec::new();
        if !fresh.events.is_empty() {
            for sink in &self.shared.sinks {
                let lines =
                    batch::lines(&fresh.events, &self.shared.descriptor_name, sink.format());
                let receipt = sink.deliver(&lines).await.map_err(|source| {
                    telemetry::SinkFailed { sink: sink.id(), error: source.to_string() }.emit();
                    CollectError::Sink { sink: sink.id().to_owned(), source }
                })?;
                receipts.push(receipt);
            }
        }
        let ids = fresh.events.into_iter().map(|event| event.native_id).collect();
        self.commit(next, ids, fetched_until, entry, receipts).await
    }

    async fn commit(
        &self,
        next: &StreamState,
        delivered: Vec<String>,
        fetched_until: i64,
        ledger: Option<LedgerEntry>,
        receipts: Vec<Box<dyn Receipt>>,
    ) -> Result<(), CollectError> {
        let commit = Commit {
            key: self.key.clone(),
            state: next.clone(),
            delivered,
            fetched_until,
            forget_before: self.shared.schedule.forget_before(&next.frontiers),
            ledger,
            sinks: receipts.iter().filter_map(|receipt| receipt.mark()).collect(),
        };
        let state = self.shared.state.clone();
        let written = tokio::task::spawn_blocking(move || state.commit(&commit));
        written.await.map_err(|error| CollectError::Task(error.to_string()))??;
        for receipt in receipts {
            receipt.settle();
        }
        Ok(())
    }

    /// Logs what could not be read and what was found, each finding once a reading.
    fn report(&self, batch: &Batch, findings: &mut Vec<String>) {
        let source = &self.shared.source;
        for reject in &batch.rejects {
            let (reason, digest) = (&reject.reason, &reject.digest);
            telemetry::RecordRejected { source, reason, digest }.emit();
        }
        for finding in &batch.findings {
            let text = describe_finding(finding);
            if !findings.contains(&text) && findings.len() < MOST_FINDINGS {
                telemetry::SourceFinding { source, finding: &text }.emit();
                findings.push(text);
            }
        }
    }

    fn committed(&mut self, counts: Counts) {
        self.failures = 0;
        self.counts.add(counts);
        telemetry::BatchCommitted {
            source: &self.shared.source,
            stream: &self.key.stream,
            received: counts.received,
            emitted: counts.emitted,
            duplicate: counts.duplicate,
            filtered: counts.filtered,
            rejected: counts.rejected,
        }
        .emit();
    }

    fn finished(&self, reading: &Reading) {
        telemetry::ReadingFinished {
            source: &self.shared.source,
            stream: &self.key.stream,
            start: rfc3339(reading.covers.start),
            end: rfc3339(reading.covers.end),
        }
        .emit();
    }

    /// Waits as long as an error deserves, or gives up.
    async fn fail(
        &mut self,
        state: &mut StreamState,
        error: CollectError,
        until: Until,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), CollectError> {
        if let CollectError::Sandbox(SandboxError::Source(SourceError::CursorExpired(_))) = &error {
            // Read the range again from its start; what was delivered is known.
            state.reading = None;
        }
        self.failures += 1;
        let operator = needs_operator(&error);
        // A state that failed once stays failed until it is opened again: end, so that
        // whoever watches the process starts it anew.
        if matches!(error, CollectError::State(_) | CollectError::Task(_)) {
            return Err(error);
        }
        if until == Until::Done && (operator || self.failures >= ATTEMPTS) {
            return Err(error);
        }
        let retry_in = pause_after(&error, self.failures);
        telemetry::ReadingFailed {
            source: &self.shared.source,
            stream: &self.key.stream,
            error: error.to_string(),
            retry_in,
        }
        .emit();
        pause(retry_in, stop).await;
        Ok(())
    }
}

/// How far our clock may be ahead of the service's before it is bounded.
const CLOCK_AHEAD_MS: i64 = 5_000;

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}

fn rfc3339(time_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(time_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
