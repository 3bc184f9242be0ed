//! Counters and the status registry as text: Prometheus' exposition format, and JSON for a
//! health check. Pure.
//!
//! Invariant: no label holds anything but ids of the configuration, streams and fixed
//! words; a secret or the text of a request never gets here.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Phase, Status, StatusRegistry};
use crate::shown;
use crate::state::StreamKey;
use crate::telemetry::counters;

/// All metrics of the process.
pub fn metrics(statuses: &StatusRegistry) -> String {
    let mut text = String::new();
    for (name, help, value) in counters().list() {
        let _ = write!(
            text,
            "# HELP signon_{name}_total {help}\n# TYPE signon_{name}_total counter\n\
             signon_{name}_total {value}\n"
        );
    }
    let (streams, not_started) = (statuses.streams(), statuses.sources_not_started());
    for gauge in GAUGES {
        let _ = write!(
            text,
            "# HELP signon_{0} {1}\n# TYPE signon_{0} {2}\n",
            gauge.name, gauge.help, gauge.kind
        );
        for (key, status) in &streams {
            if let Some(value) = (gauge.value)(status) {
                let _ = writeln!(
                    text,
                    "signon_{}{{{}}} {value}",
                    gauge.name,
                    labels(statuses, key, status)
                );
            }
        }
    }
    let _ = writeln!(text, "# HELP signon_stream_phase What a stream is doing: 1 for one phase.");
    let _ = writeln!(text, "# TYPE signon_stream_phase gauge");
    for (key, status) in &streams {
        for phase in Phase::ALL {
            let (labels, is) = (labels(statuses, key, status), u8::from(status.phase == phase));
            let _ =
                writeln!(text, "signon_stream_phase{{{labels},phase=\"{}\"}} {is}", phase.name());
        }
    }
    let _ = writeln!(text, "# HELP signon_sources_not_started Sources that could not start.");
    let _ = writeln!(text, "# TYPE signon_sources_not_started gauge");
    let _ = writeln!(text, "signon_sources_not_started {}", not_started.len());
    text
}

struct Gauge {
    name: &'static str,
    help: &'static str,
    kind: &'static str,
    value: fn(&Status) -> Option<String>,
}

/// A millisecond figure in seconds, exactly.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    format!("{sign}{}.{:03}", ms / 1000, ms % 1000)
}

const GAUGES: [Gauge; 13] = [
    Gauge {
        name: "read_until_seconds",
        help: "Read up to here at the live edge, Unix time; now minus this is the lag.",
        kind: "gauge",
        value: |status| status.read_until_ms.map(seconds),
    },
    Gauge {
        name: "closed_until_seconds",
        help: "Read for the last time up to here, Unix time.",
        kind: "gauge",
        value: |status| status.closed_until_ms.map(seconds),
    },
    Gauge {
        name: "newest_event_seconds",
        help: "Time of the newest event, Unix time.",
        kind: "gauge",
        value: |status| status.newest_event_ms.map(seconds),
    },
    Gauge {
        name: "silent_seconds",
        help: "For how long the stream is silent against its own history; 0 if it is not.",
        kind: "gauge",
        value: |status| Some(seconds(status.silent_for_ms.unwrap_or(0))),
    },
    Gauge {
        name: "clock_ahead_seconds",
        help: "How far our clock is ahead of the service's, where that is too far; 0 if not.",
        kind: "gauge",
        value: |status| Some(seconds(status.clock_ahead_ms.unwrap_or(0))),
    },
    Gauge {
        name: "unproven",
        help: "1 while the last reading proves nothing, as of a retired service.",
        kind: "gauge",
        value: |status| Some(u8::from(status.doubt.is_some()).to_string()),
    },
    Gauge {
        name: "failures_in_a_row",
        help: "Failures since something last worked.",
        kind: "gauge",
        value: |status| Some(status.failures.to_string()),
    },
    Gauge {
        name: "stream_received_total",
        help: "Records received.",
        kind: "counter",
        value: |status| Some(status.counts.received.to_string()),
    },
    Gauge {
        name: "stream_emitted_total",
        help: "Events delivered.",
        kind: "counter",
        value: |status| Some(status.counts.emitted.to_string()),
    },
    Gauge {
        name: "stream_duplicate_total",
        help: "Events that had been met before.",
        kind: "counter",
        value: |status| Some(status.counts.duplicate.to_string()),
    },
    Gauge {
        name: "stream_yielded_total",
        help: "Events that another source delivered.",
        kind: "counter",
        value: |status| Some(status.counts.yielded.to_string()),
    },
    Gauge {
        name: "stream_filtered_total",
        help: "Records that are no sign-ons or not wanted.",
        kind: "counter",
        value: |status| Some(status.counts.filtered.to_string()),
    },
    Gauge {
        name: "stream_rejected_total",
        help: "Records that could not be read.",
        kind: "counter",
        value: |status| Some(status.counts.rejected.to_string()),
    },
];

