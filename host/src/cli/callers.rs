//! Who is being answered at `metrics_listen`, and for how long.
//!
//! Anybody who reaches the address may call, and a caller costs a descriptor, of which
//! sources and sinks need theirs. Invariants: there are at most as many callers at once as
//! [`Callers`] says; none stays longer than its deadlines, whatever it does not do; and one
//! that asks at once is answered, however many hold their places and do not.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signon_host::telemetry::{self, Telemetry};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// Most callers at once: a few scrapers, probes and operators, with room.
const MOST: u64 = 32;

/// Fewest, where descriptors are few.
const FEWEST: u64 = 4;

/// One in so many of the process's descriptors may be a caller's; the rest is for sources,
/// sinks and files.
const SHARE: u64 = 8;

/// How many may have the ledger read for them at once. It is read for seconds, and who is
/// waited for keeps its place; the others have to be able to lose theirs.
const WORKING: usize = 2;

/// How long a caller may take for what.
#[derive(Debug, Clone, Copy)]
struct Patience {
    to_ask: Duration,
    to_answer: Duration,
    to_take: Duration,
}

const PATIENCE: Patience = Patience {
    // A question is one packet.
    to_ask: Duration::from_secs(5),
    // The coverage of a year of a thousand streams takes seconds.
    to_answer: Duration::from_secs(60),
    // Some megabytes on a slow line.
    to_take: Duration::from_secs(10),
};

/// One caller.
#[derive(Debug, Clone)]
pub struct Caller {
    deadline: watch::Sender<Instant>,
    is_worked_for: Arc<AtomicBool>,
    work: Arc<Semaphore>,
    patience: Patience,
}

impl Caller {
    /// It has asked.
    pub fn asked(&self) {
        self.deadline.send_replace(Instant::now() + self.patience.to_answer);
    }

    /// Its answer is made.
    pub fn answered(&self) {
        self.deadline.send_replace(Instant::now() + self.patience.to_take);
    }

    /// Begins something that takes long, for as long as what is given back lives; `None`
    /// when others have that done already.
    pub fn begin_work(&self) -> Option<Work> {
        let permit = self.work.clone().try_acquire_owned().ok()?;
        self.is_worked_for.store(true, Ordering::Relaxed);
        Some(Work { is_worked_for: self.is_worked_for.clone(), _permit: permit })
    }
}

/// Something that takes long.
#[derive(Debug)]
pub struct Work {
    is_worked_for: Arc<AtomicBool>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Work {
    fn drop(&mut self) {
        self.is_worked_for.store(false, Ordering::Relaxed);
    }
}

/// All callers, the oldest first.
#[derive(Debug)]
pub struct Callers {
    most: usize,
    here: VecDeque<(AbortHandle, Arc<AtomicBool>)>,
    work: Arc<Semaphore>,
    patience: Patience,
    telemetry: Telemetry,
}

impl Callers {
    /// Nobody yet, in a process of that many descriptors.
    pub fn new(descriptors: u64, telemetry: Telemetry) -> Self {
        let most = (descriptors / SHARE).clamp(FEWEST, MOST);
        Self {
            most: usize::try_from(most).unwrap_or(WORKING + 1),
            here: VecDeque::new(),
            work: Arc::new(Semaphore::new(WORKING)),
            patience: PATIENCE,
            telemetry,
        }
    }

