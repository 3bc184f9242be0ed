//! What the ledger says, and that it can be shown to be true.

mod tampered;

use std::path::Path;

use redb::{Database, ReadableTable as _, TableDefinition};
use serde_json::Value;
use signon_host::read::{Clock as _, SystemClock};
use signon_simulator::Options;

use crate::support::{
    ConfigFile, Finished, Output, Service, coverage, ids, options, seconds, signon,
};

/// Everything is read once and for all at once, so that ranges close.
fn closing(service: &Service) -> ConfigFile {
    service.config().set("readings", "[\"0s\"]")
}

#[test]
fn what_was_read_for_the_last_time_is_complete_and_the_rest_is_open() {
    let service = Service::start(options());
    let config = service.config().set("readings", "[\"0s\", \"3h\"]").write("open.toml");
    service.once(&config).success();
    let report = coverage(&service, &config, &[]);
    // Six hours were asked for; the last three are to be read again.
    assert!((seconds(&report, "complete") - 3 * 3600).abs() <= 3600, "{report}");
    assert!((seconds(&report, "open") - 3 * 3600).abs() <= 3600, "{report}");
    assert_eq!(seconds(&report, "gap") + seconds(&report, "unproven"), 0, "{report}");
    let counts = &report["counts"];
    let of = |name: &str| counts[name].as_u64().unwrap();
    assert_eq!(of("emitted") as usize, service.simulator.truth().len());
    let parts = ["emitted", "duplicate", "yielded", "filtered", "rejected"];
    assert_eq!(of("received"), parts.into_iter().map(of).sum::<u64>());
}

#[test]
fn coverage_is_shown_as_a_table_too() {
    let service = Service::start(options());
    let config = closing(&service).write("closing.toml");
    service.once(&config).success();
    let text = service.coverage(&config, &["--source", "oci_audit"]).success().stdout;
    assert!(text.contains("complete") && text.contains("emitted"), "{text}");
    assert!(text.contains("head "), "{text}");
    let before = service.coverage(&config, &["--from", "2020-01-01T00:00:00Z"]).success().stdout;
    assert!(before.contains("before collection began"), "{before}");
}

#[test]
fn heads_reach_the_sinks_and_are_found_in_the_ledger_they_came_from() {
    let service = Service::start(options());
    let config = heads_in(&service, closing(&service)).write("heads.toml");
    // The head of a ledger is sent once there is something in it.
    service.once(&config).success();
    let (heads, events) = split(&service);
    assert!(!heads.is_empty());
    assert_eq!(events, service.simulator.truth().len());
    for hash in &heads {
        service.coverage(&config, &["--verify", "--head", hash]).success();
    }
    let foreign = "ab".repeat(32);
    let refused = service.coverage(&config, &["--verify", "--head", &foreign]);
    assert!(refused.refusal(1).contains("no ledger holds the head"), "{}", refused.stderr);
}

/// Heads as often as there is something new.
fn heads_in(service: &Service, config: ConfigFile) -> ConfigFile {
    let text = format!("ledger_heads = \"0s\"\n{}", config.text());
    std::fs::write(service.path("signon.toml"), text).unwrap();
    service.config()
}

/// The hashes of the heads in the output, and the number of events.
fn split(service: &Service) -> (Vec<String>, usize) {
    let output = Output::read(&service.events());
    let (heads, events): (Vec<&Value>, Vec<&Value>) =
        output.events.iter().partition(|event| event["metadata"]["source"] == "signon");
    let hash = |head: &&Value| head["unmapped"]["hash"].as_str().unwrap().to_owned();
    (heads.iter().map(hash).collect(), events.len())
}

#[test]
fn an_entry_that_was_changed_is_found() {
    let service = Service::start(options());
    let config = closing(&service).write("closing.toml");
    service.once(&config).success();
    service.coverage(&config, &["--verify"]).success();
    // Whoever changes the database without its checksums breaks the file, so the
    // change is made through it.
    tamper(&service.path("state/state.redb"));
    let refused = service.coverage(&config, &["--verify"]);
    assert!(refused.refusal(1).contains("was changed"), "{}", refused.stderr);
}

#[test]
fn a_page_that_nobody_can_read_becomes_a_gap_and_the_rest_is_delivered() {
    // A minute in the middle of the third of six hours.
    // The same events after the restart.
    let now = Some(SystemClock.now());
    let busy = || Options { events: 7_200, sign_on_share: 0.5, page_size: 500, now, ..options() };
    let service = Service::with_faults(busy(), &["html=210"]);
    let config = closing(&service).write("html.toml");
    let finished = service.once(&config).success();
    assert!(finished.stderr.contains("Gap recorded."), "{}", finished.stderr);
    let report = coverage(&service, &config, &[]);
    assert_eq!(seconds(&report, "gap"), 60, "{report}");
    let segments = report["segments"].as_array().unwrap();
    let gap = segments.iter().find(|segment| segment["standing"] == "gap").unwrap();
    assert!(gap["reason"].as_str().unwrap().contains("cannot be read"), "{gap}");
    let delivered = ids(&service.events()).len();
    let truth = service.simulator.truth().len();
    assert!(delivered < truth && delivered + 60 > truth, "{delivered} of {truth}");

    // The service is mended: a backfill reads the minute, and nothing else.
    let service = service.restart(busy());
    let mut backfill = signon(["backfill", "--source", "oci_audit", "--config"]);
    let filled = Finished::of(backfill.arg(&config)).success();
    assert_eq!(filled.counted("emitted") as usize, truth - delivered);
    service.assert_complete();
    assert_eq!(seconds(&coverage(&service, &config, &[]), "gap"), 0);
}

#[test]
fn where_everything_fails_nothing_is_given_up() {
    let service = Service::with_faults(options(), &["html"]);
    let finished = service.once(&service.path("signon.toml"));
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(!finished.stderr.contains("Gap recorded."), "{}", finished.stderr);
    let service = service.restart(options());
    service.collect();
    service.assert_complete();
}

/// Makes the first entry of a ledger tell of more events than there were.
fn tamper(path: &Path) {
    const LEDGER: TableDefinition<'_, (&str, u64), (&str, &str)> = TableDefinition::new("ledger");
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut ledger = transaction.open_table(LEDGER).unwrap();
        let (stream, hash, text) = {
            let (key, value) = ledger.first().unwrap().unwrap();
            let (hash, text) = value.value();
            (key.value().0.to_owned(), hash.to_owned(), text.to_owned())
        };
        let changed = text.replacen("\"emitted\":", "\"emitted\":1", 1);
        assert_ne!(changed, text);
        ledger.insert((stream.as_str(), 1), (hash.as_str(), changed.as_str())).unwrap();
    }
    transaction.commit().unwrap();
}
