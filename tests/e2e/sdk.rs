//! The measure of completeness is Oracle's own SDK: what it lists is what there is.

use std::collections::BTreeSet;
use std::process::Command;

use signon_simulator::Options;

use crate::support::{Service, ids, options, repository, say};

/// An interpreter that has the SDK: the one that `SIGNON_TEST_PYTHON` names, or
/// `python3`.
fn python() -> Option<String> {
    let named = std::env::var("SIGNON_TEST_PYTHON").ok();
    let interpreter = named.clone().unwrap_or_else(|| "python3".to_owned());
    let found = Command::new(&interpreter).args(["-c", "import oci"]).output();
    let has_sdk = found.is_ok_and(|output| output.status.success());
    assert!(has_sdk || named.is_none(), "SIGNON_TEST_PYTHON={interpreter} has no package `oci`");
    has_sdk.then_some(interpreter)
}

fn rfc3339(time_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(time_ms).unwrap();
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[test]
fn the_official_sdk_and_the_component_see_the_same_records() {
    let Some(python) = python() else {
        say("skipped: comparison with the official SDK; no python3 with the package `oci`, \
             nor SIGNON_TEST_PYTHON");
        return;
    };
    let service = Service::start(Options { events: 1_000, ..options() });
    // One reading, so that no minute passing meanwhile has a range read again.
    let config = service.config().set("readings", "[\"0s\"]").write("once.toml");
    let component = service.once(&config).success();
    service.assert_complete();
    let pages = service.simulator.statistics().pages;

    let endpoint = format!("{}/us-ashburn-1", service.simulator.http_url());
    let listed = Command::new(python)
        .arg(repository("tests/simulator/tests/list_events.py"))
        .arg(service.path("oci_config"))
        .args([&endpoint, service.simulator.tenancy()])
        .arg(rfc3339(service.simulator.first_minute()))
        .arg(rfc3339(service.simulator.now() + 60_000))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&listed.stderr);
    assert!(listed.status.success(), "{errors}");
    assert!(service.simulator.statistics().pages - pages > 10, "the SDK read a few pages only");

    let text = String::from_utf8(listed.stdout).unwrap();
    let seen: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(seen.len() as u64, component.counted("received"));
    let truth = service.simulator.truth();
    let sign_ons: BTreeSet<String> = seen.into_iter().filter(|id| truth.contains(id)).collect();
    assert_eq!(sign_ons, ids(&service.events()));
}