    /// Lets one in and serves it until it is done or its time is over. Where there is no
    /// room, the oldest goes that is not being worked for: who asks at once has been
    /// answered by then.
    pub fn admit<F>(&mut self, serve: impl FnOnce(Caller) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.here.retain(|(task, _)| !task.is_finished());
        while self.here.len() >= self.most {
            let idle = self.here.iter().position(|(_, worked)| !worked.load(Ordering::Relaxed));
            let Some((task, _)) = idle.and_then(|idle| self.here.remove(idle)) else { break };
            task.abort();
            telemetry::CallerDropped { reason: "others wait for its place" }.emit(&self.telemetry);
        }
        let (deadline, told) = watch::channel(Instant::now() + self.patience.to_ask);
        let caller = Caller {
            deadline,
            is_worked_for: Arc::default(),
            work: self.work.clone(),
            patience: self.patience,
        };
        let worked = caller.is_worked_for.clone();
        let (served, telemetry) = (serve(caller.clone()), self.telemetry.clone());
        let task = tokio::spawn(async move {
            // It lives as long as it is served: its deadline may still change.
            let _caller = caller;
            tokio::select! {
                () = served => {}
                () = over(told) => {
                    telemetry::CallerDropped { reason: "its time is over" }.emit(&telemetry);
                }
            }
        });
        self.here.push_back((task.abort_handle(), worked));
    }
}

/// Ends when the deadline has passed.
async fn over(mut deadline: watch::Receiver<Instant>) {
    loop {
        let until = *deadline.borrow_and_update();
        tokio::select! {
            () = tokio::time::sleep_until(until) => return,
            changed = deadline.changed() => {
                if changed.is_err() {
                    // Nobody changes it any more.
                    tokio::time::sleep_until(until).await;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Counts those that are served.
    struct Here(Arc<AtomicUsize>);

    impl Here {
        fn new(count: &Arc<AtomicUsize>) -> Self {
            count.fetch_add(1, Ordering::SeqCst);
            Self(count.clone())
        }
    }

    impl Drop for Here {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn callers(descriptors: u64) -> Callers {
        let soon = Duration::from_millis(20);
        let patience = Patience { to_ask: soon, to_answer: soon, to_take: soon };
        Callers { patience, ..Callers::new(descriptors, Telemetry::default()) }
    }

    async fn until_nobody_is(here: &AtomicUsize) {
        while here.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn callers_that_do_nothing_lose_their_places_to_others_and_then_to_time() {
        let (mut callers, here) =
            (Callers::new(1 << 20, Telemetry::default()), Arc::new(AtomicUsize::new(0)));
        let mut most = 0;
        let admit = |callers: &mut Callers| {
            let here = Here::new(&here);
            callers.admit(|_| async move {
                let _here = here;
                std::future::pending().await
            });
        };
        for _ in 0..1000 {
            admit(&mut callers);
            // On this thread those that were cut off go now.
            tokio::task::yield_now().await;
            most = most.max(here.load(Ordering::SeqCst));
        }
        assert!((32..=33).contains(&most), "{most}");
    }

    #[tokio::test]
    async fn who_is_worked_for_keeps_its_place_and_only_some_are() {
        let (mut callers, here) = (callers(64), Arc::new(AtomicUsize::new(0)));
        callers.patience.to_answer = Duration::from_secs(60);
        assert_eq!(callers.most, 8);
        let (sender, mut works) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..3 {
            let (sender, here) = (sender.clone(), here.clone());
            callers.admit(|caller| async move {
                caller.asked();
                let work = caller.begin_work();
                let _ = sender.send(work.is_some());
                let _here = work.is_some().then(|| Here::new(&here));
                std::future::pending().await
            });
        }
        for expected in [true, true, false] {
            assert_eq!(works.recv().await, Some(expected));
        }
        for _ in 0..100 {
            callers.admit(|_| std::future::pending());
            tokio::task::yield_now().await;
        }
        assert_eq!(here.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn nobody_stays_longer_than_the_deadlines_whatever_it_does_not_do() {
        let (mut callers, here) = (callers(1 << 20), Arc::new(AtomicUsize::new(0)));
        for step in 0..3 {
            let here = Here::new(&here);
            callers.admit(|caller| async move {
                let _here = here;
                if step > 0 {
                    caller.asked();
                }
                if step > 1 {
                    caller.answered();
                }
                std::future::pending().await
            });
        }
        until_nobody_is(&here).await;
    }
}
