//! Brings batches to a server.
//!
//! The rule for refused events. A batch that is refused is halved until single
//! events are. Such an event goes to the dead letters only if the server has proved
//! that it takes events as they are sent to it:
//!
//! * by accepting a sibling, another event of the same batch; or
//! * where there is no sibling, because the event came alone: by accepting any event
//!   since the sink's last refusal. One acceptance lets at most one lone event go,
//!   so that a server that turns against every event cannot empty a stream.
//!
//! Without that proof the sink is refusing: nothing is put aside, the batch stays
//! with its source and comes again, by then perhaps with a sibling.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::answer::Answer;
use super::backoff::Backoff;
use super::client::{NoAnswer, RemoteClient};
use super::config::RemoteConfig;
use super::delivery::{Delivery, Fate};
use super::split::{batch_id, halve_in_order, split};
use super::unconfirmed::Channels;
use super::{AnswerKind, Asked, Protocol, REQUESTS_IN_FLIGHT, shown};
use crate::sinks::deadletter::{DeadLetter, DeadLetterKind, DeadLetters};
use crate::sinks::remote::unacknowledged_ids::{By, Key, Taken, UnacknowledgedIds, key};
use crate::sinks::{Health, Line, Receipt, SinkError};
use crate::telemetry::{self, SinkTelemetry};

/// The same for the same events in the same order, whatever happens between.
const BATCH_ID: &str = "signon-batch-id";

/// Refusals after which a sink that refused every event of its last batch, too, is
/// believed: a server is not to be asked two thousand times every few minutes. The
/// halves are tried in random order, so that an event it likes is found in time.
const REFUSALS_BELIEVED: u32 = 32;

/// Brings batches to a server.
#[derive(Debug)]
pub struct HttpDelivery<P> {
    telemetry: SinkTelemetry,
    protocol: P,
    client: RemoteClient,
    letters: DeadLetters,
    memory: UnacknowledgedIds,
    requests: Semaphore,
    /// Apart from the requests, so that a server which is slow to tell holds up none.
    questions: Semaphore,
    channels: Channels,
    /// No request goes out before.
    not_before: Mutex<Option<Instant>>,
    /// Most bytes in a request, as the server taught.
    limit: AtomicUsize,
    /// Whether an event was accepted since the last refusal.
    is_proved: AtomicBool,
    /// Whether every event of the last refused batch was.
    is_refusing: AtomicBool,
    health: Health,
}

impl<P: Protocol> HttpDelivery<P> {
    pub fn new(
        sink: impl Into<SinkTelemetry>,
        protocol: P,
        remote: &RemoteConfig,
        data_dir: &Path,
    ) -> Result<Self, SinkError> {
        let telemetry = sink.into();
        let letters = DeadLetters::of(data_dir, telemetry.id());
        Ok(Self {
            telemetry,
            protocol,
            client: RemoteClient::new(remote.clone())?,
            letters,
            memory: UnacknowledgedIds::default(),
            requests: Semaphore::new(REQUESTS_IN_FLIGHT),
            questions: Semaphore::new(REQUESTS_IN_FLIGHT),
            channels: Channels::default(),
            not_before: Mutex::new(None),
            limit: AtomicUsize::new(remote.batch_bytes),
            is_proved: AtomicBool::new(false),
            is_refusing: AtomicBool::new(false),
            health: Health::default(),
        })
    }

    pub fn id(&self) -> &str {
        self.telemetry.id()
    }

    pub fn health(&self) -> &Health {
        &self.health
    }

    pub async fn probe(&self) -> Result<(), SinkError> {
        self.protocol.probe(&self.client).await
    }

