//! The three services of a migration: each alone, and all of them in one
//! configuration and one output.
//!
//! Law of every room here: each event of a service arrives exactly once, whatever
//! the service does, or the run says what is missing and why.

mod clients;
mod endless;
mod faults;
mod idcs;
mod oam;
mod renderings;
mod secrets;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;
use signon_host::render::{Format, event_id};
use signon_simulator::{Options, Service as Simulated};

use crate::support::{
    ConfigFile, Finished, Output, Running, Service, ids_of, options_of, run, signon, whole_lines,
};

const ALL: &[Simulated] = &Simulated::ALL;

/// One reading, so that no minute passing meanwhile has a range read again, and
/// pages of ten rows, so that there are several.
fn small_pages(service: &Service, sources: &[Simulated]) -> ConfigFile {
    let mut config = service.config();
    for source in sources {
        config = config.set_in(source.name(), "readings", "[\"0s\"]");
        if *source != Simulated::OciAudit {
            config = config.set_in(source.name(), "page_size", "10");
        }
    }
    config
}

/// How many events there are of each source. Every one has to name its own.
fn by_source(output: &Output) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in &output.events {
        let source = event["metadata"]["source"].as_str();
        let source = source.unwrap_or_else(|| panic!("no metadata.source: {event}"));
        *counts.entry(source.to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn all_three_services_go_through_one_run_once_and_through_a_second_not_at_all() {
    let service = Service::start(options_of(ALL));
    let first = service.collect();
    service.assert_holds(ALL);
    let output = Output::read(&service.events());
    let expected: BTreeMap<String, usize> = ALL
        .iter()
        .map(|one| (one.name().to_owned(), service.simulator.truth_of(*one).len()))
        .collect();
    assert_eq!(by_source(&output), expected);
    assert_eq!(first.counted("emitted") as usize, output.events.len());
    assert_eq!(first.counted("rejected"), 0);
    let delivered = whole_lines(&service.events());

    let second = service.collect();
    assert_eq!(second.counted("emitted"), 0);
    assert_eq!(whole_lines(&service.events()), delivered);
    let rejected = service.simulator.statistics().rejected;
    assert!(rejected.is_empty(), "{rejected:?}");
}

#[test]
fn one_sign_on_that_several_services_tell_of_has_one_correlation() {
    let finished = Finished::of(&mut signon(["demo", "--events", "1000", "--seed", "5"])).success();
    for line in finished.stdout.lines() {
        assert!(event_id(line, Format::Ocsf).is_some(), "no id: {line}");
    }
    let output = Output::parse(&finished.stdout);
    assert_eq!(by_source(&output).len(), 3);
    let mut tellers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for event in &output.events {
        if let Some(correlation) = event["metadata"]["correlation_uid"].as_str() {
            let source = event["metadata"]["source"].as_str().unwrap();
            tellers.entry(correlation).or_default().insert(source);
        }
    }
    let pairs: BTreeSet<&BTreeSet<&str>> =
        tellers.values().filter(|sources| sources.len() > 1).collect();
    // The living service beside each of the two that end.
    for ending in ["idcs", "oam"] {
        let joined = |pair: &&&BTreeSet<&str>| pair.contains("oci_audit") && pair.contains(ending);
        assert!(pairs.iter().any(|pair| joined(&pair)), "no join with {ending}: {pairs:?}");
    }
}

/// Formats that say where an event is from, each in its own place.
const FORMATS: [(Format, &str); 3] = [
    (Format::Ocsf1_9, "/metadata/source"),
    (Format::Ecs, "/oracle/signon/source"),
    (Format::Otel, "oracle.signon.source"),
];

/// The source that a line names.
fn source_of(line: &Value, place: &str) -> Option<String> {
    if place.starts_with('/') {
        return line.pointer(place)?.as_str().map(str::to_owned);
    }
    let attribute = line["attributes"].as_array()?.iter().find(|pair| pair["key"] == place)?;
    attribute["value"]["stringValue"].as_str().map(str::to_owned)
}

#[test]
fn every_format_is_exactly_once_although_the_run_is_killed() {
    let slow = Options { oam_event_count: 200, idcs_event_count: 300, ..options_of(ALL) };
    let service = Service::start(slow);
    let files: Vec<(Format, &str, PathBuf)> = FORMATS
        .map(|(format, place)| (format, place, service.path(&format!("{format}.ndjson"))))
        .to_vec();
    let sinks: String = files.iter().map(|(format, _, path)| sink(*format, path)).collect();
    let config = small_pages(&service, ALL)
        .set_in("oci_audit", "longest_range", "\"20m\"")
        .set_in("idcs", "longest_range", "\"20m\"")
        .set_in("oam", "longest_range", "\"20m\"")
        .with(&sinks)
        .write("formats.toml");

    // A part of what it takes, and several ranges at the least.
    service.simulator.answer_at_most(30);
    let mut running = Running::start(&mut run(&config, true));
    running.until("the first events of every format", |_| {
        files.iter().all(|(_, _, path)| !whole_lines(path).is_empty())
    });
    assert!(running.kill(), "it was done already");
    service.simulator.answer_all();
    let kept: Vec<Vec<u8>> = files.iter().map(|(_, _, path)| whole_lines(path)).collect();

    service.once(&config).success();
    service.assert_holds(ALL);
    let truth = service.truth_of(ALL);
    for ((format, place, path), kept) in files.iter().zip(kept) {
        assert!(kept.len() < whole_lines(path).len(), "{format}: it was done already");
        assert!(whole_lines(path).starts_with(&kept), "{format}: a whole line has changed");
        assert_eq!(ids_of(path, *format), truth, "{format}");
        let text = std::fs::read_to_string(path).unwrap();
        let named: BTreeSet<String> = text
            .lines()
            .map(|line| {
                let value = serde_json::from_str(line).unwrap();
                source_of(&value, place).unwrap_or_else(|| panic!("{format}: no source: {line}"))
            })
            .collect();
        assert_eq!(named.len(), ALL.len(), "{format}: {named:?}");
    }
}

/// A file sink for everything.
fn sink(format: Format, path: &std::path::Path) -> String {
    let id = format.to_string().replace('.', "_");
    format!(
        "\n[sinks.\"{id}\"]\ntype = \"file\"\ninputs = [\"*\"]\nformat = \"{format}\"\n\
         path = {path:?}\n"
    )
}
