//! Where every stream stands, for whoever asks: metrics, health, and sources that
//! wait for one another.
//!
//! Invariant: the registry is written to and never asked by the loop that loses nothing,
//! but for one question: how far a preferred source has read.

pub mod exposition;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;

use crate::config::Hidden;
use crate::shown;
use crate::state::{Counts, StreamKey};

/// What a stream is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not read yet.
    Starting,
    /// Reading a range.
    Reading,
    /// Nothing is due.
    Waiting,
    /// Failed, and tried again soon.
    Failing,
    /// Failed in a way that somebody has to mend; tried again ever more rarely.
    Paused,
    /// A sink does not take its events.
    Blocked,
    /// It has waited for its turn to be read for too long.
    Starved,
    /// Done or told to stop.
    Ended,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 8] = [
        Self::Starting,
        Self::Reading,
        Self::Waiting,
        Self::Failing,
        Self::Paused,
        Self::Blocked,
        Self::Starved,
        Self::Ended,
    ];

    /// The name in metrics and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Reading => "reading",
            Self::Waiting => "waiting",
            Self::Failing => "failing",
            Self::Paused => "paused",
            Self::Blocked => "blocked",
            Self::Starved => "starved",
            Self::Ended => "ended",
        }
    }

    /// Whether events are not coming as they should.
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Failing | Self::Paused | Self::Blocked | Self::Starved)
    }
}

/// A stream as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whose events these are.
    pub tenant: String,
    /// What it is doing.
    pub phase: Phase,
    /// Read up to here at the live edge, Unix milliseconds.
    pub read_until_ms: Option<i64>,
    /// Read for the last time up to here, Unix milliseconds.
    pub closed_until_ms: Option<i64>,
    /// Time of the newest event, Unix milliseconds.
    pub newest_event_ms: Option<i64>,
    /// Silent against its own history for that long, milliseconds.
    pub silent_for_ms: Option<i64>,
    /// How far our clock is ahead of the service's, milliseconds, where that is too far.
    pub clock_ahead_ms: Option<i64>,
    /// What is wrong with the clocks.
    pub clock: Option<String>,
    /// Why the last reading proves nothing, if it does not.
    pub doubt: Option<String>,
    /// The last error, until something works again.
    pub error: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    /// Counted since the process started.
    pub counts: Counts,
    /// When it last read on, or began.
    #[serde(skip)]
    pub moved: Instant,
}

impl Status {
    fn new(tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            phase: Phase::Starting,
            read_until_ms: None,
            closed_until_ms: None,
            newest_event_ms: None,
            silent_for_ms: None,
            clock_ahead_ms: None,
            clock: None,
            doubt: None,
            error: None,
            failures: 0,
            counts: Counts::default(),
            moved: Instant::now(),
        }
    }

    /// Whether it waits for an operator or a sink, or its clock is off. One that is tried
    /// again soon is well.
    pub fn is_unwell(&self) -> bool {
        matches!(self.phase, Phase::Paused | Phase::Blocked | Phase::Starved)
            || self.clock.is_some()
    }
}

/// A source as it stands: the worst of its streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// Source id.
    pub source: String,
    /// Whose events these are.
    pub tenant: String,
    /// Whether it started and none of its streams is unwell.
    pub is_up: bool,
    /// All its streams were read up to here, Unix milliseconds.
    pub read_until_ms: Option<i64>,
    /// Silent against its own history for that long, milliseconds.
    pub silent_for_ms: Option<i64>,
    /// How far our clock is ahead of the service's, milliseconds, where that is too far.
    pub clock_ahead_ms: Option<i64>,
    /// Whether the last reading proves nothing.
    pub is_unproven: bool,
}

impl SourceStatus {
    fn of(source: &str, status: &Status) -> Self {
        Self {
            source: source.to_owned(),
            tenant: status.tenant.clone(),
            is_up: !status.is_unwell(),
            read_until_ms: status.read_until_ms,
            silent_for_ms: status.silent_for_ms,
            clock_ahead_ms: status.clock_ahead_ms,
            is_unproven: status.doubt.is_some(),
        }
    }

    /// With another of its streams.
    fn join(&mut self, status: &Status) {
        let other = Self::of("", status);
        self.is_up &= other.is_up;
        // What one has not read at all is not known for the source either.
        self.read_until_ms = self.read_until_ms.min(other.read_until_ms);
        self.silent_for_ms = self.silent_for_ms.max(other.silent_for_ms);
        let apart = |ahead: &Option<i64>| ahead.map(i64::unsigned_abs);
        self.clock_ahead_ms =
            [self.clock_ahead_ms, other.clock_ahead_ms].into_iter().max_by_key(apart).flatten();
        self.is_unproven |= other.is_unproven;
    }
}

/// What metrics tell of all of it.
#[derive(Debug, Default)]
pub struct Overview {
    /// Every source that started or failed to, by id.
    pub sources: Vec<SourceStatus>,
    /// How many streams are in each phase, in the order of [`Phase::ALL`].
    pub phases: [u64; Phase::ALL.len()],
    /// How many sources could not start.
    pub not_started: usize,
    /// Each stream, if that is asked for.
    pub streams: Vec<(StreamKey, Status)>,
    /// What is not to be shown.
    pub hidden: Hidden,
}

