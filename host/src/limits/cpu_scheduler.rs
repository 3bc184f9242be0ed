//! Who computes when there is more to compute than there are cores.
//!
//! Whoever computes briefly waits for nobody. Whoever computes for long takes turns
//! with all others who do, on all cores, and whoever computed least goes first. One
//! thread of the runtime is left to those who compute briefly and to the network, and the
//! system gives a core at once to a thread that mostly sleeps. So an honest tenant is
//! served, however many others loop, and no core stands still.
//!
//! Invariant: ticks pass while somebody computes or waits for a turn, and for a while
//! after; else none does, so that a process that has nothing to do takes no time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Context;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::TICK;
use super::clock::Clock;
use super::threads::cores;

/// Ticks a source may compute at once without waiting for a turn. The built-ins need
/// two to four for a batch; on a machine that others use, too, several times that.
const BURST: f64 = 30.0;

/// The share of a core that a source may use without waiting for a turn, over time.
/// A hundred sources at it fill two cores.
const SHARE: f64 = 0.02;

/// After that long, half of what a source computed is forgotten.
const HALF_LIFE: Duration = Duration::from_secs(10);

/// Ticks that pass with nobody computing before they stop. A second: a guest that paused
/// for less could begin each tick anew with its computing and end before it, and would
/// never be charged one.
const QUIET_TICKS: u32 = 100;

/// Ticks after which the cores are counted anew: ten seconds of computing. They change
/// when an operator changes the bounds of a container.
const TICKS_BETWEEN_COUNTS: u32 = 1_000;

/// How a source stands to the others.
#[derive(Debug)]
pub struct Allowance(Mutex<Standing>);

#[derive(Debug)]
struct Standing {
    /// Ticks it may compute without a turn.
    free: f64,
    /// Ticks it computed lately.
    used: f64,
    at: Instant,
}

/// What a source needs for its next tick.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing.
    Free,
    /// A turn; the less it computed lately, the sooner.
    Turn {
        /// Thousandths of a tick computed lately.
        used: u64,
    },
}

impl Allowance {
    /// Of a source that computed nothing yet.
    pub fn new() -> Self {
        Self(Mutex::new(Standing { free: BURST, used: 0.0, at: Instant::now() }))
    }

    /// Notes a tick, and tells what the next one needs.
    pub fn claim(&self) -> Claim {
        self.claim_at(Instant::now())
    }

    fn claim_at(&self, now: Instant) -> Claim {
        let mut standing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(standing.at).as_secs_f64();
        standing.at = now;
        standing.used = standing.used * 0.5_f64.powf(passed / HALF_LIFE.as_secs_f64()) + 1.0;
        standing.free = (standing.free + passed / TICK.as_secs_f64() * SHARE).min(BURST);
        if standing.free >= 1.0 {
            standing.free -= 1.0;
            return Claim::Free;
        }
        // A tick in a thousand is near enough, and a whole number has an order.
        Claim::Turn { used: (standing.used * 1_000.0) as u64 }
    }
}

/// Turns to compute for one tick.
#[derive(Debug, Clone)]
pub struct CpuScheduler(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    clock: Clock,
    /// Threads of the runtime in which turns are waited for.
    threads: OnceLock<usize>,
}

#[derive(Debug, Default)]
struct Queue {
    /// Turns of this tick that nobody took yet.
    left: usize,
    waiting: BinaryHeap<Reverse<Waiter>>,
    /// Waiters so far: of two that computed the same, the first goes first.
    met: u64,
}

#[derive(Debug)]
struct Waiter {
    used: u64,
    number: u64,
    wake: oneshot::Sender<()>,
}

impl Waiter {
    fn rank(&self) -> (u64, u64) {
        (self.used, self.number)
    }
}

