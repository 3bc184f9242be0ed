//! A scripted source: a service with records, a clock, and everything that goes
//! wrong with services.
//!
//! Invariant: what it shows follows from its script alone, so that a test knows the
//! truth without asking the code under test.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, watch};

use crate::contract::{
    Batch, BatchCounts, BatchLimits, Progress, SignOnEvent, SourceError, Throttle,
};
use crate::egress::ServiceClock;
use crate::ledger;
use crate::planner::Range;
use crate::read::Clock;
use crate::read::{Session, SessionFactory};
use crate::runtime::SandboxError;

/// Calls of a run after which it certainly turns in circles.
const MOST_CALLS: u64 = 60_000;

/// A record of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// By which it is found.
    pub at: i64,
    /// From when on the service shows it.
    pub shown_from: i64,
}

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing does.
    None,
    Unavailable,
    Throttled,
    Malformed,
    Unauthorized,
    CursorExpired,
    /// Half a page, then an error.
    CutInMidPage,
}

/// How a listing leads on from one page to the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paging {
    /// To its end.
    #[default]
    Honest,
    /// From a page to another one and back.
    Circle,
    /// Ever on, with the same record each time.
    Same,
    /// Ever on, with nothing.
    Empty,
    /// Ever on, with a record that is new each time.
    New,
}

/// What the service is and does.
#[derive(Debug, Default)]
pub struct Script {
    /// The service's time, which is the true one.
    pub now: i64,
    /// How far the collector's clock is ahead.
    pub skew: i64,
    /// Time that passed.
    pub passed: i64,
    /// What the service's `Date`s have told since the collector started.
    pub told: ServiceClock,
    /// How far off the truth the next `Date`s are; the last of them stays.
    pub dates: VecDeque<i64>,
    /// How the listing leads on.
    pub paging: Paging,
    /// The newest of all `Date`s, less the time that had passed by then.
    pub newest_date: i64,
    /// When each record was delivered first.
    pub delivered_at: BTreeMap<String, i64>,
    pub records: BTreeMap<String, Record>,
    pub faults: VecDeque<Fault>,
    pub down_until: i64,
    /// Ranges with something that nobody can read.
    pub poison: Vec<Range>,
    /// How long records are kept.
    pub retention: i64,
    pub page: usize,
    /// Bounds count as inside.
    pub inclusive: bool,
    /// Every third record is shown twice.
    pub doubles: bool,
    /// Totals are told, and are too high.
    pub lies: bool,
    /// Time that a call takes, in milliseconds.
    pub latency: i64,
    /// Calls of this run.
    pub calls: u64,
    /// The call at which the process dies.
    pub die_at: Option<u64>,
    /// When to tell it to stop.
    pub until: Option<(i64, watch::Sender<bool>)>,
    /// Deliveries that the sink refuses.
    pub refusals: u32,
    /// Commits until the state fails, and whether the last of them is written.
    pub state_fails: Option<(u32, bool)>,
    pub committed: BTreeMap<String, i64>,
    /// Whatever was handed to the sink.
    pub handed: BTreeSet<String>,
    pub heads: Vec<String>,
}

/// The service, the clocks and the hand that kills. Cheap to clone.
#[derive(Clone, Default)]
pub struct Model {
    script: Arc<Mutex<Script>>,
    pub dead: Arc<Notify>,
}

