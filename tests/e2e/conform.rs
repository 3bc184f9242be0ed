//! `signon conform`: the built-ins keep every law, and a component that does not is
//! told which.

mod feed;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::support::{Finished, Output, Service, options_of, repository, signon};
use signon_simulator::Service as Simulated;

/// Builds a component outside the workspace.
fn build(folder: &str, package: &str) -> (tempfile::TempDir, PathBuf) {
    let out = tempfile::tempdir().unwrap();
    let root = repository(folder);
    // Inside our own target directory, which is kept between runs.
    let target = repository("target").join("components-of-tests").join(package);
    let toolchain = guest_toolchain::find().unwrap();
    let built = guest_build::build_guests(&toolchain, &root, &target, &[package], out.path());
    let path = built.unwrap().remove(0);
    (out, path)
}

/// The laws and what became of them.
fn lines(finished: &Finished) -> Vec<(String, String)> {
    let line = |line: &str| {
        let (word, law) = line.split_at(6);
        (word.trim().to_owned(), law.to_owned())
    };
    finished.stdout.lines().map(line).collect()
}

#[test]
fn every_built_in_keeps_every_law() {
    let service = Service::start(options_of(&Simulated::ALL));
    for (name, payload) in [
        ("oci_audit", "oci/identitysignon-interactivelogin-success-identitydomain.logging.json"),
        ("idcs", "idcs/events-for-successful-user-logins.json"),
        ("oam", "oam/events.xml"),
    ] {
        let mut command = signon(["conform", name, "--hours", "7", "--against"]);
        command.arg(service.path("signon.toml"));
        command.arg("--payload").arg(repository("tests/fixtures").join(payload));
        let finished = Finished::of(&mut command).success();
        let lines = lines(&finished);
        assert!(lines.len() >= 20, "{}", finished.stdout);
        for (word, law) in lines {
            assert_eq!(word, "pass", "{name}: {law}");
        }
    }
}

#[test]
fn what_cannot_be_tried_says_what_it_lacks() {
    let finished = Finished::of(&mut signon(["conform", "oam"])).success();
    let lines = lines(&finished);
    let skipped: Vec<&String> =
        lines.iter().filter(|(word, _)| word == "skip").map(|(_, law)| law).collect();
    for lack in ["--settings", "--payload", "--against"] {
        assert!(skipped.iter().any(|law| law.contains(lack)), "{lack}: {skipped:?}");
    }
    assert!(!lines.iter().any(|(word, _)| word == "FAIL"));
}

#[test]
fn a_component_that_breaks_laws_is_told_which() {
    let (_folder, broken) = build("tests/e2e/conform/broken", "broken-source");
    let payload = repository("tests/fixtures/oam/one-event.json");
    let mut command = signon(["conform", "--settings", "{\"url\":\"x\"}"]);
    command.args(["--against", "http://127.0.0.1:1", "--hours", "1"]);
    command.arg("--payload").arg(payload).arg(&broken);
    let finished = Finished::of(&mut command);
    assert!(finished.refusal(1).contains("laws are broken"), "{}", finished.stderr);
    let failed: BTreeSet<String> = lines(&finished)
        .into_iter()
        .filter(|(word, _)| word == "FAIL")
        .map(|(_, law)| law.split(": ").next().unwrap().to_owned())
        .collect();
    for law in [
        "describe gives the same answer every time",
        "the schema of the settings is one of an object",
        "every stream has an id of its own",
        "settings that are no object are refused",
        "an unknown key is refused with its place",
        "a missing key is refused with its place",
        "a wrong type is refused with its place",
        "chunk boundaries do not matter",
        "every event has an id, and its own",
        "bytes that make no sense end in no trap",
        "an unknown stream is refused",
        "a cursor of another component is expired",
        "a batch of a session keeps its limits",
        "resuming from every cursor loses nothing",
    ] {
        assert!(failed.contains(law), "{law} is not told of in\n{}", finished.stdout);
    }
}

#[test]
fn the_example_keeps_every_law_and_runs_with_a_grant() {
    let (folder, example) = build("examples/component", "acme-audit");
    let feed = feed::Feed::start(90);
    let settings = format!("{{\"url\":{:?}}}", feed.url());
    let payload = folder.path().join("payload.json");
    std::fs::write(&payload, feed.page(1)).unwrap();
    let mut command = signon(["conform", "--settings", &settings, "--against", &feed.url()]);
    command.args(["--hours", "2", "--payload"]).arg(&payload).arg(&example);
    let finished = Finished::of(&mut command).success();
    for (word, law) in lines(&finished) {
        assert_eq!(word, "pass", "{law}");
    }

    let config = folder.path().join("signon.toml");
    let text = format!(
        "data_dir = {:?}\n[sources.acme]\ncomponent = {example:?}\nurl = {url:?}\n\
         start = \"2h ago\"\nreadings = [\"0s\"]\nallow = [{{ origin = {url:?}, methods = \
         [\"GET\"], path_prefix = \"/audit\" }}]\nallow_private_addresses = true\n\
         [sinks.out]\ntype = \"file\"\ninputs = [\"acme\"]\npath = {:?}\nformat = \"ocsf\"\n",
        folder.path().join("state"),
        folder.path().join("events.ndjson"),
        url = feed.url(),
    );
    std::fs::write(&config, text).unwrap();
    Finished::of(signon(["run", "--once", "--config"]).arg(&config)).success();
    let delivered = Output::read(&folder.path().join("events.ndjson"));
    delivered.assert_holds(&feed.ids());
}

#[test]
fn what_others_in_the_process_are_denied_breaks_no_law_of_a_component() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let limits = signon_host::limits::Limits::default();
    let sandbox = signon_host::runtime::Sandbox::new(&limits).unwrap();
    let component = sandbox.load("oam", signon_bundle::find("oam").unwrap().bytes).unwrap();
    let payload = std::fs::read(repository("tests/fixtures/oam/one-event.json")).unwrap();
    let telemetry = sandbox.telemetry().clone();
    let subject = signon_host::conform::Subject {
        sandbox,
        component,
        limits,
        settings: None,
        payload: Some(payload),
        service: None,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let done = AtomicBool::new(false);
    let verdicts = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                telemetry.counters().requests_denied.inc();
                std::thread::yield_now();
            }
        });
        let verdicts = runtime.block_on(signon_host::conform::examine(subject));
        done.store(true, Ordering::Relaxed);
        verdicts.unwrap()
    });
    let law = verdicts.iter().find(|one| one.law.contains("make no requests")).unwrap();
    assert!(matches!(law.outcome, signon_host::conform::Outcome::Pass(_)), "{law}");
}
