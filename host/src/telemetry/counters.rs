//! What the process counts without telling sources or sinks apart.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// Declares the counters and registers each of them, so that none can be missing.
macro_rules! counters {
    ($($name:ident: $help:literal,)*) => {
        /// Counters of one label set: that without labels.
        #[derive(Debug, Default)]
        pub struct Counters {
            $(#[doc = $help] pub $name: Counter,)*
        }

        impl Counters {
            pub(super) fn register(&self, registry: &mut Registry) {
                $(registry.register(stringify!($name), $help, self.$name.clone());)*
            }
        }
    };
}

// A sentence's end is put to each by the encoder.
counters! {
    requests_denied: "Requests that fit no grant",
    addresses_denied: "Names that resolve to an address that is not granted",
    readings_finished: "Ranges read to their end",
    readings_failed: "Readings that failed and were tried again",
    readings_endless: "Readings that did not end and were given up for now",
    clocks_apart: "Times that a service's clock and ours came far apart",
    log_lines_left_out: "Log lines left out as one of too many alike",
    source_findings: "Findings of components",
    source_starts_failed: "Sources that could not start",
    gaps_recorded: "Ranges that were not read",
    sources_silent: "Streams that fell silent against their history",
    sinks_not_ready: "Sinks that were not ready at start",
    files_shorter: "Files that held less than was written to them",
    files_rotated: "Files put aside for new ones",
    torn_lines_cut: "Torn last lines cut",
    callers_dropped: "Callers of the metrics that were cut off",
    state_failures: "Times that the state could not be written and was tried again",
    reloads: "Configurations read anew",
    reloads_refused: "Configurations refused while running",
}