impl Model {
    pub fn new(script: Script) -> Self {
        Self { script: Arc::new(Mutex::new(script)), dead: Arc::default() }
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place where the process may die: then nothing behind it ever happens.
    pub async fn place(&self) {
        let dies = {
            let mut script = self.script();
            script.calls += 1;
            assert!(script.calls < MOST_CALLS, "it turns in circles");
            script.die_at == Some(script.calls)
        };
        if dies {
            self.dead.notify_one();
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
    }

    /// Lets time pass.
    pub fn pass(&self, milliseconds: i64) {
        let mut script = self.script();
        script.now += milliseconds;
        script.passed += milliseconds;
        if let Some((until, stop)) = &script.until
            && script.now >= *until
        {
            stop.send_replace(true);
        }
    }

    /// A call of the service.
    async fn call(&self, asked: Range) -> Result<Fault, SandboxError> {
        self.place().await;
        let latency = self.script().latency;
        self.pass(latency);
        let mut script = self.script();
        if script.now < script.down_until {
            return Err(source(SourceError::Unavailable("connection refused".into())));
        }
        let fault = script.faults.pop_front().unwrap_or(Fault::None);
        if fault != Fault::Unavailable {
            let off = match script.dates.len() {
                0 => 0,
                1 => script.dates[0],
                _ => script.dates.pop_front().unwrap_or_default(),
            };
            let (date, passed) = (script.now.saturating_add(off), script.passed);
            script.told.note(date, passed);
            script.newest_date = script.newest_date.max(date.saturating_sub(passed));
        }
        let poisoned =
            script.poison.iter().any(|bad| bad.start < asked.end && asked.start < bad.end);
        let throttle = Throttle { message: "slow down".into(), retry_after_ms: Some(7_000) };
        Err(source(match fault {
            Fault::Unavailable => SourceError::Unavailable("503".into()),
            Fault::Throttled => SourceError::Throttled(throttle),
            Fault::Unauthorized => SourceError::Unauthorized("401".into()),
            Fault::CursorExpired => SourceError::CursorExpired("expired".into()),
            Fault::Malformed => SourceError::Malformed("odd page".into()),
            _ if poisoned => SourceError::Malformed("a record that nobody can read".into()),
            Fault::None | Fault::CutInMidPage => return Ok(fault),
        }))
    }
}

fn source(error: SourceError) -> SandboxError {
    SandboxError::Source(error)
}

#[async_trait]
impl Clock for Model {
    fn now(&self) -> i64 {
        let script = self.script();
        script.now + script.skew
    }

    fn passing(&self) -> Duration {
        Duration::from_millis(self.script().passed.unsigned_abs())
    }

    async fn sleep(&self, pause: Duration) {
        self.place().await;
        self.pass(i64::try_from(pause.as_millis()).unwrap().max(1));
        tokio::task::yield_now().await;
    }
}

#[async_trait]
impl SessionFactory for Model {
    async fn open(
        &self,
        _stream: &str,
        range: Range,
        cursor: Option<Vec<u8>>,
    ) -> Result<Box<dyn Session>, SandboxError> {
        let behind = cursor.map(|text| String::from_utf8(text).unwrap().parse().unwrap());
        Ok(Box::new(Pages { model: self.clone(), range, behind, cut: false, requests: 0 }))
    }

    fn service_now(&self) -> Option<i64> {
        let script = self.script();
        script.told.now(script.passed)
    }
}

/// A listing. Its order is another one for every range, and a record that appears
/// before the place reached is not shown, as with services that page by offset.
struct Pages {
    model: Model,
    range: Range,
    behind: Option<u64>,
    cut: bool,
    requests: u64,
}

/// An order that has nothing to do with times.
fn order(id: &str, range: Range) -> u64 {
    let mut hash = u64::try_from(range.start).unwrap() ^ 0xcbf2_9ce4_8422_2325;
    for byte in id.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash >> 1
}

#[async_trait]
impl Session for Pages {
    async fn next(&mut self, _limits: BatchLimits) -> Result<Batch, SandboxError> {
        if std::mem::take(&mut self.cut) {
            return Err(source(SourceError::Unavailable("cut off".into())));
        }
        self.requests += 1;
        let fault = self.model.call(self.range).await?;
        let paging = self.model.script().paging;
        if paging != Paging::Honest {
            return Ok(self.endless(paging));
        }
        let script = self.model.script();
        let shown = |record: &Record| {
            let inside = self.range.start <= record.at && record.at < self.range.end
                || script.inclusive && record.at == self.range.end;
            inside && record.shown_from <= script.now && record.at >= script.now - script.retention
        };
        let mut listing: Vec<(u64, &String, &Record)> = script
            .records
            .iter()
            .filter(|(_, record)| shown(record))
            .map(|(id, record)| (order(id, self.range), id, record))
            .collect();
        let total = listing.len() as u64;
        listing.retain(|(key, ..)| self.behind.is_none_or(|behind| *key > behind));
        listing.sort_unstable_by_key(|(key, ..)| *key);
        let rest = listing.len();
        let take = match fault {
            Fault::CutInMidPage => script.page.div_ceil(2),
            _ => script.page,
        };
        listing.truncate(take);
        let mut events = Vec::new();
        for (key, id, record) in &listing {
            events.push(event(id, record));
            if script.doubles && key % 3 == 0 {
                events.push(event(id, record));
            }
        }
        self.behind = listing.last().map(|(key, ..)| *key).or(self.behind);
        self.cut = fault == Fault::CutInMidPage;
        let finished = rest <= take && !self.cut;
        let counts = BatchCounts { received: events.len() as u64 + 1, filtered: 1, rejected: 0 };
        Ok(Batch {
            events,
            cursor: self.behind.map(|behind| behind.to_string().into_bytes()),
            progress: if finished { Progress::Finished } else { Progress::More },
            counts,
            rejects: Vec::new(),
            source_total: script.lies.then_some(total + 9),
            earliest_available: None,
            findings: Vec::new(),
        })
    }

    fn requests(&self) -> u64 {
        self.requests
    }
}

impl Pages {
    /// A page of a listing that has no end.
    fn endless(&self, paging: Paging) -> Batch {
        let at = self.range.start;
        let (place, id) = match paging {
            Paging::Circle => (self.requests % 2, Some("same".to_owned())),
            Paging::Empty => (self.requests, None),
            Paging::New => (
                self.requests,
                Some(format!("new{}-{}", self.range.start, self.model.script().calls)),
            ),
            Paging::Honest | Paging::Same => (self.requests, Some("same".to_owned())),
        };
        if let Some(id) = &id {
            let record = Record { at, shown_from: 0 };
            self.model.script().records.entry(id.clone()).or_insert(record);
        }
        let events: Vec<_> = id.iter().map(|id| event(id, &Record { at, shown_from: 0 })).collect();
        let received = events.len() as u64;
        Batch {
            events,
            cursor: Some(place.to_string().into_bytes()),
            progress: Progress::More,
            counts: BatchCounts { received, filtered: 0, rejected: 0 },
            rejects: Vec::new(),
            source_total: None,
            earliest_available: None,
            findings: Vec::new(),
        }
    }
}

/// What a record says of its own time, where that has nothing to do with the truth.
fn told(id: &str) -> Option<i64> {
    match id.split('-').next()? {
        "future" => Some(i64::MAX),
        "past" => Some(i64::MIN),
        _ => None,
    }
}

fn event(id: &str, record: &Record) -> SignOnEvent {
    let range = Range { start: 0, end: 0 };
    SignOnEvent {
        native_id: id.to_owned(),
        time: told(id).unwrap_or(record.at - 1_000),
        logged: Some(told(id).unwrap_or(record.at)),
        ..ledger::head("s", "x", ledger::genesis("s"), range)
    }
}
