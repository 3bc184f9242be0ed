//! The past, read beside the live edge.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use signon_host::read::{Clock as _, SystemClock};
use signon_simulator::Options;

use crate::support::{
    Finished, HOUR, Running, Service, coverage, ids, options, seconds, signon, whole_lines,
};

#[test]
fn a_silent_past_is_filled_in_parallel_beside_the_live_edge_without_repeating_anything() {
    let service = Service::start(Options { events: 2_000, ..options() });
    let all = service.config();
    // Begins in the middle, with one reading so that ranges close.
    let late = all.clone().set("readings", "[\"0s\"]").set("start", "\"3h ago\"");
    let config = late.clone().write("late.toml");
    service.once(&config).success();
    let first = ids(&service.events()).len();
    assert!(first > 20 && first < service.simulator.truth().len());
    let report = coverage(&service, &config, &[]);
    assert_eq!(seconds(&report, "gap"), 0, "{report}");

    let from = DateTime::from_timestamp_millis(
        report["began_ms"].as_i64().unwrap() - i64::try_from((4 * HOUR).as_millis()).unwrap(),
    );
    let from = from.unwrap().to_rfc3339_opts(SecondsFormat::Secs, true);
    let table = format!("{{ from = {from:?}, parallel = 3 }}");
    let filling = late.set("backfill", &table).set("longest_range", "\"20m\"").write("fill.toml");
    let filled = service.once(&filling).success();
    service.assert_complete();
    assert!(filled.stderr.contains("Backfill."), "{}", filled.stderr);
    let report = coverage(&service, &filling, &["--from", &from]);
    assert_eq!(seconds(&report, "gap"), 0, "{report}");
    assert_eq!(service.once(&filling).success().counted("emitted"), 0);
    service.coverage(&filling, &["--verify"]).success();
}

#[test]
fn a_backfill_that_is_killed_goes_on_where_it_was() {
    let service = Service::with_faults(options(), &["latency=40"]);
    let config = service
        .config()
        .set("readings", "[\"0s\"]")
        .set("longest_range", "\"10m\"")
        .set("start", "\"now\"")
        .write("now.toml");
    service.once(&config).success();
    let backfill = || {
        let mut command = signon(["backfill", "--source", "oci_audit", "--config"]);
        command.arg(&config).args(["--from", &hours_ago(7)]);
        command
    };
    // A part of it, so that there is something left whenever the kill comes.
    service.simulator.answer_at_most(service.simulator.statistics().requests + 12);
    let mut running = Running::start(&mut backfill());
    running.until("events", |_| !whole_lines(&service.events()).is_empty());
    assert!(running.kill(), "it was done already");
    service.simulator.answer_all();
    for kill in 0..3 {
        let mut running = Running::start(&mut backfill());
        let before = whole_lines(&service.events()).len();
        running.ends_before("more events", |_| whole_lines(&service.events()).len() > before);
        // A moment of its work; or it is done, on a machine where we come late.
        std::thread::sleep(Duration::from_millis(50 * kill));
        running.kill();
    }
    Finished::of(&mut backfill()).success();
    service.assert_complete();
}

fn hours_ago(hours: i64) -> String {
    let now = SystemClock.now();
    let time = DateTime::from_timestamp_millis(now - hours * 3_600_000).unwrap();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
