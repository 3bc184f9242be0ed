//! How many requests a source may make.
//!
//! The egress counts and never makes a guest wait: waiting inside a call would be held
//! against its wall time. Whoever calls the guest waits before the next call, as long
//! as what was spent is ahead of time.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A number of requests a minute, evenly.
#[derive(Debug)]
pub struct Budget {
    interval: Duration,
    /// When everything spent so far is paid for.
    paid: Mutex<Option<Instant>>,
}

impl Budget {
    /// That many requests a minute.
    pub fn per_minute(requests: NonZeroU32) -> Self {
        Self { interval: Duration::from_secs(60) / requests.get(), paid: Mutex::new(None) }
    }

    /// A request is made.
    pub fn spend(&self) {
        self.spend_at(Instant::now());
    }

    fn spend_at(&self, now: Instant) {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        *paid = Some(paid.map_or(now, |paid| paid.max(now)) + self.interval);
    }

    /// How long to wait before more is spent.
    pub fn wait(&self) -> Duration {
        self.wait_at(Instant::now())
    }

    fn wait_at(&self, now: Instant) -> Duration {
        let paid = *self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        paid.map_or(Duration::ZERO, |paid| paid.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_has_to_be_waited_for() {
        let budget = Budget::per_minute(NonZeroU32::new(6).unwrap());
        let now = Instant::now();
        let seconds = Duration::from_secs;
        assert_eq!(budget.wait_at(now), Duration::ZERO);
        for _ in 0..3 {
            budget.spend_at(now);
        }
        assert_eq!(budget.wait_at(now), seconds(30));
        assert_eq!(budget.wait_at(now + seconds(25)), seconds(5));
        // What was not spent is not saved up.
        budget.spend_at(now + seconds(100));
        assert_eq!(budget.wait_at(now + seconds(100)), seconds(10));
    }
}
