//! What is told of a collector that has everything, and of one that has very much.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::StatusCode;

use super::*;
use crate::ledger::Counts;
use crate::state::StreamKey;
use crate::telemetry::{self, RequestSent, SinkDelivered};

/// When everything is looked at.
const NOW: i64 = 1_764_000_060_500;

/// The page on which every metric is documented.
const PAGE: &str = include_str!("../../../../docs/operation.md");

/// Series that are not of a source, a sink or a stream: counters, phases, and three
/// histograms of a type that has met every fate.
const OTHERS: usize = 132;

/// Series of a source that is in every kind of trouble.
const MOST_OF_A_SOURCE: usize = 10;

const OF_A_SINK: usize = 5;

/// Most series of a stream: figures, what became of its records, its phase.
const MOST_OF_A_STREAM: usize = 13;

fn key(source: &str, stream: &str) -> StreamKey {
    StreamKey { source: source.into(), fingerprint: "f".into(), stream: stream.into() }
}

fn statuses() -> (StatusRegistry, StreamKey) {
    let (statuses, key) = (StatusRegistry::default(), key("acme", "us \"x\"\n"));
    statuses.enter(&key, "tenant");
    (statuses, key)
}

/// Everything that can be wrong with a stream, and numbers as they get after a while.
fn in_trouble(status: &mut Status) {
    status.read_until_ms = Some(NOW - 60_500);
    status.closed_until_ms = Some(NOW - 3_600_000);
    status.newest_event_ms = Some(NOW - 90_001);
    status.silent_for_ms = Some(7_200_000);
    status.clock_ahead_ms = Some(-400_000);
    status.doubt = Some("empty".to_owned());
    status.counts = COUNTS;
}

const COUNTS: Counts = Counts {
    received: 123_456,
    emitted: 1_234,
    duplicate: 22,
    yielded: 0,
    filtered: 122_200,
    rejected: 0,
};

/// A collector with that many tenants of one source with one stream, and of sinks, all in
/// trouble.
fn collector(tenants: usize, sinks: usize) -> (Telemetry, StatusRegistry) {
    let (telemetry, statuses) = (Telemetry::default(), StatusRegistry::default());
    for number in 0..tenants {
        let (source, tenant) = (format!("tenant_{number:05}_oci"), format!("tenant-{number:05}"));
        let told = telemetry.source(&source, &tenant, "oci_audit");
        let ages = [Duration::from_secs(70)].into_iter();
        telemetry::BatchCommitted { stream: "x", counts: COUNTS, ages }.emit(&told);
        let key = key(&source, "us-ashburn-1/ocid1.tenancy.oc1..aaaaaaaabbbbbbbbccccccccdddddddd");
        statuses.enter(&key, &tenant);
        statuses.tell(&key, in_trouble);
        for status in [None, Some(200), Some(304), Some(404), Some(500), Some(600)] {
            let status = status.and_then(|status| StatusCode::from_u16(status).ok());
            RequestSent { status, took: Duration::from_millis(80) }.emit(&told);
        }
    }
    for number in 0..sinks {
        let told = telemetry.sink(&format!("siem_{number}"), "http");
        SinkDelivered { events: 7, took: Duration::from_millis(8) }.emit(&told);
    }
    (telemetry, statuses)
}

/// Series of each name, and their labels but those of buckets.
fn series(text: &str) -> BTreeMap<&str, (usize, BTreeSet<&str>)> {
    let mut found = BTreeMap::<_, (usize, BTreeSet<_>)>::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let (count, names) = found.entry(name).or_default();
        *count += 1;
        let labels = labels.strip_suffix('}').unwrap().split("\",").filter(|one| !one.is_empty());
        names.extend(labels.map(|label| label.split_once("=\"").unwrap().0));
        names.remove("le");
    }
    found
}

fn how_many(text: &str) -> usize {
    series(text).values().map(|(count, _)| count).sum()
}

