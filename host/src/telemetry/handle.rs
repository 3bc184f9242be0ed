//! Whom events are told to.
//!
//! A handle and no global of the process: two collectors in one program count apart, and a
//! test sees its own events alone.
//!
//! Invariant: a label is an id of the configuration or a fixed word. What has the label of
//! a source or a sink is bounded in [`series`](super::series); a histogram is a dozen series
//! and so is told apart by `type` and by other fixed words alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::counters::Counters;
use super::series::{ById, SinkSeries, SourceSeries};
use super::thinning::{More, Thinning};
use crate::ledger::Counts;

/// What the name of every metric begins with.
pub const PREFIX: &str = "signon";

/// Seconds that somebody is waited for: from a neighbour to the longest time limits.
const WAIT_SECONDS: [f64; 10] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// Seconds from a sign-on to its commit: Oracle alone needs up to a quarter of an hour to
/// show one, and what is older than a day was read late.
const DELAY_SECONDS: [f64; 10] =
    [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 14_400.0, 86_400.0];

type Histograms<const N: usize> = Family<[(&'static str, Arc<str>); N], Histogram>;

/// What one collector tells of itself. Clones are the same.
#[derive(Debug, Clone)]
pub struct Telemetry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    counters: Counters,
    sources: ById<SourceSeries>,
    sinks: ById<SinkSeries>,
    requests: Histograms<2>,
    deliveries: Histograms<1>,
    delays: Histograms<1>,
    thinning: Thinning,
    /// What is done of each stream that is read back, from 0 to 1.
    backfilled: Mutex<BTreeMap<(Arc<str>, String), f64>>,
}

impl Default for Telemetry {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let counters = Counters::default();
        counters.register(&mut registry);
        let (sources, sinks) = (ById::default(), ById::default());
        registry.register_collector(Box::new(sources.clone()));
        registry.register_collector(Box::new(sinks.clone()));
        let requests = Histograms::new_with_constructor(|| Histogram::new(WAIT_SECONDS));
        let help = "How long a service took to begin an answer";
        registry.register("request_duration_seconds", help, requests.clone());
        let deliveries = Histograms::new_with_constructor(|| Histogram::new(WAIT_SECONDS));
        let help = "How long a sink took to take a batch";
        registry.register("delivery_duration_seconds", help, deliveries.clone());
        let delays = Histograms::new_with_constructor(|| Histogram::new(DELAY_SECONDS));
        let help = "How old an event was when it was committed, without those of a backfill";
        registry.register("event_delay_seconds", help, delays.clone());
        let thinning = Thinning::default();
        Self(Arc::new(Inner {
            registry,
            counters,
            sources,
            sinks,
            requests,
            deliveries,
            delays,
            thinning,
            backfilled: Mutex::default(),
        }))
    }
}

impl Telemetry {
    /// What is counted for the process as a whole.
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// What a line of a kind about a thing says of those left out before it; `None` where it
    /// is left out itself.
    pub(super) fn thinned(&self, kind: &'static str, about: &[&str]) -> Option<More> {
        let more = self.0.thinning.pass(kind, about);
        if more.is_none() {
            self.counters().log_lines_left_out.inc();
        }
        more
    }

    /// A source of the configuration: its id, its tenant as it may be shown, and its
    /// `type`. What was counted goes on until it is forgotten.
    pub fn source(&self, id: &str, tenant: &str, kind: &str) -> SourceTelemetry {
        let id: Arc<str> = id.into();
        let series = self.0.sources.of(&id, SourceSeries::new(tenant));
        let delays = self.0.delays.get_or_create_owned(&[("type", kind.into())]);
        let own = Own { kind: kind.into(), series, delays };
        SourceTelemetry { telemetry: self.clone(), id, own: Some(own) }
    }

    /// Who asks without being a source: named in the log, without series.
    pub fn no_source(&self, name: &str) -> SourceTelemetry {
        SourceTelemetry { telemetry: self.clone(), id: name.into(), own: None }
    }

    /// A source left the configuration.
    pub fn forget_source(&self, id: &str) {
        self.0.sources.forget(id);
    }

    /// A sink of the configuration, and its `type`. What was counted goes on until it is
    /// forgotten.
    pub fn sink(&self, id: &str, kind: &str) -> SinkTelemetry {
        let id: Arc<str> = id.into();
        let series = self.0.sinks.of(&id, SinkSeries::default());
        let deliveries = self.0.deliveries.get_or_create_owned(&[("type", kind.into())]);
        SinkTelemetry { telemetry: self.clone(), id, series, deliveries }
    }

