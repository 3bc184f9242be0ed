//! The process's counters. Plain atomics: a metrics endpoint reads them.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Reads it.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Every counter of this process.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Counters {
    pub requests_denied: Counter,
    pub addresses_denied: Counter,
    pub events_emitted: Counter,
    pub events_duplicate: Counter,
    pub records_received: Counter,
    pub records_filtered: Counter,
    pub records_rejected: Counter,
    pub readings_finished: Counter,
    pub readings_failed: Counter,
    pub source_findings: Counter,
    pub source_starts_failed: Counter,
    pub files_shorter: Counter,
    pub torn_lines_cut: Counter,
    pub sink_failures: Counter,
    pub sinks_not_ready: Counter,
    pub sink_retries: Counter,
    pub dead_letters: Counter,
    pub sink_events_rejected: Counter,
    pub files_rotated: Counter,
}

/// The counters.
pub fn counters() -> &'static Counters {
    static COUNTERS: std::sync::LazyLock<Counters> = std::sync::LazyLock::new(Counters::default);
    &COUNTERS
}
