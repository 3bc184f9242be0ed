//! What is counted for each source and each sink of the configuration.
//!
//! Invariant: a constant number of series for each; what left the configuration has none.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;

use crate::ledger::Counts;

/// What may become of a record: its name, and how many did.
pub type Outcome = (&'static str, fn(&Counts) -> u64);

/// What becomes of a record that was received. All of them together are what was received.
pub const OUTCOMES: [Outcome; 5] = [
    ("emitted", |counts| counts.emitted),
    ("duplicate", |counts| counts.duplicate),
    ("yielded", |counts| counts.yielded),
    ("filtered", |counts| counts.filtered),
    ("rejected", |counts| counts.rejected),
];

/// The counters of a source.
#[derive(Debug)]
pub(super) struct SourceSeries {
    tenant: String,
    records: [Counter; OUTCOMES.len()],
}

impl SourceSeries {
    pub(super) fn new(tenant: &str) -> Self {
        Self { tenant: tenant.to_owned(), records: Default::default() }
    }

    pub(super) fn add(&self, counts: &Counts) {
        for (counter, (_, of)) in self.records.iter().zip(OUTCOMES) {
            counter.inc_by(of(counts));
        }
    }
}

/// The counters of a sink.
#[derive(Debug, Default)]
pub(super) struct SinkSeries {
    pub(super) events: Counter,
    pub(super) dead_letters: Counter,
    pub(super) rejected: Counter,
    pub(super) failures: Counter,
    pub(super) retries: Counter,
}

/// A counter that every sink has: its name, its meaning, where it is.
type OfASink = (&'static str, &'static str, fn(&SinkSeries) -> &Counter);

const OF_A_SINK: [OfASink; 5] = [
    ("sink_events", "Events of batches that a sink took, whatever became of them there.", |sink| {
        &sink.events
    }),
    ("sink_dead_letters", "Events that a sink refused and that were put aside.", |sink| {
        &sink.dead_letters
    }),
    ("sink_events_rejected", "Events that a sink took and rejected.", |sink| &sink.rejected),
    ("sink_failures", "Batches that a sink did not take.", |sink| &sink.failures),
    ("sink_retries", "Requests to a sink that were made again.", |sink| &sink.retries),
];

/// The counters of everything of one kind, by id.
#[derive(Debug)]
pub(super) struct ById<S>(Arc<Mutex<BTreeMap<Arc<str>, Arc<S>>>>);

impl<S> Default for ById<S> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<S> Clone for ById<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> ById<S> {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Arc<S>>> {
        // Whole entries come and go.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of an id: these, if it has none yet.
    pub(super) fn of(&self, id: &Arc<str>, fresh: S) -> Arc<S> {
        self.all().entry(id.clone()).or_insert_with(|| Arc::new(fresh)).clone()
    }

    pub(super) fn forget(&self, id: &str) {
        self.all().remove(id);
    }
}

impl Collector for ById<SourceSeries> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Records received, by what became of them.";
        let mut family =
            encoder.encode_descriptor("source_records", help, None, MetricType::Counter)?;
        for (id, source) in &*self.all() {
            for ((outcome, _), counter) in OUTCOMES.iter().zip(&source.records) {
                let labels = [("source", &**id), ("tenant", &source.tenant), ("outcome", outcome)];
                counter.encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

impl Collector for ById<SinkSeries> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, counter) in OF_A_SINK {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (id, sink) in &*self.all() {
                counter(sink).encode(family.encode_family(&[("sink", &**id)])?)?;
            }
        }
        Ok(())
    }
}
