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

/// Declares the counters and the list that metrics are written from, so that none
/// can be missing there.
macro_rules! counters {
    ($($name:ident: $help:literal,)*) => {
        /// Every counter of this process.
        #[derive(Debug, Default)]
        pub struct Counters {
            $(#[doc = $help] pub $name: Counter,)*
        }

        impl Counters {
            /// Name, meaning and value of each.
            pub fn list(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), $help, self.$name.get()),)*]
            }
        }
    };
}

counters! {
    requests_denied: "Requests that fit no grant.",
    addresses_denied: "Names that resolve to an address that is not granted.",
    events_emitted: "Events delivered and committed.",
    events_duplicate: "Events that had been met before.",
    events_yielded: "Events that another source delivered.",
    records_received: "Records received.",
    records_filtered: "Records that are no sign-ons or not wanted.",
    records_rejected: "Records that could not be read.",
    readings_finished: "Ranges read to their end.",
    readings_failed: "Readings that failed and were tried again.",
    readings_endless: "Readings that did not end and were given up for now.",
    clocks_apart: "Times that a service's clock and ours came far apart.",
    log_lines_left_out: "Log lines left out as one of too many alike.",
    source_findings: "Findings of components.",
    source_starts_failed: "Sources that could not start.",
    files_shorter: "Files that held less than was written to them.",
    torn_lines_cut: "Torn last lines cut.",
    sink_failures: "Batches that a sink did not take.",
    gaps_recorded: "Ranges that were not read.",
    sources_silent: "Streams that fell silent against their history.",
    callers_dropped: "Callers of the metrics that were cut off.",
    reloads: "Configurations read anew.",
    reloads_refused: "Configurations refused while running.",
    sinks_not_ready: "Sinks that were not ready at start.",
    sink_retries: "Requests to sinks that were tried again.",
    dead_letters: "Events that a sink refused and that were put aside.",
    sink_events_rejected: "Events that a sink took and rejected.",
    files_rotated: "Files put aside for new ones.",
}

/// The counters.
pub fn counters() -> &'static Counters {
    static COUNTERS: std::sync::LazyLock<Counters> = std::sync::LazyLock::new(Counters::default);
    &COUNTERS
}