    /// A sink left the configuration.
    pub fn forget_sink(&self, id: &str) {
        self.0.sinks.forget(id);
    }

    /// How much is done of all that is read back, from 0 to 1; `None` before anything is
    /// told.
    pub fn backfilled(&self) -> Option<f64> {
        let streams = self.0.backfilled.lock().unwrap_or_else(PoisonError::into_inner);
        let sum: f64 = streams.values().sum();
        (!streams.is_empty()).then(|| sum / streams.len() as f64)
    }

    /// All of it in Prometheus' text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // A string takes all that is written to it.
        let _ = prometheus_text::encode(&mut text, &self.0.registry);
        text
    }
}

/// What one source tells of itself. Clones are the same.
#[derive(Debug, Clone)]
pub struct SourceTelemetry {
    telemetry: Telemetry,
    id: Arc<str>,
    own: Option<Own>,
}

#[derive(Debug, Clone)]
struct Own {
    kind: Arc<str>,
    series: Arc<SourceSeries>,
    delays: Histogram,
}

impl SourceTelemetry {
    /// Source id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same, to be kept.
    pub fn shared_id(&self) -> &Arc<str> {
        &self.id
    }

    pub(super) fn counters(&self) -> &Counters {
        self.telemetry.counters()
    }

    /// Whether a line of a kind about this source is written, and what it says of others.
    pub(super) fn thinned(&self, kind: &'static str) -> Option<More> {
        self.telemetry.thinned(kind, &[self.id()])
    }

    /// The same about one of its streams.
    pub(super) fn thinned_of(&self, stream: &str, kind: &'static str) -> Option<More> {
        self.telemetry.thinned(kind, &[self.id(), stream])
    }

    pub(super) fn backfilled(&self, stream: &str, fraction: f64) {
        let streams = &self.telemetry.0.backfilled;
        let mut streams = streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.insert((self.id.clone(), stream.to_owned()), fraction);
    }

    pub(super) fn committed(&self, counts: &Counts, ages: impl Iterator<Item = Duration>) {
        if let Some(own) = &self.own {
            own.series.add(counts);
            ages.for_each(|age| own.delays.observe(age.as_secs_f64()));
        }
    }

    pub(super) fn answered(&self, status: Option<StatusCode>, took: Duration) {
        let Some(own) = &self.own else { return };
        // Which number it is a service chooses.
        let status = match status.map(|status| status.as_u16() / 100) {
            Some(2) => "2xx",
            Some(3) => "3xx",
            Some(4) => "4xx",
            Some(5) => "5xx",
            Some(_) => "other",
            None => "none",
        };
        let labels = [("type", own.kind.clone()), ("status", status.into())];
        self.telemetry.0.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// Of somebody who keeps no telemetry: named in the log, counted for nobody.
impl From<&str> for SourceTelemetry {
    fn from(name: &str) -> Self {
        Telemetry::default().no_source(name)
    }
}

/// What one sink tells of itself. Clones are the same.
#[derive(Debug, Clone)]
pub struct SinkTelemetry {
    telemetry: Telemetry,
    id: Arc<str>,
    series: Arc<SinkSeries>,
    deliveries: Histogram,
}

impl SinkTelemetry {
    /// Sink id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn counters(&self) -> &Counters {
        self.telemetry.counters()
    }

    /// Whether a line of a kind about this sink is written, and what it says of others.
    pub(super) fn thinned(&self, kind: &'static str) -> Option<More> {
        self.telemetry.thinned(kind, &[self.id()])
    }

    pub(super) fn series(&self) -> &SinkSeries {
        &self.series
    }

    pub(super) fn took(&self, events: u64, took: Duration) {
        self.series.events.inc_by(events);
        self.deliveries.observe(took.as_secs_f64());
    }
}

/// Of a sink that nobody watches: named in the log, counted for nobody.
impl From<&str> for SinkTelemetry {
    fn from(id: &str) -> Self {
        Telemetry::default().sink(id, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::BackfillProgress;

    #[test]
    fn a_backfill_is_shown_by_the_collector_that_runs_it_and_by_no_other() {
        let (own, other) = (Telemetry::default(), Telemetry::default());
        let source = own.source("acme", "", "oci_audit");
        assert_eq!(own.backfilled(), None);
        for (stream, percent) in [("one", 25.0), ("two", 0.0), ("one", 50.0)] {
            let progress = BackfillProgress {
                stream,
                percent,
                events: 1,
                events_per_second: 1.0,
                until: None,
            };
            progress.emit(&source);
        }
        assert_eq!((own.backfilled(), other.backfilled()), (Some(0.25), None));
    }
}
