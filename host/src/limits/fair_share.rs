//! A bounded amount of something that tenants share: places to read in, bytes that wait
//! for a sink.
//!
//! A tenant that holds nothing comes first. Whoever holds something gets more up to a
//! quarter of all, and not beyond what is left, divided among those who wait; so there is
//! always something left for the next one, however many tenants hold theirs for ever.
//!
//! Invariants: tenants that wait are served in turn, and what is not urgent only when
//! nothing urgent could be served; who stops waiting takes nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};

/// One tenant's part of all, at most.
const QUARTER: u64 = 4;

/// Tenants next in turn that are looked at to tell whether giving something back helps
/// anybody: all who wait would be looked at by all who hold something.
const LOOKED_AT: usize = 8;

/// What it is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// New events.
    Live,
    /// Old events.
    Backfill,
}

/// What becomes of a tenant that holds nothing when nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// It waits: there is no more than there is.
    Waits,
    /// It gets what it asks for, all the same.
    Always,
}

#[derive(Debug)]
struct Waiter {
    amount: u64,
    granted: oneshot::Sender<Share>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: BTreeMap<String, VecDeque<Waiter>>,
    /// Tenants with someone waiting, in the order of their turn.
    order: VecDeque<String>,
}

#[derive(Debug)]
struct Inner {
    capacity: u64,
    first: First,
    used: u64,
    held: BTreeMap<String, u64>,
    queues: [Queue; 2],
}

impl Inner {
    /// Whether a tenant may have so much, when `less` of what `giver` has is given back.
    fn has_room(&self, tenant: &str, amount: u64, given: Option<(&str, u64)>) -> bool {
        let less = given.map_or(0, |(_, less)| less);
        let of = |tenant: &str| self.held.get(tenant).copied().unwrap_or(0);
        let own = given.map_or(0, |(giver, less)| if giver == tenant { less } else { 0 });
        let (held, used) = (of(tenant).saturating_sub(own), self.used.saturating_sub(less));
        let left = self.capacity.saturating_sub(used);
        if held == 0 {
            return self.first == First::Always || used == 0 || amount <= left;
        }
        let waiting = self.queues.iter().map(|queue| queue.order.len() as u64).sum::<u64>();
        let most = (self.capacity / QUARTER).max(1).min(left / waiting.max(1));
        held.saturating_add(amount) <= most && amount <= left
    }

    fn take(&mut self, tenant: &str, amount: u64) {
        self.used += amount;
        *self.held.entry(tenant.to_owned()).or_default() += amount;
    }

    /// The next one who may have what she waits for.
    fn next(&mut self) -> Option<(String, Waiter)> {
        for number in 0..self.queues.len() {
            for _ in 0..self.queues[number].order.len() {
                let Some(tenant) = self.queues[number].order.pop_front() else { break };
                let queue = &mut self.queues[number];
                let Some(waiters) = queue.waiting.get_mut(&tenant) else { continue };
                waiters.retain(|waiter| !waiter.granted.is_closed());
                let Some(amount) = waiters.front().map(|waiter| waiter.amount) else {
                    queue.waiting.remove(&tenant);
                    continue;
                };
                self.queues[number].order.push_back(tenant.clone());
                if !self.has_room(&tenant, amount, None) {
                    continue;
                }
                let queue = &mut self.queues[number];
                let Some(waiters) = queue.waiting.get_mut(&tenant) else { continue };
                let waiter = waiters.pop_front();
                if waiters.is_empty() {
                    queue.waiting.remove(&tenant);
                    queue.order.pop_back();
                }
                if let Some(waiter) = waiter {
                    return Some((tenant, waiter));
                }
            }
        }
        None
    }
}

/// Hands out shares. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FairShare {
    inner: Arc<Mutex<Inner>>,
    /// Rises whenever somebody begins or stops to wait.
    changes: Arc<watch::Sender<u64>>,
}

/// What a tenant holds; given back when dropped.
#[derive(Debug)]
pub struct Share {
    of: Option<FairShare>,
    tenant: String,
    amount: u64,
}

