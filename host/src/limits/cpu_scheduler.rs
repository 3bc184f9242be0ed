//! Who computes when there is more to compute than there are cores.
//!
//! Whoever computes briefly waits for nobody. Whoever computes for long takes turns
//! with all others who do, on all cores but one, and whoever computed least goes
//! first. So an honest tenant is served, however many others loop.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::TICK;

/// Ticks a source may compute at once without waiting for a turn. The built-ins need
/// two to four for a batch; on a machine that others use, too, several times that.
const BURST: f64 = 30.0;

/// The share of a core that a source may use without waiting for a turn, over time.
/// A hundred sources at it fill two cores.
const SHARE: f64 = 0.02;

/// After that long, half of what a source computed is forgotten.
const HALF_LIFE: Duration = Duration::from_secs(10);

/// Tasks a thread runs before it looks whether anything arrived from the network. A
/// guest computes for a tick at a time: with tokio's own 61 an answer would lie
/// unread for half a second when all threads are busy.
const TASKS_BETWEEN_LOOKS: u32 = 4;

/// Threads for what blocks: commits, files, names. With tokio's own 512 the commits of
/// a thousand streams that begin together would each hold a thread; they wait for one
/// another's sync anyway.
const BLOCKING_THREADS: usize = 64;

/// A runtime for a process that runs guests: the network is served however much they
/// compute.
///
/// # Errors
///
/// When the system gives no threads.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .event_interval(TASKS_BETWEEN_LOOKS)
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
}

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
pub struct CpuScheduler(Arc<Mutex<Queue>>);

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands out those of the tick that begins: one for each core but one. Turns of
    /// the last that nobody took are gone: saved up, they would be a rush later.
    pub fn begin_tick(&self) {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut queue = self.queue();
        queue.left = (cores - 1).max(1);
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
        // The other end goes only with the process's last sandbox, and nobody waits then.
        let _ = woken.await;
    }
}

/// Does what takes a while without holding up the tasks of this thread: compiling,
/// or waiting for another program.
pub(crate) fn off_the_threads<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[tokio::test]
    async fn turns_are_not_saved_up() {
        let scheduler = CpuScheduler::new();
        for _ in 0..1_000 {
            scheduler.begin_tick();
        }
        let cores = std::thread::available_parallelism().unwrap().get();
        assert_eq!(scheduler.queue().left, (cores - 1).max(1));
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
            scheduler.begin_tick();
            tokio::task::yield_now().await;
        }
        assert_eq!(order.lock().unwrap().last(), Some(&9_000));
        assert_eq!(order.lock().unwrap().first(), Some(&1_000));
    }
}
