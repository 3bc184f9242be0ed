//! Planning time: the lesser of our clock and the service's.
//!
//! A clock that runs ahead must not close ranges the service is still writing.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

/// How far our clock may be ahead of the service's before it is bounded: `Date`
/// knows no milliseconds and was on its way for a while.
const CLOCK_AHEAD_MS: i64 = 5_000;

/// Where the collector takes the time from.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Unix milliseconds.
    fn now(&self) -> i64;

    /// Time that passes, whatever becomes of the clock.
    fn passing(&self) -> Duration;

    /// Lets a pause pass.
    async fn sleep(&self, pause: Duration);
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
    }

    fn passing(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// Our time, bounded by what the service last said the time was.
pub fn bounded(ours: i64, service: Option<i64>) -> i64 {
    match service {
        Some(service) if ours > service.saturating_add(CLOCK_AHEAD_MS) => service,
        _ => ours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_runs_ahead_is_bounded_and_one_that_is_behind_is_believed() {
        assert_eq!(bounded(100_000, Some(50_000)), 50_000);
        assert_eq!(bounded(100_000, Some(96_000)), 100_000);
        assert_eq!(bounded(40_000, Some(50_000)), 40_000);
        assert_eq!(bounded(40_000, None), 40_000);
    }
}