impl PartialEq for Waiter {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Waiter {}

impl PartialOrd for Waiter {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiter {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl CpuScheduler {
    /// None yet.
    pub fn new() -> Self {
        Self(Arc::default())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many may compute for long at once: one on each core, but never on the last of
    /// the runtime's threads.
    fn turns(&self, cores: usize) -> usize {
        let threads = self.0.threads.get().copied().unwrap_or(cores);
        cores.min(threads.saturating_sub(1)).max(1)
    }

    /// Hands out those of the tick that begins. Turns of the last that nobody took are
    /// gone: saved up, they would be a rush later.
    pub fn begin_tick(&self, turns: usize) {
        let mut queue = self.queue();
        queue.left = turns;
        while queue.left > 0 {
            let Some(Reverse(first)) = queue.waiting.pop() else { return };
            // Whoever waits no more, because its call ended, takes none.
            if first.wake.send(()).is_ok() {
                queue.left -= 1;
            }
        }
    }

    /// Waits for one. It is spent, not held: a guest that took it and then waits for
    /// its service keeps nobody waiting.
    pub async fn take(self, used: u64) {
        let threads = || tokio::runtime::Handle::current().metrics().num_workers();
        self.0.threads.get_or_init(threads);
        let woken = {
            let mut queue = self.queue();
            if queue.left > 0 {
                queue.left -= 1;
                return;
            }
            let (wake, woken) = oneshot::channel();
            queue.met += 1;
            let number = queue.met;
            queue.waiting.push(Reverse(Waiter { used, number, wake }));
            woken
        };
        self.0.clock.wake();
        // The other end goes only with the process's last sandbox, and nobody waits then.
        let _ = woken.await;
    }

    /// Waits for a call of a guest; ticks pass while it computes.
    pub async fn computing<T>(&self, call: impl Future<Output = T>) -> T {
        let mut call = std::pin::pin!(call);
        let poll = |context: &mut Context<'_>| {
            let _counted = self.0.clock.begin();
            call.as_mut().poll(context)
        };
        std::future::poll_fn(poll).await
    }

    /// Whether ticks have to pass: somebody computes, or waits for a turn.
    fn is_busy(&self) -> bool {
        self.0.clock.computing.load(SeqCst) > 0 || !self.queue().waiting.is_empty()
    }

    /// Counts ticks, with each of which turns are handed out and `tick` is called, until
    /// that says no more or [`CpuScheduler::end`] does. To be had a thread of its own.
    pub fn keep_time(&self, mut tick: impl FnMut() -> bool) {
        let clock = &self.0.clock;
        let mut cores = cores();
        let (mut passed, mut quiet) = (0_u32, 0_u32);
        while !clock.ended.load(SeqCst) {
            quiet = if self.is_busy() { 0 } else { quiet + 1 };
            if quiet > QUIET_TICKS {
                clock.park(|| self.is_busy());
                quiet = 0;
            }
            std::thread::sleep(TICK);
            passed = (passed + 1) % TICKS_BETWEEN_COUNTS;
            if passed == 0 {
                cores = super::threads::cores();
            }
            self.begin_tick(self.turns(cores));
            if !tick() {
                return;
            }
        }
    }

