//! The measure of an identity domain are other people's clients: what they read is
//! what there is, and what they are given a token for is right.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use signon_simulator::{Options, Service::Idcs};

use super::small_pages;
use super::tokens::WAYS;
use crate::support::{Service, ids, options_of, repository, say};

/// An interpreter that has these modules: the one that `SIGNON_TEST_PYTHON` names,
/// or `python3`. Without one the test is skipped, and says so.
fn python(modules: &[&str]) -> Option<String> {
    let named = std::env::var("SIGNON_TEST_PYTHON").ok();
    let interpreter = named.unwrap_or_else(|| "python3".to_owned());
    let imports = format!("import {}", modules.join(", "));
    let found = Command::new(&interpreter).args(["-c", &imports]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(interpreter);
    }
    say(&format!(
        "skipped: comparison with independent clients; {interpreter} lacks one of {} \
         (cargo xtask test --with-python)",
        modules.join(", ")
    ));
    None
}

fn script(python: &str, name: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(repository("tests/simulator/tests").join(name));
    command
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn rfc3339(time_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(time_ms).unwrap();
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[test]
fn a_scim_client_and_the_component_see_the_same_rows() {
    let Some(python) = python(&["scim2_client", "httpx2"]) else { return };
    let service = Service::start(Options { idcs_event_count: 200, ..options_of(&[Idcs]) });
    service.once(&small_pages(&service, &[Idcs]).write("once.toml")).success();
    service.assert_holds(&[Idcs]);
    let delivered = ids(&service.events());
    for method in ["get", "post"] {
        let before = service.simulator.statistics().pages;
        let read = succeed(
            script(&python, "read_audit_events.py")
                .args([method, &service.simulator.idcs_url(), service.simulator.idcs_client_id()])
                .arg(service.path("idcs_client_secret"))
                .arg(rfc3339(service.simulator.first_minute_of(Idcs)))
                .arg(rfc3339(service.simulator.now() + 60_000))
                .arg("50"),
        );
        let pages = service.simulator.statistics().pages - before;
        assert!(pages >= 4, "{method}: {pages} pages only");
        let text = String::from_utf8(read.stdout).unwrap();
        let seen: BTreeSet<String> = text.lines().map(str::to_owned).collect();
        assert_eq!(seen.len(), text.lines().count(), "{method}: rows twice");
        assert_eq!(seen, delivered, "{method}");
    }
}

#[test]
fn an_oauth_client_gets_a_token_in_the_three_ways() {
    let Some(python) = python(&["authlib", "requests"]) else { return };
    let service = Service::start(options_of(&[Idcs]));
    for (way, file) in WAYS {
        let way = if way == "private_key_jwt" { "assertion" } else { way };
        let mut command = script(&python, "get_token.py");
        command
            .args([way, &service.simulator.idcs_url(), service.simulator.idcs_client_id()])
            .arg(service.path(file));
        if way == "assertion" {
            command.arg(service.simulator.idcs_key_id());
        }
        let told = succeed(&mut command).stdout;
        assert_eq!(String::from_utf8(told).unwrap().trim(), "token ok", "{way}");
    }
    assert!(service.simulator.statistics().rejected.is_empty());
}
