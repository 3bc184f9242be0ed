//! What the host computes for a source is the source's own computing.
//!
//! The tasks that decrypt and decode a service's bytes are the host's, but how much
//! they do is the service's choice. So they spend the same allowance as the source's
//! guest, and wait for the same turns once it is spent.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::Executor;

use crate::limits::TICK;
use crate::limits::{Allowance, Claim, CpuScheduler};

/// The computing of one source. Clones share it.
#[derive(Debug, Clone)]
pub struct Work {
    pub allowance: Arc<Allowance>,
    /// Those of the sandbox, once a session ran in it.
    scheduler: Arc<OnceLock<CpuScheduler>>,
}

impl Work {
    pub fn new() -> Self {
        Self { allowance: Arc::new(Allowance::new()), scheduler: Arc::default() }
    }

    /// Takes turns with all others who do.
    pub fn take_part(&self, scheduler: &CpuScheduler) {
        self.scheduler.get_or_init(|| scheduler.clone());
    }

    /// A tick was spent: what to wait for before the next.
    fn tick(&self) -> Option<Wait> {
        match (self.allowance.claim(), self.scheduler.get()) {
            (Claim::Turn { used }, Some(scheduler)) => Some(Box::pin(scheduler.clone().take(used))),
            _ => None,
        }
    }
}

/// A turn under way.
type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<F> Executor<F> for Work
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, task: F) {
        let task =
            Metered { task: Box::pin(task), work: self.clone(), spent: Duration::ZERO, wait: None };
        tokio::spawn(task);
    }
}

/// A task whose computing is counted.
struct Metered<F> {
    task: Pin<Box<F>>,
    work: Work,
    /// Since the last tick.
    spent: Duration,
    wait: Option<Wait>,
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if let Some(wait) = &mut this.wait {
            std::task::ready!(wait.as_mut().poll(context));
            this.wait = None;
        }
        let started = Instant::now();
        let polled = this.task.as_mut().poll(context);
        this.spent += started.elapsed();
        if polled.is_pending() && this.spent >= TICK {
            // One poll may take several ticks; the next waits for the last of them.
            while this.spent >= TICK {
                this.spent -= TICK;
                this.wait = this.work.tick();
            }
            // What woke the task while it waits for its turn is looked at after it.
            context.waker().wake_by_ref();
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computes for a tick whenever it is asked, and never ends.
    struct Greedy(Arc<std::sync::atomic::AtomicUsize>);

    impl Future for Greedy {
        type Output = ();

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let started = Instant::now();
            while started.elapsed() < TICK {
                std::hint::spin_loop();
            }
            context.waker().wake_by_ref();
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_task_that_computes_all_the_time_waits_for_turns() {
        let scheduler = CpuScheduler::new();
        let work = Work::new();
        work.take_part(&scheduler);
        let polls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        work.execute(Greedy(polls.clone()));
        let polled = || polls.load(std::sync::atomic::Ordering::Relaxed);
        // Its allowance, and not once more however often others run.
        let mut before = usize::MAX;
        while polled() != before || before == 0 {
            before = polled();
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        }
        assert!(before < 40, "{before}");
        scheduler.begin_tick(1);
        while polled() == before {
            tokio::task::yield_now().await;
        }
    }
}