    /// Ends the counting.
    pub fn end(&self) {
        self.0.clock.ended.store(true, SeqCst);
        self.0.clock.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::limits::runtime;

    #[test]
    fn a_burst_is_free_and_then_a_small_share() {
        let allowance = Allowance::new();
        let start = Instant::now();
        let free = |now| (0..100).filter(|_| allowance.claim_at(now) == Claim::Free).count();
        assert_eq!(free(start), 30);
        // A second later: two hundredths of a hundred ticks.
        let later = start + Duration::from_secs(1);
        assert_eq!(free(later), 2);
        assert_eq!(free(later + Duration::from_secs(3600)), 30);
    }

    #[test]
    fn every_core_is_used_and_a_thread_is_left_to_all_others() {
        for (cores, threads, turns) in [(2, 3, 2), (1, 2, 1), (8, 9, 8), (8, 8, 7), (1, 1, 1)] {
            let scheduler = CpuScheduler::new();
            scheduler.0.threads.set(threads).unwrap();
            assert_eq!(scheduler.turns(cores), turns, "{cores} cores, {threads} threads");
        }
        let runtime = runtime().unwrap();
        assert_eq!(runtime.metrics().num_workers(), cores() + 1);
    }

    #[tokio::test]
    async fn turns_are_not_saved_up() {
        let scheduler = CpuScheduler::new();
        for turns in [1, 7] {
            for _ in 0..1_000 {
                scheduler.begin_tick(turns);
            }
            assert_eq!(scheduler.queue().left, turns);
        }
    }

    #[tokio::test]
    async fn whoever_computed_least_goes_first_and_nobody_is_forgotten() {
        let scheduler = CpuScheduler::new();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for used in [9_000, 1_000, 5_000, 1_000] {
            let (turn, order) = (scheduler.clone(), order.clone());
            waiting.push(tokio::spawn(async move {
                turn.take(used).await;
                order.lock().unwrap().push(used);
            }));
            tokio::task::yield_now().await;
        }
        while order.lock().unwrap().len() < 4 {
            scheduler.begin_tick(1);
            tokio::task::yield_now().await;
        }
        assert_eq!(order.lock().unwrap().last(), Some(&9_000));
        assert_eq!(order.lock().unwrap().first(), Some(&1_000));
    }

    /// Ticks counted by a thread of a test.
    struct Counting {
        scheduler: CpuScheduler,
        ticks: Arc<AtomicUsize>,
        thread: Option<std::thread::JoinHandle<()>>,
    }

    impl Counting {
        fn start() -> Self {
            let (scheduler, ticks) = (CpuScheduler::new(), Arc::new(AtomicUsize::new(0)));
            let (turns, counted) = (scheduler.clone(), ticks.clone());
            let thread = std::thread::spawn(move || {
                turns.keep_time(|| {
                    counted.fetch_add(1, SeqCst);
                    true
                });
            });
            Self { scheduler, ticks, thread: Some(thread) }
        }

        /// Waits until no ticks pass; how many did.
        fn parked(&self) -> usize {
            while !self.scheduler.0.clock.parked.load(SeqCst) {
                std::thread::yield_now();
            }
            self.ticks.load(SeqCst)
        }
    }

    impl Drop for Counting {
        fn drop(&mut self) {
            self.scheduler.end();
            self.thread.take().unwrap().join().unwrap();
        }
    }

    #[test]
    fn no_ticks_pass_while_nobody_computes_and_whoever_begins_wakes_them() {
        let counting = Counting::start();
        let clock = &counting.scheduler.0.clock;
        for _ in 0..2 {
            let before = counting.parked();
            std::thread::sleep(3 * TICK);
            assert_eq!(counting.ticks.load(SeqCst), before);
            let computing = clock.begin();
            while counting.ticks.load(SeqCst) < before + 2 * QUIET_TICKS as usize {
                std::thread::yield_now();
            }
            assert!(!clock.parked.load(SeqCst), "somebody computes");
            drop(computing);
        }
    }

    #[tokio::test]
    async fn whoever_waits_for_a_turn_while_nobody_computes_gets_it() {
        let counting = Counting::start();
        counting.parked();
        counting.scheduler.queue().left = 0;
        counting.scheduler.clone().take(1_000).await;
        assert!(!counting.scheduler.0.clock.parked.load(SeqCst));
    }

    #[tokio::test]
    async fn a_call_counts_while_it_is_polled_and_not_while_it_waits() {
        let scheduler = CpuScheduler::new();
        let computing = || scheduler.0.clock.computing.load(SeqCst);
        let (wake, woken) = oneshot::channel::<()>();
        let call = scheduler.computing(async {
            assert_eq!(computing(), 1);
            let _ = woken.await;
            assert_eq!(computing(), 1);
        });
        let other = async {
            tokio::task::yield_now().await;
            assert_eq!(computing(), 0);
            drop(wake);
        };
        tokio::join!(call, other);
        assert_eq!(computing(), 0);
    }
}
