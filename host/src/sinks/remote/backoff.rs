//! How long to wait before a request is made again.
//!
//! Decorrelated jitter: each pause is drawn between the first one and three times
//! the last, so that many senders do not come back in step.

use std::time::Duration;

use rand_core::{OsRng, RngCore as _};

/// Shortest pause.
const FIRST: Duration = Duration::from_millis(200);

/// Longest pause of our own choice: a receiver that comes back is found soon.
const LONGEST: Duration = Duration::from_secs(15);

/// Longest pause that a receiver may ask for.
pub const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// The pauses of one request.
#[derive(Debug)]
pub struct Backoff {
    last: Duration,
}

impl Backoff {
    pub fn new() -> Self {
        Self { last: FIRST }
    }

    /// The next pause, at least what the receiver asked for.
    pub fn next(&mut self, asked: Option<Duration>) -> Duration {
        let random = f64::from(OsRng.next_u32()) / f64::from(u32::MAX);
        let span = (self.last * 3).saturating_sub(FIRST);
        self.last = (FIRST + span.mul_f64(random)).min(LONGEST);
        self.last.max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_within_their_bounds_and_heed_the_receiver() {
        let mut backoff = Backoff::new();
        for _ in 0..100 {
            let pause = backoff.next(None);
            assert!((FIRST..=LONGEST).contains(&pause), "{pause:?}");
        }
        assert!(backoff.next(Some(Duration::from_secs(40))) == Duration::from_secs(40));
        assert!(backoff.next(Some(Duration::from_secs(86_400))) == LONGEST_ASKED);
    }

    #[test]
    fn a_receiver_that_asks_for_no_pause_gets_one_that_grows_all_the_same() {
        let mut backoff = Backoff::new();
        let all: Duration = (0..60).map(|_| backoff.next(Some(Duration::ZERO))).sum();
        assert!(all > Duration::from_secs(60), "60 requests within {all:?}");
        assert_eq!(backoff.next(Some(Duration::MAX)), LONGEST_ASKED);
    }
}
