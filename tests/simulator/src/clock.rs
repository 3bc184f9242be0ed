//! The simulator's time.
//!
//! The invariant: everything that depends on time (the `Date` header, the
//! check of a signature's date, which records are visible) asks this clock
//! once, so that a shifted clock is shifted everywhere at once.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[derive(Debug)]
pub(crate) struct Clock {
    start: i64,
    started: Instant,
    skew: i64,
    /// Milliseconds that passed at once.
    passed: AtomicI64,
}

impl Clock {
    /// A clock that shows `start` (or the system's time) now and runs on;
    /// `skew` milliseconds are added to every reading.
    pub(crate) fn new(start: Option<i64>, skew: i64) -> Self {
        let start = start.unwrap_or_else(system_time);
        Self { start, started: Instant::now(), skew, passed: AtomicI64::new(0) }
    }

    /// What the clock showed at start, without the skew; Unix milliseconds.
    pub(crate) fn start(&self) -> i64 {
        self.start
    }

    /// What the clock shows; Unix milliseconds.
    pub(crate) fn now(&self) -> i64 {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let passed = self.passed.load(Ordering::Relaxed);
        self.start.saturating_add(elapsed).saturating_add(self.skew).saturating_add(passed)
    }

    /// So much time passes at once.
    pub(crate) fn pass(&self, time: Duration) {
        let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.passed.fetch_add(time, Ordering::Relaxed);
    }
}

fn system_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
