//! Who may read now: a bounded number of readings at once, handed out to tenants
//! in turn.
//!
//! Invariant: a tenant that waits is served before one that was served since, and
//! a backfill only when nobody waits for the live edge; so neither the tenant with
//! a thousand sources nor the one whose service is slow delays the others by more
//! than one reading each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// What a reading is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// New events.
    Live,
    /// Old events.
    Backfill,
}

#[derive(Debug, Default)]
struct Queue {
    /// Those who wait, by tenant.
    waiting: BTreeMap<String, VecDeque<oneshot::Sender<ReadPermit>>>,
    /// Tenants with someone waiting, in the order of their turn.
    order: VecDeque<String>,
}

impl Queue {
    fn push(&mut self, tenant: &str, waiter: oneshot::Sender<ReadPermit>) {
        let queue = self.waiting.entry(tenant.to_owned()).or_default();
        if queue.is_empty() {
            self.order.push_back(tenant.to_owned());
        }
        queue.push_back(waiter);
    }

    /// Lets the next one in whose tenant has room, and tells whose it was.
    fn admit(
        &mut self,
        scheduler: &ReadScheduler,
        has_room: impl Fn(&str) -> bool,
    ) -> Option<String> {
        for _ in 0..self.order.len() {
            let tenant = self.order.pop_front()?;
            if !has_room(&tenant) {
                self.order.push_back(tenant);
                continue;
            }
            let Some(queue) = self.waiting.get_mut(&tenant) else { continue };
            let admitted = std::iter::from_fn(|| queue.pop_front()).any(|waiter| {
                let turn =
                    ReadPermit { scheduler: Some(scheduler.clone()), tenant: tenant.clone() };
                // Who was told to stop meanwhile does not wait any more, and the turn
                // that comes back was never counted.
                waiter.send(turn).map_err(|mut turn| turn.scheduler = None).is_ok()
            });
            if queue.is_empty() {
                self.waiting.remove(&tenant);
            } else {
                self.order.push_back(tenant.clone());
            }
            if admitted {
                return Some(tenant);
            }
        }
        None
    }
}

#[derive(Debug)]
struct Inner {
    free: usize,
    reading: BTreeMap<String, usize>,
    queues: [Queue; 2],
}

/// Says who reads when. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReadScheduler {
    inner: Arc<Mutex<Inner>>,
    each: usize,
}

/// Leave to read; given back when dropped.
#[derive(Debug)]
pub struct ReadPermit {
    scheduler: Option<ReadScheduler>,
    tenant: String,
}

impl ReadScheduler {
    /// At most `most` readings at once, of which one tenant gets a quarter.
    pub fn new(most: usize) -> Self {
        let inner = Inner { free: most, reading: BTreeMap::new(), queues: Default::default() };
        Self { inner: Arc::new(Mutex::new(inner)), each: (most / 4).max(1) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn.
    pub async fn turn(&self, tenant: &str, urgency: Urgency) -> ReadPermit {
        let (waiter, admitted) = oneshot::channel();
        {
            let mut inner = self.inner();
            inner.queues[urgency as usize].push(tenant, waiter);
            self.admit(&mut inner);
        }
        // The sender lives in the queue until it is used, so there is no error.
        let uncounted = |_| ReadPermit { scheduler: None, tenant: tenant.to_owned() };
        admitted.await.unwrap_or_else(uncounted)
    }

    fn admit(&self, inner: &mut Inner) {
        let Inner { free, reading, queues } = inner;
        while *free > 0 {
            let has_room =
                |tenant: &str| reading.get(tenant).is_none_or(|readings| *readings < self.each);
            let admitted = queues.iter_mut().find_map(|queue| queue.admit(self, has_room));
            let Some(tenant) = admitted else { return };
            *free -= 1;
            *reading.entry(tenant).or_default() += 1;
        }
    }
}

impl Drop for ReadPermit {
    fn drop(&mut self) {
        let Some(scheduler) = self.scheduler.take() else { return };
        let mut inner = scheduler.inner();
        inner.free += 1;
        if let Some(readings) = inner.reading.get_mut(&self.tenant) {
            *readings -= 1;
            if *readings == 0 {
                inner.reading.remove(&self.tenant);
            }
        }
        scheduler.admit(&mut inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn settle() {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_tenant_with_many_sources_does_not_keep_another_waiting() {
        let scheduler = ReadScheduler::new(4);
        let served = Arc::new(Mutex::new(Vec::new()));
        let held = scheduler.turn("busy", Urgency::Live).await;
        for number in 0..10 {
            let (scheduler, served) = (scheduler.clone(), served.clone());
            let tenant = if number == 9 { "small" } else { "busy" };
            tokio::spawn(async move {
                let turn = scheduler.turn(tenant, Urgency::Live).await;
                served.lock().unwrap().push(turn.tenant.clone());
                settle().await;
            });
        }
        settle().await;
        drop(held);
        for _ in 0..20 {
            settle().await;
        }
        let served = served.lock().unwrap();
        assert_eq!(served.len(), 10);
        assert_eq!(served[0], "small", "{served:?}");
    }

    #[tokio::test]
    async fn a_backfill_waits_for_the_live_edge() {
        let scheduler = ReadScheduler::new(4);
        let served = Arc::new(Mutex::new(Vec::new()));
        let held: Vec<ReadPermit> = [
            scheduler.turn("a", Urgency::Live).await,
            scheduler.turn("b", Urgency::Live).await,
            scheduler.turn("c", Urgency::Live).await,
            scheduler.turn("d", Urgency::Live).await,
        ]
        .into();
        for urgency in [Urgency::Backfill, Urgency::Live] {
            let (scheduler, served) = (scheduler.clone(), served.clone());
            tokio::spawn(async move {
                let _turn = scheduler.turn("e", urgency).await;
                served.lock().unwrap().push(urgency);
            });
            settle().await;
        }
        drop(held);
        settle().await;
        assert_eq!(*served.lock().unwrap(), [Urgency::Live, Urgency::Backfill]);
    }

    #[tokio::test]
    async fn who_gives_up_waiting_takes_no_turn() {
        let scheduler = ReadScheduler::new(1);
        let held = scheduler.turn("a", Urgency::Live).await;
        {
            let waiting = scheduler.turn("b", Urgency::Live);
            let gave_up = tokio::time::timeout(std::time::Duration::from_millis(5), waiting).await;
            assert!(gave_up.is_err());
        }
        drop(held);
        let next = scheduler.turn("c", Urgency::Live);
        assert!(tokio::time::timeout(std::time::Duration::from_secs(20), next).await.is_ok());
    }
}
