//! Whose clock is right, and what turns up between two runs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use signon_simulator::{Faults, Options};

use crate::support::{HOUR, Service, ids, options, whole_lines};

/// Unix milliseconds.
fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[test]
fn records_that_appear_between_two_runs_are_the_second_runs() {
    // One and the same tenancy, seen four minutes ago and now.
    let dense =
        Options { now: Some(now()), span: 2 * HOUR, events: 1200, sign_on_share: 0.5, ..options() };
    let earlier = Faults::parse_all(["skew=-240"]).unwrap();
    let service = Service::start(Options { faults: earlier, ..dense.clone() });
    service.collect();
    let first = whole_lines(&service.events());
    let seen = ids(&service.events());
    let truth = service.simulator.truth();
    assert!(!seen.is_empty() && seen.is_subset(&truth));
    assert!(seen.len() < truth.len(), "nothing is left for the second run");

    let service = service.restart(dense);
    let second = service.collect();
    assert!(whole_lines(&service.events()).starts_with(&first));
    service.assert_complete();
    assert_eq!(second.counted("emitted") as usize, truth.len() - seen.len());
}

#[test]
fn a_clock_within_the_services_tolerance_loses_nothing() {
    for skew in ["skew=200", "skew=-200"] {
        let quiet = Options { quiet: Duration::from_secs(600), ..options() };
        let service = Service::with_faults(quiet, &[skew]);
        service.collect();
        service.assert_complete();
    }
}

#[test]
fn what_the_service_no_longer_keeps_is_told_and_passed() {
    let service = Service::start(Options { span: HOUR, ..options() });
    // Longer ago than Oracle keeps anything: the year that is left is all there is
    // to read, and reading it takes thousands of requests.
    let config = service.config().set("start", "\"367d ago\"").write("old.toml");
    let mut running = crate::support::Running::start(&mut crate::support::run(&config, false));
    running.until("requests", |_| service.simulator.statistics().requests > 3);
    running.terminate();
    running.wait().success();
    let text = service.coverage(&config, &["--json"]).success().stdout;
    let report: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    let gap = &report["segments"][0];
    assert_eq!(gap["standing"], "gap", "{report}");
    assert!(gap["reason"].as_str().unwrap().contains("older than the source keeps"), "{gap}");
    let length = gap["range"]["end"].as_i64().unwrap() - gap["range"]["start"].as_i64().unwrap();
    assert!(length > 24 * 3_600_000, "{gap}");
}