impl FairShare {
    /// So much for all tenants together.
    pub fn new(capacity: u64, first: First) -> Self {
        let inner =
            Inner { capacity, first, used: 0, held: BTreeMap::new(), queues: Default::default() };
        Self { inner: Arc::new(Mutex::new(inner)), changes: Arc::new(watch::channel(0).0) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a tenant holds.
    #[cfg(test)]
    pub fn held(&self, tenant: &str) -> u64 {
        self.inner().held.get(tenant).copied().unwrap_or(0)
    }

    /// A share at once, if there is one and nobody is kept waiting by it.
    pub fn try_take(&self, tenant: &str, amount: u64) -> Option<Share> {
        let mut inner = self.inner();
        inner.has_room(tenant, amount, None).then(|| {
            inner.take(tenant, amount);
            self.share(tenant, amount)
        })
    }

    /// Waits for a share.
    pub async fn take(&self, tenant: &str, amount: u64, urgency: Urgency) -> Share {
        let (granted, share) = oneshot::channel();
        {
            let mut inner = self.inner();
            let queue = &mut inner.queues[urgency as usize];
            let waiters = queue.waiting.entry(tenant.to_owned()).or_default();
            if waiters.is_empty() {
                queue.order.push_back(tenant.to_owned());
            }
            waiters.push_back(Waiter { amount, granted });
            self.grant(&mut inner);
        }
        self.changes.send_modify(|number| *number = number.wrapping_add(1));
        // The sender lives in the queue until it is used, so there is no error.
        let uncounted = |_| Share { of: None, tenant: tenant.to_owned(), amount };
        share.await.unwrap_or_else(uncounted)
    }

    /// Returns when somebody waits who could be served if this share were given back.
    pub async fn wanted(&self, share: &Share) {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if self.helps(share) {
                return;
            }
            // An error means that nobody is left who could want it.
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    fn helps(&self, share: &Share) -> bool {
        let inner = self.inner();
        let given = Some((&*share.tenant, share.amount));
        let mut next = inner.queues.iter().flat_map(|queue| {
            queue.order.iter().filter_map(|tenant| Some((tenant, queue.waiting.get(tenant)?)))
        });
        next.by_ref().take(LOOKED_AT).any(|(tenant, waiters)| {
            let waiter = waiters.iter().find(|waiter| !waiter.granted.is_closed());
            waiter.is_some_and(|waiter| inner.has_room(tenant, waiter.amount, given))
        })
    }

    fn share(&self, tenant: &str, amount: u64) -> Share {
        Share { of: Some(self.clone()), tenant: tenant.to_owned(), amount }
    }

    fn grant(&self, inner: &mut Inner) {
        while let Some((tenant, waiter)) = inner.next() {
            inner.take(&tenant, waiter.amount);
            let share = self.share(&tenant, waiter.amount);
            if let Err(mut share) = waiter.granted.send(share) {
                // Who stopped waiting meanwhile takes nothing; giving it back here would
                // wait for the lock that is held.
                share.of = None;
                inner.give_back(&tenant, waiter.amount);
            }
        }
    }
}

impl Share {
    /// How much it is.
    pub fn amount(&self) -> u64 {
        self.amount
    }
}

impl Inner {
    fn give_back(&mut self, tenant: &str, amount: u64) {
        self.used = self.used.saturating_sub(amount);
        if let Some(held) = self.held.get_mut(tenant) {
            *held = held.saturating_sub(amount);
            if *held == 0 {
                self.held.remove(tenant);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some(of) = self.of.take() else { return };
        let mut inner = of.inner();
        inner.give_back(&self.tenant, self.amount);
        of.grant(&mut inner);
        drop(inner);
        of.changes.send_modify(|number| *number = number.wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn settle() {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_tenant_with_many_sources_does_not_keep_another_waiting() {
        let places = FairShare::new(4, First::Waits);
        let served = Arc::new(Mutex::new(Vec::new()));
        let held = places.take("busy", 1, Urgency::Live).await;
        for number in 0..10 {
            let (places, served) = (places.clone(), served.clone());
            let tenant = if number == 9 { "small" } else { "busy" };
            tokio::spawn(async move {
                let turn = places.take(tenant, 1, Urgency::Live).await;
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
        let places = FairShare::new(4, First::Waits);
        let served = Arc::new(Mutex::new(Vec::new()));
        let mut held = Vec::new();
        for tenant in ["a", "b", "c", "d"] {
            held.push(places.take(tenant, 1, Urgency::Live).await);
        }
        for urgency in [Urgency::Backfill, Urgency::Live] {
            let (places, served) = (places.clone(), served.clone());
            tokio::spawn(async move {
                let _turn = places.take("e", 1, urgency).await;
                served.lock().unwrap().push(urgency);
            });
            settle().await;
        }
        drop(held);
        settle().await;
        assert_eq!(*served.lock().unwrap(), [Urgency::Live, Urgency::Backfill]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_takes_nothing() {
        let places = FairShare::new(1, First::Waits);
        let held = places.take("a", 1, Urgency::Live).await;
        {
            let waiting = places.take("b", 1, Urgency::Live);
            let gave_up = tokio::time::timeout(std::time::Duration::from_millis(5), waiting).await;
            assert!(gave_up.is_err());
        }
        drop(held);
        let next = places.take("c", 1, Urgency::Live);
        assert!(tokio::time::timeout(std::time::Duration::from_secs(20), next).await.is_ok());
    }

    #[tokio::test]
    async fn tenants_that_never_give_anything_back_leave_something_for_the_next() {
        let places = FairShare::new(128, First::Waits);
        let mut held = Vec::new();
        for hostile in 0..8 {
            let tenant = format!("hostile-{hostile}");
            held.extend((0..128).map_while(|_| places.try_take(&tenant, 1)));
        }
        let honest = (0..128).map_while(|_| places.try_take("honest", 1)).count();
        assert!(honest >= 1, "{} are held", held.len());
        assert_eq!(held.iter().filter(|share| share.tenant == "hostile-0").count(), 32);
    }

    #[tokio::test]
    async fn a_share_is_wanted_only_where_giving_it_back_helps() {
        let places = FairShare::new(4, First::Waits);
        let mine = places.take("mine", 1, Urgency::Live).await;
        let other = places.take("other", 1, Urgency::Live).await;
        // More of the same tenant is beyond its quarter, whatever the other gives back.
        let more = tokio::spawn({
            let places = places.clone();
            async move { places.take("other", 1, Urgency::Live).await }
        });
        settle().await;
        assert!(places.helps(&other) && !places.helps(&mine));
        drop(other);
        drop(more.await.unwrap());
        assert!(!places.helps(&mine));
    }

    #[tokio::test]
    async fn a_tenant_with_nothing_gets_one_batch_however_much_others_hold() {
        let bytes = FairShare::new(100, First::Always);
        let whole = bytes.take("a", 1_000, Urgency::Live).await;
        assert!(bytes.try_take("a", 1).is_none());
        assert!(bytes.try_take("b", 80).is_some_and(|share| share.amount == 80));
        drop(whole);
        assert!(bytes.try_take("a", 20).is_some());
    }

    proptest! {
        #[test]
        fn there_is_never_more_out_than_there_is_and_everybody_is_served(
            asked in prop::collection::vec((0u8..5, 1u64..20), 1..60),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time().start_paused(true).build().unwrap();
            let shares = FairShare::new(40, First::Waits);
            let all = asked.len();
            let served = runtime.block_on(async {
                let mut tasks = tokio::task::JoinSet::new();
                for (tenant, amount) in asked {
                    let shares = shares.clone();
                    tasks.spawn(async move {
                        let share = shares.take(&tenant.to_string(), amount, Urgency::Live).await;
                        assert!(shares.inner().used <= 40);
                        settle().await;
                        drop(share);
                    });
                }
                let all = async { while let Some(done) = tasks.join_next().await { done.unwrap() } };
                tokio::time::timeout(std::time::Duration::from_secs(1), all).await
            });
            prop_assert!(served.is_ok(), "of {all} somebody waits for ever");
            let inner = shares.inner();
            prop_assert!(inner.used == 0 && inner.held.is_empty());
        }
    }
}
