//! Counters and statuses as text: Prometheus' exposition format, and JSON for a health
//! check. Pure.
//!
//! Invariants: no label holds anything but ids of the configuration and fixed words, and ids
//! of streams where they are asked for; a secret or the text of a request never gets here.
//! However many streams there are, a source is [`SERIES_OF_A_SOURCE`] and what is counted for
//! it.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use super::{Overview, Phase, SourceStatus, Status, StatusRegistry};
use crate::shown;
use crate::telemetry::{OUTCOMES, PREFIX, Telemetry};

/// Of [`metrics`].
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// All metrics of a collector, at a time in Unix milliseconds.
pub fn metrics(telemetry: &Telemetry, statuses: &StatusRegistry, now: i64) -> String {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Shown { overview: statuses.overview(), now }));
    let mut text = telemetry.text();
    // A string takes all that is written to it.
    let _ = prometheus_text::encode(&mut text, &registry);
    text
}

/// A figure that is not there where it says nothing.
struct Gauge<T> {
    name: &'static str,
    help: &'static str,
    value: fn(&T, now: i64) -> Option<f64>,
}

/// A figure in milliseconds in seconds.
#[allow(clippy::cast_precision_loss, reason = "times of this age of the world are exact")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

const OF_A_SOURCE: [Gauge<SourceStatus>; 5] = [
    Gauge {
        name: "source_up",
        help: "1 while a source reads, 0 while it did not start or waits for a sink or for you.",
        value: |source, _| Some(f64::from(u8::from(source.is_up))),
    },
    Gauge {
        name: "source_lag_seconds",
        help: "For how long a source has not been read at the live edge.",
        value: |source, now| source.read_until_ms.map(|until| seconds(now.saturating_sub(until))),
    },
    Gauge {
        name: "source_silent_seconds",
        help: "For how long a source is silent against its own history, while it is.",
        value: |source, _| source.silent_for_ms.map(seconds),
    },
    Gauge {
        name: "source_clock_ahead_seconds",
        help: "How far our clock is ahead of the service's, while that is too far.",
        value: |source, _| source.clock_ahead_ms.map(seconds),
    },
    Gauge {
        name: "source_unproven",
        help: "1 while the last reading of a source proves nothing, as of a retired service.",
        value: |source, _| source.is_unproven.then_some(1.0),
    },
];

/// Most series of a source beside those of what it counts.
pub const SERIES_OF_A_SOURCE: usize = OF_A_SOURCE.len();

const OF_A_STREAM: [Gauge<Status>; 7] = [
    Gauge {
        name: "stream_read_until_timestamp_seconds",
        help: "Read up to here at the live edge.",
        value: |status, _| status.read_until_ms.map(seconds),
    },
    Gauge {
        name: "stream_closed_until_timestamp_seconds",
        help: "Read for the last time up to here.",
        value: |status, _| status.closed_until_ms.map(seconds),
    },
    Gauge {
        name: "stream_newest_event_timestamp_seconds",
        help: "Time of the newest event.",
        value: |status, _| status.newest_event_ms.map(seconds),
    },
    Gauge {
        name: "stream_silent_seconds",
        help: "For how long a stream is silent against its own history, while it is.",
        value: |status, _| status.silent_for_ms.map(seconds),
    },
    Gauge {
        name: "stream_clock_ahead_seconds",
        help: "How far our clock is ahead of the service's, while that is too far.",
        value: |status, _| status.clock_ahead_ms.map(seconds),
    },
    Gauge {
        name: "stream_unproven",
        help: "1 while the last reading of a stream proves nothing, as of a retired service.",
        value: |status, _| status.doubt.as_ref().map(|_| 1.0),
    },
    Gauge {
        name: "stream_failures",
        help: "Failures since something last worked.",
        value: |status, _| Some(f64::from(status.failures)),
    },
];

/// What is told of the statuses at a time.
#[derive(Debug)]
struct Shown {
    overview: Overview,
    now: i64,
}

impl Shown {
    fn label(&self, text: &str) -> String {
        shown::line(&self.overview.hidden.shown(text)).into_owned()
    }

