//! From taken to safe: sends what is to be sent and asks until all of it is safe.
//!
//! Invariant: an event counts as accepted when the server called its request safe, on
//! the channel and in the life in which it took it, or answered that there is nothing
//! to ask for.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::backoff::Backoff;
use super::delivery::Delivery;
use super::{Asked, Protocol};
use crate::sinks::SinkError;
use crate::sinks::remote::http_delivery::HttpDelivery;

/// First and longest pause between two questions; Splunk's documentation asks for
/// ten seconds at most.
const POLLS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// How asking ended.
enum Ended {
    /// Nothing is open any more.
    Settled,
    /// Something was open for too long.
    Late,
}

impl<P: Protocol> HttpDelivery<P> {
    /// Sends until every event is safe or refused. What is void is sent again while
    /// that leads on; what was not confirmed in time, once.
    pub(super) async fn send_all(&self, delivery: &mut Delivery<'_>) -> Result<(), SinkError> {
        let whole = 0..delivery.lines.len();
        let mut work: Vec<Range<usize>> = vec![whole];
        let mut backoff = Backoff::new();
        let (mut since, mut is_late) = (None, false);
        loop {
            let safe_before = delivery.safe();
            self.send(delivery, &mut work).await?;
            let ended = self.confirm(delivery).await?;
            let (void, problem) = delivery.unconfirmed.take_void();
            let (is_void, problem) = (!void.is_empty(), problem.to_owned());
            work.extend(void);
            if delivery.safe() > safe_before {
                (since, is_late, backoff) = (None, false, Backoff::new());
            }
            if work.is_empty() {
                return Ok(());
            }
            if matches!(ended, Ended::Late) && std::mem::replace(&mut is_late, true) {
                let problem = "did not acknowledge what it took, though it was sent twice";
                return Err(self.unavailable(problem.to_owned(), Duration::ZERO));
            }
            if !is_void {
                continue;
            }
            let tried = since.get_or_insert_with(Instant::now).elapsed();
            let retry_in = backoff.next(None);
            if tried + retry_in > self.retry_for() {
                return Err(self.unavailable(problem, tried));
            }
            self.told_void(&problem, retry_in);
            tokio::time::sleep(retry_in).await;
        }
    }

    /// Asks until nothing is open.
    async fn confirm(&self, delivery: &mut Delivery<'_>) -> Result<Ended, SinkError> {
        let deadline = Instant::now() + self.protocol().patience();
        let (mut pause, longest) = POLLS;
        loop {
            let numbers = delivery.unconfirmed.numbers();
            if numbers.is_empty() {
                return Ok(Ended::Settled);
            }
            if Instant::now() >= deadline {
                delivery.unconfirmed.doubt("did not acknowledge in time");
                return Ok(Ended::Late);
            }
            tokio::time::sleep(pause.min(deadline - Instant::now())).await;
            pause = (pause * 2).min(longest);
            match self.ask(delivery.unconfirmed.channel(), &numbers).await? {
                Asked::Safe(safe) => {
                    for range in delivery.unconfirmed.settle(|number| safe.contains(&number)) {
                        self.accept(delivery, range);
                    }
                }
                Asked::Doubt(problem) => delivery.unconfirmed.doubt(&problem),
            }
        }
    }
}