/// A source that could not start.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NotStarted {
    tenant: String,
    error: String,
}

#[derive(Debug, Default)]
struct Inner {
    streams: BTreeMap<StreamKey, Status>,
    not_started: BTreeMap<String, NotStarted>,
    /// Since when and why the state cannot be written.
    state_away: Option<(Instant, String)>,
    /// Whether metrics tell of each stream.
    tells_streams: bool,
    /// What variables put into the configuration, now and before.
    hidden: Hidden,
}

/// Where every stream of a process stands.
#[derive(Debug)]
pub struct StatusRegistry {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

impl Default for StatusRegistry {
    fn default() -> Self {
        Self { inner: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl StatusRegistry {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // What is told here is told again; a half-told status harms nobody.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hides the values of a configuration's variables from whoever is shown a status.
    pub fn hide(&self, hidden: &Hidden) {
        self.inner().hidden.extend(hidden);
    }

    /// A text without the values of variables.
    pub fn shown(&self, text: &str) -> String {
        let hidden = self.inner().hidden.clone();
        hidden.shown(text).into_owned()
    }

    /// A text as it may stand in a metric.
    pub fn label(&self, text: &str) -> String {
        shown::line(&self.shown(text)).into_owned()
    }

    /// Whether metrics are to tell of each stream: there may be many.
    pub fn tell_streams(&self, do_so: bool) {
        self.inner().tells_streams = do_so;
    }

    /// Adds a stream.
    pub fn enter(&self, key: &StreamKey, tenant: &str) {
        let mut inner = self.inner();
        inner.not_started.remove(&key.source);
        inner.streams.insert(key.clone(), Status::new(tenant));
    }

    /// Changes the status of a stream.
    pub fn tell(&self, key: &StreamKey, change: impl FnOnce(&mut Status)) {
        if let Some(status) = self.inner().streams.get_mut(key) {
            let before = status.clone();
            change(status);
            if *status == before {
                // Those who wait for one another must not wake each other for nothing.
                return;
            }
            if status.read_until_ms != before.read_until_ms {
                status.moved = Instant::now();
            }
        }
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
    }

    /// A source that could not start.
    pub fn not_started(&self, source: &str, tenant: &str, error: &str) {
        let failed = NotStarted { tenant: tenant.to_owned(), error: error.to_owned() };
        self.inner().not_started.insert(source.to_owned(), failed);
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
    }

    /// Whether the state can be written; since when not, and why.
    pub fn tell_state(&self, away: Option<(Instant, String)>) {
        self.inner().state_away = away;
    }

    /// Why the state cannot be written, if it cannot.
    pub fn state_away(&self) -> Option<String> {
        let (since, error) = self.inner().state_away.clone()?;
        Some(format!("the state cannot be written since {} s: {error}", since.elapsed().as_secs()))
    }

    /// Takes everything about a source out of the registry.
    pub fn leave(&self, source: &str) {
        let mut inner = self.inner();
        inner.streams.retain(|key, _| key.source != source);
        inner.not_started.remove(source);
    }

    /// Every stream.
    pub fn streams(&self) -> Vec<(StreamKey, Status)> {
        let inner = self.inner();
        inner.streams.iter().map(|(key, status)| (key.clone(), status.clone())).collect()
    }

    /// Every source that could not start, with its error.
    pub fn sources_not_started(&self) -> Vec<(String, String)> {
        let inner = self.inner();
        inner.not_started.iter().map(|(id, failed)| (id.clone(), failed.error.clone())).collect()
    }

    /// What metrics tell of all of it. Those who change a status wait meanwhile, so it is
    /// one look at each and nothing more.
    pub fn overview(&self) -> Overview {
        let inner = self.inner();
        let mut overview = Overview {
            not_started: inner.not_started.len(),
            hidden: inner.hidden.clone(),
            ..Overview::default()
        };
        for (key, status) in &inner.streams {
            overview.phases[status.phase as usize] += 1;
            match overview.sources.last_mut().filter(|last| last.source == key.source) {
                Some(source) => source.join(status),
                None => overview.sources.push(SourceStatus::of(&key.source, status)),
            }
        }
        overview.sources.extend(inner.not_started.iter().map(|(source, failed)| SourceStatus {
            source: source.clone(),
            tenant: failed.tenant.clone(),
            is_up: false,
            read_until_ms: None,
            silent_for_ms: None,
            clock_ahead_ms: None,
            is_unproven: false,
        }));
        if inner.tells_streams {
            overview.streams.extend(inner.streams.iter().map(|(k, s)| (k.clone(), s.clone())));
        }
        overview
    }

    /// Up to where all streams of a source have read at the live edge; `None` when
    /// it does not read (any more), or has stood still for `patience`, so that waiting
    /// for it makes no sense.
    pub fn read_until(&self, source: &str, patience: Duration) -> Option<i64> {
        let inner = self.inner();
        let mut until = None;
        for (_, status) in inner.streams.iter().filter(|(key, _)| key.source == source) {
            if status.phase == Phase::Ended || status.moved.elapsed() > patience {
                continue;
            }
            // Nothing was read before the epoch.
            let read = status.read_until_ms.unwrap_or(0);
            until = Some(until.map_or(read, |until: i64| until.min(read)));
        }
        until
    }

    /// Changes whenever any status does.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}
