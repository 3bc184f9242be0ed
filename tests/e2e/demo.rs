//! `signon demo`: what anybody tries first.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::Command;

use signon_host::render::{Format, event_id};
use signon_simulator::Options;

use crate::support::{Finished, Output, Running, Service, signon};

const EVENTS: u64 = 1_000;

fn demo(seed: u64) -> Command {
    signon(["demo", "--events", &EVENTS.to_string(), "--seed", &seed.to_string()])
}

/// What all services of that seed know to be events: ids follow from the seed.
fn truth(seed: u64) -> BTreeSet<String> {
    let services = signon_simulator::Service::ALL;
    let options =
        Options { seed, events: EVENTS, services: services.to_vec(), ..Options::default() };
    let simulator = Service::start(options).simulator;
    services.iter().flat_map(|service| simulator.truth_of(*service)).collect()
}

#[test]
fn a_demo_prints_every_sign_on_once_and_a_summary_beside_it() {
    let finished = Finished::of(&mut demo(7)).success();
    let truth = truth(7);
    let output = Output::parse(&finished.stdout);
    assert_eq!(output.events.len(), truth.len());
    output.assert_holds(&truth);
    let written = format!("{} events written and committed", truth.len());
    for told in [&*written, "exactly once", "Logon", "oci_audit", "idcs", "oam"] {
        assert!(finished.stderr.contains(told), "{told} is missing: {}", finished.stderr);
    }
}

#[test]
fn the_same_seed_gives_the_same_events_and_another_seed_others() {
    let of = |seed| Output::parse(&Finished::of(&mut demo(seed)).success().stdout).ids();
    let first = of(1);
    assert_eq!(first, of(1));
    assert_ne!(first, of(2));
}

#[test]
fn a_demo_of_raw_records_prints_the_records_themselves() {
    let finished = Finished::of(demo(3).args(["--format", "raw"])).success();
    let records: Vec<&str> = finished.stdout.lines().collect();
    let ids: BTreeSet<String> =
        records.iter().map(|record| event_id(record, Format::Raw).unwrap()).collect();
    assert_eq!(records.len(), ids.len());
    assert_eq!(ids, truth(3));
}

#[test]
fn an_unknown_format_is_refused_with_those_there_are() {
    let finished = Finished::of(demo(1).args(["--format", "xml"]));
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("unknown format `xml`: use one of ocsf"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    // More than a pipe holds, so that the command does meet the closed end.
    let mut command = signon(["demo", "--events", "3000"]);
    let (running, mut stdout) = Running::start_unread(&mut command);
    stdout.read_exact(&mut [0; 100]).unwrap();
    drop(stdout);
    let finished = running.wait().success();
    assert!(finished.stderr.contains("exactly once"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}
