//! How long a failure is waited out, and when waiting is given up.

use std::time::Duration;

use rand_core::{OsRng, RngCore as _};
use tokio::sync::watch;

use super::clock::Clock;
use crate::contract::SourceError;
use crate::pipeline::CollectError;
use crate::runtime::SandboxError;
use crate::sinks::SinkError;
use crate::state::Refused;

/// Failures in a row without any progress after which `--once` gives up.
pub const ATTEMPTS: u32 = 8;

/// Shortest pause after a failure.
const SHORTEST: Duration = Duration::from_millis(250);

/// Longest pause after failures that may pass by themselves.
const LONGEST: Duration = Duration::from_secs(60);

/// Shortest pause after failures that an operator has to mend.
const SHORTEST_OPERATOR: Duration = Duration::from_secs(15);

/// Longest pause after failures that an operator has to mend, and the longest that
/// a service is granted: an hour.
const LONGEST_OPERATOR: Duration = Duration::from_secs(3600);

/// How long a service or a sink is still waited for after being told to stop.
/// Nothing is lost by going: it is read again.
pub const GRACE: Duration = Duration::from_secs(10);

/// The pauses of one reader: decorrelated jitter, so that many tenants that were
/// refused together do not come back together.
#[derive(Debug, Default)]
pub struct Backoff {
    previous: Option<Duration>,
    failures: u32,
}

impl Backoff {
    /// Something worked.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// How long to wait after this failure.
    pub fn after(&mut self, error: &CollectError) -> Duration {
        self.failures = self.failures.saturating_add(1);
        // A sink costs nobody anything but a connection.
        let rarely = Failure::needs_operator(error) && !matches!(error, CollectError::Sink { .. });
        let (shortest, longest) = match error {
            _ if rarely => (SHORTEST_OPERATOR, LONGEST_OPERATOR),
            // It has cost thousands of requests, and yet may be honest.
            CollectError::Endless { .. } => (SHORTEST_OPERATOR, LONGEST),
            _ => (SHORTEST, LONGEST),
        };
        let most = self.previous.unwrap_or(shortest).max(shortest).saturating_mul(3).min(longest);
        let pause = shortest + (most - shortest).mul_f64(part());
        self.previous = Some(pause);
        match retry_after(error) {
            // Never earlier than asked, and not all at the same moment; nor earlier than
            // by ourselves, for who asks for nothing at all would be asked all the time.
            Some(asked) => asked.min(LONGEST_OPERATOR).mul_f64(1.0 + part() / 10.0).max(pause),
            None => pause,
        }
    }
}

fn retry_after(error: &CollectError) -> Option<Duration> {
    match error {
        CollectError::Sandbox(SandboxError::Source(SourceError::Throttled(throttle))) => {
            throttle.retry_after_ms.map(Duration::from_millis)
        }
        _ => None,
    }
}

/// From 0 to 1.
fn part() -> f64 {
    f64::from(OsRng.next_u32()) / f64::from(u32::MAX)
}

/// A part of a span, chosen by chance: what keeps many streams out of step.
pub fn part_of(span: Duration) -> Duration {
    span.mul_f64(part())
}

/// What kind of failure it is: what the one policy for all readings goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It may pass by itself.
    Transient,
    /// Somebody has to mend it.
    Operator,
    /// It may come from what the range holds.
    Poison,
    /// The place in the listing is worth nothing any more.
    Expired,
    /// A sink is down while others try it, or too much waits for it.
    Parked,
    /// What is known of the position is old.
    Stale,
    /// Another collector reads this stream.
    Fenced,
    /// Nothing can be committed any more.
    Fatal,
}

impl Failure {
    /// Of an error.
    pub fn of(error: &CollectError) -> Self {
        match error {
            CollectError::Sandbox(SandboxError::Source(error)) => match error {
                SourceError::InvalidConfig(_)
                | SourceError::Unauthorized(_)
                | SourceError::Forbidden(_)
                | SourceError::Retired(_) => Self::Operator,
                SourceError::CursorExpired(_) => Self::Expired,
                SourceError::Malformed(_) => Self::Poison,
                SourceError::Throttled(_) | SourceError::Unavailable(_) => Self::Transient,
            },
            CollectError::Sandbox(
                SandboxError::LimitExceeded { .. } | SandboxError::Trap { .. },
            ) => Self::Poison,
            CollectError::Endless { is_circle: true, .. } | CollectError::Sandbox(_) => {
                Self::Operator
            }
            CollectError::NoRoom { .. }
            | CollectError::Sink { source: SinkError::Down { .. }, .. } => Self::Parked,
            CollectError::Sink { .. } => Self::Operator,
            CollectError::Refused(Refused::Fenced) => Self::Fenced,
            CollectError::Refused(_) => Self::Stale,
            CollectError::State(error) if error.may_pass() => Self::Transient,
            CollectError::State(_) | CollectError::Commit(_) | CollectError::Task(_) => Self::Fatal,
            _ => Self::Transient,
        }
    }