#[test]
fn every_line_of_the_metrics_is_well_formed() {
    let (statuses, key) = statuses();
    statuses.tell_streams(true);
    statuses.tell(&key, |status| {
        status.read_until_ms = Some(1_234_567);
        status.counts.emitted = 7;
    });
    let text = metrics(&Telemetry::default(), &statuses, 2_000_000);
    let labels = r#"source="acme",tenant="tenant",stream="us \"x\"\\u{a}""#;
    for expected in [
        format!("signon_stream_read_until_timestamp_seconds{{{labels}}} 1234.567\n"),
        format!("signon_stream_records_total{{{labels},outcome=\"emitted\"}} 7\n"),
        format!("signon_stream_phase{{{labels},phase=\"starting\"}} 1\n"),
        "signon_source_lag_seconds{source=\"acme\",tenant=\"tenant\"} 765.433\n".to_owned(),
    ] {
        assert!(text.contains(&expected), "{expected}{text}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("signon_") && value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn a_source_is_as_well_as_the_worst_of_its_streams() {
    let statuses = StatusRegistry::default();
    for stream in ["a", "b"] {
        statuses.enter(&key("acme", stream), "t");
        statuses.tell(&key("acme", stream), |status| status.read_until_ms = Some(NOW - 5_000));
    }
    let one = |statuses: &StatusRegistry, name: &str| {
        let text = metrics(&Telemetry::default(), statuses, NOW);
        let start = format!("signon_source_{name}{{source=\"acme\",tenant=\"t\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
    };
    assert_eq!(one(&statuses, "up").as_deref(), Some("1.0"));
    assert_eq!(one(&statuses, "lag_seconds").as_deref(), Some("5.0"));
    assert_eq!(one(&statuses, "silent_seconds"), None);
    statuses.tell(&key("acme", "b"), |status| {
        in_trouble(status);
        status.phase = Phase::Blocked;
    });
    assert_eq!(one(&statuses, "up").as_deref(), Some("0.0"));
    assert_eq!(one(&statuses, "lag_seconds").as_deref(), Some("60.5"));
    assert_eq!(one(&statuses, "silent_seconds").as_deref(), Some("7200.0"));
    assert_eq!(one(&statuses, "clock_ahead_seconds").as_deref(), Some("-400.0"));
    assert_eq!(one(&statuses, "unproven").as_deref(), Some("1.0"));
    // How far a source is nobody knows while one of its streams was not read at all.
    statuses.enter(&key("acme", "c"), "t");
    assert_eq!(one(&statuses, "lag_seconds"), None);
}

#[test]
fn every_phase_is_counted_in_its_place() {
    for (place, phase) in Phase::ALL.into_iter().enumerate() {
        assert_eq!(phase as usize, place);
        let (statuses, key) = statuses();
        statuses.tell(&key, |status| status.phase = phase);
        let text = metrics(&Telemetry::default(), &statuses, NOW);
        assert!(text.contains(&format!("signon_streams{{phase=\"{}\"}} 1\n", phase.name())));
        assert_eq!(text.matches("signon_streams{").count(), Phase::ALL.len());
    }
}

/// What a monitoring system pays for.
#[test]
fn a_source_has_a_few_series_however_many_streams_it_has() {
    let (telemetry, statuses) = collector(2_000, 3);
    let text = metrics(&telemetry, &statuses, NOW);
    let few = how_many(&text);
    assert!(few <= 2_000 * MOST_OF_A_SOURCE + 3 * OF_A_SINK + OTHERS, "{few}");
    assert_eq!(SERIES_OF_A_SOURCE + OUTCOMES.len(), MOST_OF_A_SOURCE);
    let (some, _) = collector(1, 3);
    let others = how_many(&some.text()) - OUTCOMES.len() - 3 * OF_A_SINK;
    assert!(others + Phase::ALL.len() < OTHERS, "{others}");
    // Streams add to it where they are asked for, and nowhere else.
    for number in 0..100 {
        statuses.enter(&key("tenant_00000_oci", &format!("region-{number}")), "tenant-00000");
    }
    assert_eq!(how_many(&metrics(&telemetry, &statuses, NOW)), few - 1, "one lag is unknown");
    statuses.tell_streams(true);
    let many = how_many(&metrics(&telemetry, &statuses, NOW));
    assert!(many > few && many < few + 2_100 * MOST_OF_A_STREAM, "{many}");
    assert!(text.len() < 2_000 * 1_200, "{}", text.len());
}

#[test]
fn what_leaves_the_configuration_leaves_the_metrics() {
    let (telemetry, statuses) = collector(3, 2);
    telemetry.forget_source("tenant_00001_oci");
    statuses.leave("tenant_00001_oci");
    telemetry.forget_sink("siem_1");
    let text = metrics(&telemetry, &statuses, NOW);
    assert!(!text.contains("tenant_00001") && !text.contains("siem_1"), "{text}");
    assert!(text.contains("tenant_00002") && text.contains("siem_0"), "{text}");
}

/// The page has a row for each metric that there is, with its kind, labels and meaning as
/// they are told to who scrapes.
#[test]
fn the_documented_metrics_are_those_that_are_told() {
    let (telemetry, statuses) = collector(1, 1);
    statuses.tell_streams(true);
    let text = metrics(&telemetry, &statuses, NOW);
    let found = series(&text);
    let mut kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let mut told = BTreeSet::new();
    for help in text.lines().filter_map(|line| line.strip_prefix("# HELP ")) {
        let (name, meaning) = help.split_once(' ').unwrap();
        let (_, kind) = kinds.next().unwrap().split_once(' ').unwrap();
        let suffix = if kind == "histogram" { "_bucket" } else { "" };
        let (_, labels) = &found[&*format!("{name}{suffix}")];
        let labels: Vec<&str> = labels.iter().copied().collect();
        told.insert(format!("| `{name}` | {kind} | {} | {meaning} |", labels.join(", ")));
    }
    let documented: BTreeSet<String> =
        PAGE.lines().filter(|line| line.starts_with("| `signon_")).map(str::to_owned).collect();
    let missing: Vec<_> = told.difference(&documented).collect();
    let wrong: Vec<_> = documented.difference(&told).collect();
    assert!(missing.is_empty() && wrong.is_empty(), "missing: {missing:#?}\nwrong: {wrong:#?}");
}

/// By Prometheus' conventions: base units, and a name that says what is counted.
#[test]
fn every_name_is_as_prometheus_wants_it() {
    let (telemetry, statuses) = collector(1, 1);
    statuses.tell_streams(true);
    let text = metrics(&telemetry, &statuses, NOW);
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
        assert!(kind != "histogram" || name.ends_with("_seconds"), "{line}");
        assert!(
            !["_ms", "_minutes", "_hours", "_milliseconds"].iter().any(|unit| name.contains(unit))
        );
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
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
    statuses.not_started("other", "t", "no such file");
    assert!(!health(&statuses).0);
    let text = metrics(&Telemetry::default(), &statuses, NOW);
    assert!(text.contains("signon_source_up{source=\"other\",tenant=\"t\"} 0"), "{text}");
    statuses.leave("other");
    assert!(health(&statuses).0);
}
