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
    /// Done or told to stop.
    Ended,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 7] = [
        Self::Starting,
        Self::Reading,
        Self::Waiting,
        Self::Failing,
        Self::Paused,
        Self::Blocked,
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
            Self::Ended => "ended",
        }
    }

    /// Whether events are not coming as they should.
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Failing | Self::Paused | Self::Blocked)
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
}

#[derive(Debug, Default)]
struct Inner {
    streams: BTreeMap<StreamKey, Status>,
    not_started: BTreeMap<String, String>,
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
    pub fn not_started(&self, source: &str, error: &str) {
        self.inner().not_started.insert(source.to_owned(), error.to_owned());
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
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
        inner.not_started.iter().map(|(id, error)| (id.clone(), error.clone())).collect()
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
