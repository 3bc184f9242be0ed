//! How long a failure is waited out, and when waiting is given up.

use std::time::Duration;

use rand_core::{OsRng, RngCore as _};
use tokio::sync::watch;

use super::CollectError;
use crate::contract::SourceError;
use crate::sandbox::SandboxError;

/// Failures in a row without any progress after which `--once` gives up.
pub const ATTEMPTS: u32 = 8;

/// First pause after a failure, doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Longest pause after failures that may pass by themselves.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Pause after failures that an operator has to mend.
const OPERATOR_PAUSE: Duration = Duration::from_secs(300);

/// How long to wait after that many failures in a row without progress.
pub fn pause_after(error: &CollectError, failures: u32) -> Duration {
    if let CollectError::Sandbox(SandboxError::Source(SourceError::Throttled(throttle))) = error
        && let Some(asked) = throttle.retry_after_ms
    {
        return Duration::from_millis(asked).min(OPERATOR_PAUSE);
    }
    let longest = if needs_operator(error) { OPERATOR_PAUSE } else { LONGEST_PAUSE };
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.min(12));
    // Jitter keeps many tenants from coming back in step.
    let jitter = f64::from(OsRng.next_u32()) / f64::from(u32::MAX);
    doubled.min(longest).mul_f64(0.5 + jitter / 2.0)
}

/// Whether waiting alone cannot help.
pub fn needs_operator(error: &CollectError) -> bool {
    match error {
        CollectError::Sandbox(SandboxError::Source(error)) => matches!(
            error,
            SourceError::InvalidConfig(_)
                | SourceError::Unauthorized(_)
                | SourceError::Forbidden(_)
                | SourceError::Retired(_)
        ),
        CollectError::Sandbox(_) | CollectError::Sink { .. } => true,
        _ => false,
    }
}

/// Waits, but not beyond being told to stop.
pub async fn pause(wait: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        // An error means that nobody can tell us to stop any more: stop.
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Throttle;

    fn source(error: SourceError) -> CollectError {
        CollectError::Sandbox(SandboxError::Source(error))
    }

    #[test]
    fn pauses_grow_and_stay_within_bounds() {
        let error = source(SourceError::Unavailable("x".into()));
        assert!(pause_after(&error, 1) <= FIRST_PAUSE * 2);
        assert!(pause_after(&error, 30) <= LONGEST_PAUSE);
        assert!(pause_after(&error, 30) >= LONGEST_PAUSE / 2);
    }

    #[test]
    fn a_service_that_says_how_long_is_heard() {
        let throttle = Throttle { message: "x".into(), retry_after_ms: Some(7_000) };
        let error = source(SourceError::Throttled(throttle));
        assert_eq!(pause_after(&error, 1), Duration::from_secs(7));
    }

    #[test]
    fn what_only_an_operator_can_mend_is_told_apart() {
        assert!(needs_operator(&source(SourceError::Unauthorized("x".into()))));
        assert!(!needs_operator(&source(SourceError::Unavailable("x".into()))));
        assert!(!needs_operator(&source(SourceError::CursorExpired("x".into()))));
    }
}