    /// Takes a batch.
    pub async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        let mut taken = Taken::new(&self.memory);
        let (mut fresh, mut keys, mut is_proved) = (Vec::new(), Vec::new(), false);
        for line in lines {
            let key = key(line);
            if let Some(by) = self.memory.of(&key) {
                is_proved |= by == By::Server;
                taken.add([key], by);
            } else {
                keys.push(key);
                fresh.push(line);
            }
        }
        let mut delivery = Delivery::new(fresh, keys, taken, &self.channels);
        delivery.is_proved = is_proved;
        self.send_all(&mut delivery).await?;
        self.bury(&mut delivery).await?;
        let taken_before = lines.len() - delivery.lines.len();
        if taken_before > 0 {
            telemetry::EventsTakenBefore { events: taken_before }.emit(&self.telemetry);
        }
        delivery.unconfirmed.finish();
        Ok(Box::new(delivery.taken))
    }

    /// Sends events that were refused before; what is refused now is only told.
    pub async fn resend(&self, lines: &[Line]) -> Result<Vec<Fate>, SinkError> {
        let keys = lines.iter().map(key).collect();
        let memory = UnacknowledgedIds::default();
        let taken = Taken::new(&memory);
        let mut delivery = Delivery::new(lines.iter().collect(), keys, taken, &self.channels);
        match self.send_all(&mut delivery).await {
            // What was accepted before must not be sent a third time.
            Err(error) if !delivery.is_proved => Err(error),
            _ => Ok(delivery.fates),
        }
    }

    /// Sends what is to be sent, as far as it need not wait for what is not safe yet.
    pub(super) async fn send(
        &self,
        delivery: &mut Delivery<'_>,
        work: &mut Vec<Range<usize>>,
    ) -> Result<(), SinkError> {
        while !delivery.unconfirmed.is_full() {
            let Some(range) = work.pop() else { break };
            let (range, rest) = self.fit(delivery, range);
            if !rest.is_empty() {
                work.push(rest);
            }
            if range.is_empty() {
                continue;
            }
            let body = self.protocol.encode(&delivery.lines[range.clone()]);
            let bytes = body.len();
            let (verdict, answer) = self.post(delivery, range.clone(), body).await?;
            match verdict.of(range.len()) {
                AnswerKind::Accepted => self.accept(delivery, range),
                AnswerKind::Pending { number } => delivery.unconfirmed.took(number, range),
                AnswerKind::AcceptedInPart { rejected, reason } => {
                    let lines = &delivery.lines[range.clone()];
                    self.keep_copy(lines, rejected, answer.status.as_u16(), reason).await?;
                    delivery.accept(range);
                }
                AnswerKind::TooLarge if range.len() > 1 => {
                    self.learn(bytes);
                    halve_in_order(range, work);
                }
                AnswerKind::Refused { culprit } if range.len() > 1 => {
                    self.weigh(delivery, &answer)?;
                    split(range, culprit, work);
                }
                AnswerKind::TooLarge | AnswerKind::Refused { .. } => {
                    delivery.fates[range.start] =
                        Fate::Refused(answer.status.as_u16(), answer.shown.clone());
                    self.weigh(delivery, &answer)?;
                }
                AnswerKind::Denied { fix } => return Err(self.denied(&answer, fix)),
                AnswerKind::Later | AnswerKind::Down => {
                    return Err(self.unavailable(answer.shown, Duration::ZERO));
                }
            }
        }
        Ok(())
    }

    pub(super) fn accept(&self, delivery: &mut Delivery<'_>, range: Range<usize>) {
        self.health.succeeded();
        self.is_proved.store(true, Ordering::Relaxed);
        self.is_refusing.store(false, Ordering::Relaxed);
        delivery.accept(range);
    }

    /// As much of a range as may go into one request, at least one event.
    fn fit(&self, delivery: &Delivery<'_>, range: Range<usize>) -> (Range<usize>, Range<usize>) {
        let limit = self.limit.load(Ordering::Relaxed);
        let mut bytes = 0;
        let mut end = range.start;
        while end < range.end && end - range.start < self.client.remote().batch_events {
            let line = delivery.lines[end];
            bytes += line.text.len() + self.protocol.overhead(line);
            if bytes > limit && end > range.start {
                break;
            }
            end += 1;
        }
        (range.start..end, end..range.end)
    }

    fn learn(&self, bytes: usize) {
        let limit = self.limit.load(Ordering::Relaxed).min(bytes / 2).max(1);
        self.limit.store(limit, Ordering::Relaxed);
        telemetry::SinkBatchTooLarge { bytes, limit }.emit(&self.telemetry);
    }

    /// Counts a refusal; enough of them are believed.
    fn weigh(&self, delivery: &mut Delivery<'_>, answer: &Answer) -> Result<(), SinkError> {
        delivery.refusals += 1;
        delivery.answer.clone_from(&answer.shown);
        let is_believed = self.is_refusing.load(Ordering::Relaxed)
            && delivery.refusals > REFUSALS_BELIEVED
            && !delivery.is_proved;
        if is_believed { Err(self.refusing(delivery)) } else { Ok(()) }
    }

    fn refusing(&self, delivery: &Delivery<'_>) -> SinkError {
        self.is_refusing.store(true, Ordering::Relaxed);
        self.is_proved.store(false, Ordering::Relaxed);
        SinkError::Refusing { uri: shown(self.protocol.uri()), answer: delivery.answer.clone() }
    }

    /// Puts refused events to the dead letters, if the rule above allows it.
    async fn bury(&self, delivery: &mut Delivery<'_>) -> Result<(), SinkError> {
        let refused: Vec<(usize, u16, String)> = delivery
            .fates
            .iter()
            .enumerate()
            .filter_map(|(index, fate)| match fate {
                Fate::Refused(status, reason) => Some((index, *status, reason.clone())),
                _ => None,
            })
            .collect();
        let Some((_, _, reason)) = refused.last().cloned() else { return Ok(()) };
        let is_alone = delivery.lines.len() == 1;
        let is_proved =
            delivery.is_proved || (is_alone && self.is_proved.swap(false, Ordering::Relaxed));
        if !is_proved {
            return Err(self.refusing(delivery));
        }
        let letters = refused.iter().map(|(index, status, reason)| {
            let line = delivery.lines[*index];
            DeadLetter::new(self.id(), DeadLetterKind::Refused, line, *status, reason)
        });
        self.append(letters.collect()).await?;
        let keys: Vec<Key> = refused.iter().map(|(index, ..)| delivery.keys[*index]).collect();
        delivery.taken.add(keys, By::DeadLetters);
        let path = self.letters.path();
        let events = refused.len() as u64;
        telemetry::EventsDeadLettered { events, reason: &reason, path }.emit(&self.telemetry);
        Ok(())
    }

    /// Keeps a copy of a batch of which some events, nobody knows which, are lost.
    async fn keep_copy(
        &self,
        lines: &[&Line],
        rejected: u64,
        status: u16,
        reason: String,
    ) -> Result<(), SinkError> {
        telemetry::SinkTookPart { rejected, reason: &reason }.emit(&self.telemetry);
        let reason = format!("{rejected} of {} rejected: {reason}", lines.len());
        let kind = DeadLetterKind::Partial;
        let letter = |line: &&Line| DeadLetter::new(self.id(), kind, line, status, &reason);
        self.append(lines.iter().map(letter).collect()).await
    }

    async fn append(&self, letters: Vec<DeadLetter>) -> Result<(), SinkError> {
        let file = self.letters.clone();
        let appended = tokio::task::spawn_blocking(move || file.append(&letters));
        appended.await.unwrap_or_else(|error| {
            let path = self.letters.path().to_owned();
            Err(SinkError::DeadLetters { path, source: std::io::Error::other(error) })
        })
    }

    /// Posts one body until there is an answer that decides.
    async fn post(
        &self,
        delivery: &mut Delivery<'_>,
        range: Range<usize>,
        body: Vec<u8>,
    ) -> Result<(AnswerKind, Answer), SinkError> {
        let lines = &delivery.lines[range];
        let mut headers = self.protocol.headers();
        headers.extend(self.protocol.headers_of(lines));
        headers.insert(BATCH_ID, batch_id(lines));
        let body = self.client.pack(body);
        let mut backoff = Backoff::new();
        let mut failing_since = None;
        loop {
            self.wait().await;
            if let Some(name) = self.protocol.channel() {
                headers.insert(name, delivery.unconfirmed.channel().clone());
            }
            let answered = {
                // Never closed.
                let _permit = self.requests.acquire().await;
                let uri = self.protocol.uri();
                match self.client.post(uri, headers.clone(), body.clone()).await? {
                    Ok(answer) => {
                        let verdict = self.protocol.judge(&self.client, &answer).await?;
                        Ok((verdict, answer))
                    }
                    Err(no_answer) => Err(no_answer),
                }
            };
            let (problem, asked) = match answered {
                Ok((AnswerKind::Later, answer)) => (answer.shown, answer.retry_after),
                Ok(decided) => return Ok(decided),
                Err(NoAnswer(problem)) => (problem, None),
            };
            delivery.unconfirmed.doubt(&problem);
            self.health.stumbled();
            let is_first = failing_since.is_none();
            let since = *failing_since.get_or_insert_with(Instant::now);
            let retry_in = backoff.next(asked);
            if asked.is_some() {
                self.not_before(Instant::now() + retry_in);
            }
            let tried = since.elapsed();
            if tried + retry_in > self.client.remote().retry_for {
                return Err(self.unavailable(problem, tried));
            }
            telemetry::SinkRetried { problem: &problem, retry_in, is_first }.emit(&self.telemetry);
            tokio::time::sleep(retry_in).await;
        }
    }

    /// Asks once what is safe.
    pub(super) async fn ask(
        &self,
        channel: &HeaderValue,
        numbers: &[u64],
    ) -> Result<Asked, SinkError> {
        // Never closed.
        let _permit = self.questions.acquire().await;
        self.protocol.ask(&self.client, channel, numbers).await
    }

    pub(super) fn protocol(&self) -> &P {
        &self.protocol
    }

    pub(super) fn retry_for(&self) -> Duration {
        self.client.remote().retry_for
    }

    pub(super) fn told_void(&self, problem: &str, retry_in: Duration) {
        telemetry::SinkRetried { problem, retry_in, is_first: true }.emit(&self.telemetry);
    }

    fn not_before(&self, time: Instant) {
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *not_before = Some(not_before.map_or(time, |before| before.max(time)));
    }

    /// As long as the server asked to be left alone, whichever batch was told.
    async fn wait(&self) {
        let until = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
    }

    fn denied(&self, answer: &Answer, fix: &str) -> SinkError {
        let uri = shown(self.protocol.uri());
        SinkError::Denied { uri, answer: answer.shown.clone(), fix: fix.to_owned() }
    }

    pub(super) fn unavailable(&self, problem: String, tried: Duration) -> SinkError {
        SinkError::Unavailable { uri: shown(self.protocol.uri()), problem, tried }
    }
}
