//! Sources that report the same sign-ons, of which one is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use signon_simulator::{Options, Service as Simulated};

use crate::support::{Finished, Output, Service, options};

#[test]
fn of_two_sources_that_report_one_sign_on_the_preferred_one_is_kept() {
    let both = Options { services: vec![Simulated::OciAudit, Simulated::Idcs], ..options() };
    let service = Service::start(both);
    let config = service.config().write("both.toml");
    service.once(&config).success();
    let pairs = correlations(&service);
    let shared: Vec<&(String, Vec<String>)> =
        pairs.iter().filter(|(_, sources)| sources.len() > 1).collect();
    assert!(shared.len() > 5, "the simulator's services share sign-ons");

    let both = Options { services: vec![Simulated::OciAudit, Simulated::Idcs], ..options() };
    let service = Service::start(both);
    let config = service.config().set_in("idcs", "prefer", "\"oci_audit\"").write("prefer.toml");
    let run = service.once(&config).success();
    let kept = correlations(&service);
    assert_eq!(kept.len(), pairs.len(), "no sign-on is lost");
    for (correlation, sources) in &kept {
        let before = &pairs.iter().find(|(known, _)| known == correlation).unwrap().1;
        let expected =
            if before.iter().any(|source| source == "oci_audit") { "oci_audit" } else { "idcs" };
        assert_eq!(sources, &[expected], "{correlation}");
    }
    assert_eq!(run.counted("yielded"), shared.len() as u64);
    assert_adds_up(&run);
    assert_eq!(service.once(&config).success().counted("emitted"), 0);
}

#[test]
fn five_sign_ons_of_two_users_with_one_ecid_are_five_events_whoever_is_preferred() {
    for (yields, preferred) in [("idcs", "oci_audit"), ("oci_audit", "idcs")] {
        let service = five(Ids::Carried);
        let prefer = format!("{preferred:?}");
        let config = service.config().set_in(yields, "prefer", &prefer).write("prefer.toml");
        let run = service.once(&config).success();
        assert_eq!(service.ids().len(), 5, "{preferred} preferred");
        assert_eq!((run.counted("emitted"), run.counted("yielded")), (5, 5));
        assert_adds_up(&run);
        assert_eq!(coverage(&service, &config), (5, 5));
        // Read again, nothing yields twice and nothing is delivered for it.
        let again = service.once(&config).success();
        assert_eq!((again.counted("emitted"), again.counted("yielded")), (0, 0));
        assert_eq!(service.ids().len(), 5);
    }
}

#[test]
fn a_source_that_was_away_while_the_other_was_read_does_not_deliver_again_nor_hide_any() {
    for (away, preferred) in [("oci_audit", "oci_audit"), ("idcs", "oci_audit")] {
        let service = five(Ids::Carried);
        let config = service.config().set_in("idcs", "prefer", &format!("{preferred:?}"));
        let broken = config.clone().set_in(away, "ca_file", "\"/nonexistent/ca.pem\"");
        let run = service.once(&broken.write("broken.toml"));
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert_eq!(service.ids().len(), 5, "without {away}");
        let run = service.once(&config.write("prefer.toml")).success();
        assert_eq!((run.counted("emitted"), run.counted("yielded")), (0, 5), "after {away}");
        assert_eq!(service.ids().len(), 5);
    }
}

#[test]
fn without_any_id_in_common_user_address_and_time_tell_the_five_apart() {
    let service = five(Ids::None);
    let config = service.config().set_in("idcs", "prefer", "\"oci_audit\"").write("prefer.toml");
    let run = service.once(&config).success();
    assert_eq!((run.counted("emitted"), run.counted("yielded")), (5, 5));
    let users = |name: &str| {
        let events = Output::read(&service.events()).events;
        events.iter().filter(|event| event["user"]["name"] == name).count()
    };
    assert_eq!((users("mallory@contoso.example"), users("alice@contoso.example")), (2, 3));
}

/// Whether the records of `tests/fixtures/pairs` share ids.
#[derive(PartialEq)]
enum Ids {
    Carried,
    None,
}

/// Both services with the five sign-ons, two hours ago.
fn five(ids: Ids) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let minute = (chrono::Utc::now() - chrono::Duration::hours(2)).format("%Y-%m-%dT%H:%M:");
    let file = |name: &str| -> PathBuf {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/pairs");
        let text = std::fs::read_to_string(fixtures.join(name)).unwrap();
        let mut rows: Vec<Value> =
            serde_json::from_str(&text.replace("2026-11-27T17:27:", &minute.to_string())).unwrap();
        if ids == Ids::None && name.ends_with("oci.json") {
            for (number, row) in rows.iter_mut().enumerate() {
                row["eventId"] = format!("record-{number}").into();
                let details = row["data"]["additionalDetails"].as_object_mut().unwrap();
                details.remove("id");
                details.remove("auditEventMapValue");
            }
        }
        let path = folder.path().join(name);
        std::fs::write(&path, serde_json::to_string(&rows).unwrap()).unwrap();
        path
    };
    Service::start(Options {
        services: vec![Simulated::OciAudit, Simulated::Idcs],
        oci_events: Some(file("one-ecid-two-users.oci.json")),
        idcs_events: Some(file("one-ecid-two-users.idcs.json")),
        ..options()
    })
}

/// Emitted and yielded by the ledger, of all streams; each of them adds up.
fn coverage(service: &Service, config: &Path) -> (u64, u64) {
    let text = service.coverage(config, &["--json", "--verify"]).success().stdout;
    let mut sums = (0, 0);
    for line in text.lines() {
        let counts = &serde_json::from_str::<Value>(line).unwrap()["counts"];
        let of = |name: &str| counts[name].as_u64().unwrap();
        assert_eq!(of("received"), PARTS.into_iter().map(of).sum::<u64>(), "{line}");
        sums = (sums.0 + of("emitted"), sums.1 + of("yielded"));
    }
    let table = service.coverage(config, &[]).success().stdout;
    assert!(table.contains(" + yielded 5 + "), "{table}");
    sums
}

const PARTS: [&str; 5] = ["emitted", "duplicate", "yielded", "filtered", "rejected"];

fn assert_adds_up(run: &Finished) {
    let sum: u64 = PARTS.iter().map(|part| run.counted(part)).sum();
    assert_eq!(run.counted("received"), sum);
}

impl Service {
    /// Ids of what was delivered, none twice.
    fn ids(&self) -> BTreeSet<String> {
        Output::read(&self.events()).ids()
    }
}

/// Sources by correlation, activity and outcome, of the events that have one.
fn correlations(service: &Service) -> Vec<(String, Vec<String>)> {
    let mut found: BTreeMap<String, Vec<String>> = Default::default();
    for event in Output::read(&service.events()).events {
        let Some(correlation) = event["metadata"]["correlation_uid"].as_str() else { continue };
        let key = format!("{correlation} {} {}", event["activity_id"], event["status_id"]);
        let source = event["metadata"]["source"].as_str().unwrap().to_owned();
        let sources = found.entry(key).or_default();
        if !sources.contains(&source) {
            sources.push(source);
            sources.sort();
        }
    }
    found.into_iter().collect()
}