    /// Writes one figure of each of many things.
    fn gauges<T, L: EncodeLabelSet>(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        gauges: &[Gauge<T>],
        things: &[(L, &T)],
    ) -> fmt::Result {
        for Gauge { name, help, value } in gauges {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (labels, thing) in things {
                if let Some(value) = value(thing, self.now) {
                    family.encode_family(labels)?.encode_gauge(&value)?;
                }
            }
        }
        Ok(())
    }

    fn streams(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let streams = &self.overview.streams;
        if streams.is_empty() {
            return Ok(());
        }
        let labelled: Vec<_> = streams
            .iter()
            .map(|(key, status)| {
                let (tenant, stream) = (self.label(&status.tenant), self.label(&key.stream));
                ([("source", key.source.clone()), ("tenant", tenant), ("stream", stream)], status)
            })
            .collect();
        self.gauges(encoder, &OF_A_STREAM, &labelled)?;
        let help = "Records received, by what became of them.";
        let mut family =
            encoder.encode_descriptor("stream_records", help, None, MetricType::Counter)?;
        for (labels, status) in &labelled {
            for (outcome, of) in OUTCOMES {
                let labels = (labels.clone(), [("outcome", outcome)]);
                let count = of(&status.counts);
                family
                    .encode_family(&labels)?
                    .encode_counter::<NoLabelSet, _, u64>(&count, None)?;
            }
        }
        let help = "1 for what a stream is doing.";
        let mut family =
            encoder.encode_descriptor("stream_phase", help, None, MetricType::Gauge)?;
        for (labels, status) in &labelled {
            let labels = (labels.clone(), [("phase", status.phase.name())]);
            family.encode_family(&labels)?.encode_gauge(&1_u64)?;
        }
        Ok(())
    }
}

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Overview { sources, phases, not_started, .. } = &self.overview;
        let labelled: Vec<_> = sources
            .iter()
            .map(|source| {
                (
                    [("source", source.source.clone()), ("tenant", self.label(&source.tenant))],
                    source,
                )
            })
            .collect();
        self.gauges(&mut encoder, &OF_A_SOURCE, &labelled)?;
        let help = "Sources that could not start.";
        encoder
            .encode_descriptor("sources_not_started", help, None, MetricType::Gauge)?
            .encode_gauge(not_started)?;
        let help = "Streams, by what they are doing.";
        let mut family = encoder.encode_descriptor("streams", help, None, MetricType::Gauge)?;
        for (phase, streams) in Phase::ALL.iter().zip(phases) {
            family.encode_family(&[("phase", phase.name())])?.encode_gauge(streams)?;
        }
        self.streams(&mut encoder)
    }
}

/// Whether all is well, and each stream as it stands, as JSON.
pub fn health(statuses: &StatusRegistry) -> (bool, String) {
    let (streams, not_started) = (statuses.streams(), statuses.sources_not_started());
    let state = statuses.state_away();
    let healthy = not_started.is_empty()
        && state.is_none()
        && !streams.iter().any(|(_, status)| status.is_unwell());
    let list: Vec<_> = streams
        .iter()
        .map(|(key, status)| {
            let mut entry = json!(status);
            entry["source"] = json!(key.source);
            entry["stream"] = json!(key.stream);
            entry
        })
        .collect();
    let not_started: Vec<_> = not_started
        .iter()
        .map(|(source, error)| json!({ "source": source, "error": error }))
        .collect();
    let mut text = json!({ "healthy": healthy, "streams": list, "not_started": not_started });
    if let Some(away) = state {
        text["state"] = json!(away);
    }
    (healthy, json_text(statuses, text))
}

/// JSON for whoever asks from outside: without the values of variables, and with nothing
/// that a terminal obeys.
pub fn json_text(statuses: &StatusRegistry, mut value: Value) -> String {
    shown::each_text(&mut value, &mut |text| *text = statuses.shown(text));
    format!("{}\n", shown::json(&value.to_string()))
}

#[cfg(test)]
mod tests;
