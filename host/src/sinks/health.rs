//! How a sink fares: up, failing, or down.
//!
//! A sink that has failed for [`PATIENCE`] without taking anything is down. While it is,
//! one batch at a time probes it, ever more rarely, and whoever else has something for it
//! waits without holding anything. It is up again with the first batch that it takes.
//!
//! Invariant: there is never more than one probe, and whoever waits is told when the
//! sink is up or when it is her turn to probe.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// How long a sink may fail before nothing more is read for it: a server that starts
/// anew or hands over to its neighbour is back by then.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Pauses between two probes: from the shortest, twice as long each time, to the longest.
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    /// Since when it has failed without taking anything.
    failing_since: Option<Instant>,
    /// Failed deliveries in a row.
    failures: u32,
    /// No probe before.
    next_probe: Option<Instant>,
}

/// The health of one sink. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Health {
    standing: Arc<Mutex<Standing>>,
    /// Rises with each change, for those who wait.
    changes: Arc<watch::Sender<u64>>,
    probe: Arc<Semaphore>,
}

/// Leave to try a sink that is down; given back when dropped.
#[derive(Debug)]
pub struct Probe(#[allow(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Default for Health {
    fn default() -> Self {
        Self {
            standing: Arc::default(),
            changes: Arc::new(watch::channel(0).0),
            probe: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Health {
    fn standing(&self) -> MutexGuard<'_, Standing> {
        // Plain values are whole whatever panicked beside them.
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.changes.send_modify(|number| *number = number.wrapping_add(1));
    }

    /// It took a batch.
    pub fn succeeded(&self) {
        let before = std::mem::take(&mut *self.standing());
        if before.failing_since.is_some() {
            self.tell();
        }
    }

    /// It did not take a request, and may be asked again by itself.
    pub fn stumbled(&self) {
        let mut standing = self.standing();
        if standing.failing_since.is_none() {
            standing.failing_since = Some(Instant::now());
            drop(standing);
            self.tell();
        }
    }

    /// It did not take a batch, after all that it tried.
    pub fn failed(&self) {
        let now = Instant::now();
        let mut standing = self.standing();
        standing.failing_since.get_or_insert(now);
        let pause = SHORTEST.saturating_mul(1 << standing.failures.min(16)).min(LONGEST);
        standing.failures = standing.failures.saturating_add(1);
        standing.next_probe = Some(now + pause);
        drop(standing);
        self.tell();
    }

    /// Whether nothing should be read for it.
    pub fn is_down(&self) -> bool {
        self.down_since().is_some()
    }

    /// Since when it has been down, or failing if it is down by now.
    pub fn down_since(&self) -> Option<Instant> {
        self.standing().failing_since.filter(|since| since.elapsed() >= PATIENCE)
    }

    /// Returns when it is down and a delivery has failed after all that it tried.
    pub async fn given_up(&self) {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            self.down().await;
            if self.is_given_up() {
                return;
            }
            let _ = changes.changed().await;
        }
    }

    /// Returns when it is down.
    pub async fn down(&self) {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            let since = self.standing().failing_since;
            match since {
                Some(since) if since.elapsed() >= PATIENCE => return,
                Some(since) => tokio::select! {
                    () = tokio::time::sleep_until(since + PATIENCE) => {}
                    _ = changes.changed() => {}
                },
                None => drop(changes.changed().await),
            }
        }
    }

    /// Returns when something may be read for it: `None` while it is not down, else leave
    /// to probe it.
    pub async fn ready(&self) -> Option<Probe> {
        let mut changes = self.changes.subscribe();
        // Kept over all changes, as is the place in the queue.
        let mut probe = std::pin::pin!(self.probe());
        loop {
            changes.mark_unchanged();
            if !self.is_down() {
                return None;
            }
            tokio::select! {
                probe = &mut probe => return self.is_down().then_some(probe),
                _ = changes.changed() => {}
            }
        }
    }

    /// Whether it is down and a delivery has failed after all that it tried.
    pub fn is_given_up(&self) -> bool {
        self.is_down() && self.standing().failures > 0
    }

    /// Leave to probe it, if nobody else has it and it is time.
    pub fn try_probe(&self) -> Option<Probe> {
        let not_before = self.standing().next_probe;
        if not_before.is_some_and(|time| Instant::now() < time) {
            return None;
        }
        self.probe.clone().try_acquire_owned().ok().map(Probe)
    }

    /// In the order of asking, and not before it is time.
    async fn probe(&self) -> Probe {
        let Ok(permit) = self.probe.clone().acquire_owned().await else {
            // It is never closed.
            return std::future::pending().await;
        };
        let not_before = self.standing().next_probe;
        if let Some(time) = not_before {
            tokio::time::sleep_until(time).await;
        }
        Probe(permit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sink_that_stumbles_for_a_moment_is_not_down() {
        let health = Health::default();
        health.stumbled();
        tokio::time::advance(PATIENCE / 2).await;
        assert!(!health.is_down() && health.ready().await.is_none());
        health.succeeded();
        health.stumbled();
        tokio::time::advance(PATIENCE / 2).await;
        assert!(!health.is_down());
        tokio::time::advance(PATIENCE / 2).await;
        assert!(health.is_down());
    }

    #[tokio::test(start_paused = true)]
    async fn one_probes_at_a_time_in_turn_and_all_are_woken_when_it_is_up() {
        let health = Health::default();
        health.failed();
        tokio::time::advance(PATIENCE).await;
        let first = health.ready().await.unwrap();
        let mut second = Box::pin(health.ready());
        let mut third = Box::pin(health.ready());
        assert!(poll(&mut second).is_none() && poll(&mut third).is_none());
        health.failed();
        drop(first);
        assert!(second.await.is_some(), "the next one probes");
        let mut fourth = Box::pin(health.ready());
        assert!(poll(&mut fourth).is_none());
        health.succeeded();
        assert!(third.await.is_none() && fourth.await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn probes_come_ever_more_rarely() {
        let health = Health::default();
        health.failed();
        tokio::time::advance(PATIENCE).await;
        let begun = Instant::now();
        for _ in 0..20 {
            drop(health.ready().await.unwrap());
            health.failed();
        }
        let passed = begun.elapsed();
        assert!(passed > LONGEST * 10 && passed <= LONGEST * 20, "{passed:?}");
    }
}