fn labels(statuses: &StatusRegistry, key: &StreamKey, status: &Status) -> String {
    let shown = |text: &str| escape(&shown::line(&statuses.shown(text)));
    format!(
        "tenant=\"{}\",source=\"{}\",stream=\"{}\"",
        shown(&status.tenant),
        escape(&key.source),
        shown(&key.stream)
    )
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Whether all is well, and each stream as it stands, as JSON. A stream that waits
/// for an operator or a sink, or whose clock is off, is not well; one that is tried again
/// soon is.
pub fn health(statuses: &StatusRegistry) -> (bool, String) {
    let (streams, not_started) = (statuses.streams(), statuses.sources_not_started());
    let unwell = |status: &Status| {
        matches!(status.phase, Phase::Paused | Phase::Blocked) || status.clock.is_some()
    };
    let healthy = not_started.is_empty() && !streams.iter().any(|(_, status)| unwell(status));
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
    let text = json!({ "healthy": healthy, "streams": list, "not_started": not_started });
    (healthy, json_text(statuses, text))
}

/// JSON for whoever asks from outside: without the values of variables, and with nothing
/// that a terminal obeys.
pub fn json_text(statuses: &StatusRegistry, mut value: Value) -> String {
    shown::each_text(&mut value, &mut |text| *text = statuses.shown(text));
    format!("{}\n", shown::json(&value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses() -> (StatusRegistry, StreamKey) {
        let key = StreamKey {
            source: "acme".into(),
            fingerprint: "f".into(),
            stream: "us \"x\"\n".into(),
        };
        let statuses = StatusRegistry::default();
        statuses.enter(&key, "tenant");
        (statuses, key)
    }

    #[test]
    fn every_line_of_the_metrics_is_well_formed() {
        let (statuses, key) = statuses();
        statuses.tell(&key, |status| {
            status.read_until_ms = Some(1_234_567);
            status.counts.emitted = 7;
        });
        let text = metrics(&statuses);
        assert!(text.contains("signon_read_until_seconds{tenant=\"tenant\",source=\"acme\",stream=\"us \\\"x\\\"\\\\u{a}\"} 1234.567\n"), "{text}");
        assert!(text.contains("signon_stream_emitted_total{"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("signon_") && value.parse::<f64>().is_ok(), "{line}");
        }
    }

    #[test]
    fn a_paused_stream_is_unwell_and_a_failing_one_is_not_yet() {
        let (statuses, key) = statuses();
        assert!(health(&statuses).0);
        statuses.tell(&key, |status| status.phase = Phase::Failing);
        assert!(health(&statuses).0);
        statuses.tell(&key, |status| {
            status.phase = Phase::Paused;
            status.error = Some("key refused".into());
        });
        let (healthy, text) = health(&statuses);
        assert!(!healthy && text.contains("key refused") && text.contains("\"paused\""), "{text}");
    }

    #[test]
    fn a_source_that_did_not_start_is_unwell() {
        let (statuses, _) = statuses();
        statuses.not_started("other", "no such file");
        assert!(!health(&statuses).0);
        statuses.leave("other");
        assert!(health(&statuses).0);
    }
}