    /// Whether the stream ends with it.
    pub fn ends(self) -> bool {
        matches!(self, Self::Fenced | Self::Fatal)
    }

    /// Whether waiting alone cannot help.
    pub fn needs_operator(error: &CollectError) -> bool {
        // What does not fit into its limits may be the range, and may be the limits.
        matches!(Self::of(error), Self::Operator)
            || matches!(
                error,
                CollectError::Sandbox(
                    SandboxError::LimitExceeded { .. } | SandboxError::Trap { .. }
                )
            )
    }
}

/// Waits, but not beyond a stop.
pub async fn pause(clock: &dyn Clock, wait: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = clock.sleep(wait) => {}
        () = stopped(stop) => {}
    }
}

/// Until it is to stop.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that nobody can tell us to stop any more: stop.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Until it is to stop, and the grace after it.
pub async fn long_stopped(stop: &mut watch::Receiver<bool>) {
    stopped(stop).await;
    tokio::time::sleep(GRACE).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Throttle;

    fn source(error: SourceError) -> CollectError {
        CollectError::Sandbox(SandboxError::Source(error))
    }

    #[test]
    fn pauses_stay_within_bounds_and_reach_them() {
        let mut backoff = Backoff::default();
        let error = source(SourceError::Unavailable("x".into()));
        let pauses: Vec<Duration> = (0..60).map(|_| backoff.after(&error)).collect();
        assert!(pauses.iter().all(|pause| (SHORTEST..=LONGEST).contains(pause)));
        assert!(pauses[0] <= SHORTEST * 3);
        assert!(pauses.iter().any(|pause| *pause > LONGEST / 4));
        backoff.reset();
        assert!(backoff.after(&error) <= SHORTEST * 3);
    }

    #[test]
    fn a_source_that_somebody_has_to_mend_is_asked_ever_more_rarely() {
        let mut backoff = Backoff::default();
        let error = source(SourceError::Unauthorized("x".into()));
        let pauses: Vec<Duration> = (0..60).map(|_| backoff.after(&error)).collect();
        assert!(pauses.iter().all(|p| (SHORTEST_OPERATOR..=LONGEST_OPERATOR).contains(p)));
        assert!(pauses.iter().any(|pause| *pause > Duration::from_secs(600)));
    }

    #[test]
    fn two_readers_refused_together_do_not_come_back_together() {
        let error = source(SourceError::Unavailable("x".into()));
        let (mut one, mut other) = (Backoff::default(), Backoff::default());
        assert!((0..10).any(|_| one.after(&error) != other.after(&error)));
    }

    #[test]
    fn a_service_that_says_how_long_is_heard() {
        let throttle = Throttle { message: "x".into(), retry_after_ms: Some(7_000) };
        let error = source(SourceError::Throttled(throttle));
        let pause = Backoff::default().after(&error);
        assert!((7_000..=7_700).contains(&pause.as_millis()), "{pause:?}");
    }

    #[test]
    fn whatever_a_service_asks_for_pauses_grow_and_are_bounded() {
        for asked in [0, 1, 1_000, u64::MAX / 2, u64::MAX] {
            let throttle = Throttle { message: "x".into(), retry_after_ms: Some(asked) };
            let error = source(SourceError::Throttled(throttle));
            let mut backoff = Backoff::default();
            let pauses: Vec<Duration> = (0..60).map(|_| backoff.after(&error)).collect();
            let heard = Duration::from_millis(asked).min(LONGEST_OPERATOR);
            assert!(pauses.iter().all(|pause| *pause >= heard.max(SHORTEST)), "{asked}");
            assert!(pauses.iter().all(|pause| *pause <= LONGEST_OPERATOR.mul_f64(1.1)));
            let all: Duration = pauses.iter().sum();
            assert!(all > Duration::from_secs(240), "{asked}: 60 requests within {all:?}");
        }
    }

    #[test]
    fn what_only_an_operator_can_mend_is_told_apart() {
        assert!(Failure::needs_operator(&source(SourceError::Unauthorized("x".into()))));
        assert!(!Failure::needs_operator(&source(SourceError::Unavailable("x".into()))));
        assert!(!Failure::needs_operator(&source(SourceError::CursorExpired("x".into()))));
    }
}
