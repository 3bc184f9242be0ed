//! What the simulator did so far.
//!
//! The invariant: a request is counted once, under the status that the rules
//! gave it; an answer that was spoilt on purpose counts as a fault, not as a
//! rejection.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts since the simulator started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Requests received.
    pub requests: u64,
    /// Pages of records answered with 200, without those cut off on purpose.
    pub pages: u64,
    /// Records on those pages; a record served twice counts twice.
    pub records: u64,
    /// Faults injected: throttling, server errors, cut connections, expired
    /// tokens and empty pages.
    pub faults: u64,
    /// Requests refused by the rules, by HTTP status.
    pub rejected: BTreeMap<u16, u64>,
    /// Bytes of response bodies handed to connections.
    pub bytes: u64,
}

/// The counts as the server keeps them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    counts: Mutex<Statistics>,
    bytes: Arc<AtomicU64>,
}

impl Counters {
    pub(crate) fn update(&self, change: impl FnOnce(&mut Statistics)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The byte counter, for bodies that count as they are sent.
    pub(crate) fn bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }

    pub(crate) fn snapshot(&self) -> Statistics {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        counts.bytes = self.bytes.load(Ordering::Relaxed);
        counts
    }
}
