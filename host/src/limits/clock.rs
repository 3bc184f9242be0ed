//! Whether ticks have to pass.
//!
//! Invariant: whoever begins to compute, or to wait for a turn, wakes the thread that counts
//! them, whenever it went to sleep.

use std::sync::OnceLock;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread::Thread;

/// When the thread that counts ticks may sleep.
#[derive(Debug, Default)]
pub struct Clock {
    /// Guests that compute at this moment.
    pub computing: AtomicUsize,
    /// Whether the thread sleeps, or is about to.
    pub parked: AtomicBool,
    pub ended: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Clock {
    /// Sleeps until somebody computes or waits. That is looked at once all others can see
    /// that this thread has to be woken, so that none is missed.
    pub fn park(&self, is_busy: impl Fn() -> bool) {
        self.thread.get_or_init(std::thread::current);
        self.parked.store(true, SeqCst);
        while self.parked.load(SeqCst) && !self.ended.load(SeqCst) && !is_busy() {
            std::thread::park();
        }
        self.parked.store(false, SeqCst);
    }

    pub fn wake(&self) {
        // Nearly always it is awake, and looking costs less than writing.
        if self.parked.load(SeqCst)
            && self.parked.swap(false, SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    pub fn begin(&self) -> Counted<'_> {
        self.computing.fetch_add(1, SeqCst);
        self.wake();
        Counted(self)
    }
}

/// Somebody who computes, until this goes: even if a call panics.
pub struct Counted<'c>(&'c Clock);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.computing.fetch_sub(1, SeqCst);
    }
}
