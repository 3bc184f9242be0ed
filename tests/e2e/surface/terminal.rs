//! Other people's text on a terminal.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::hostile::{Hostile, PAINT};
use crate::support::{Finished, Running, run, signon, wait_until};

/// Fails the test if a terminal would obey anything of it but the ends of lines.
fn assert_plain(what: &str, text: &str) {
    let obeyed = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(obeyed), "{what}: {text:?}");
    assert!(
        !text.lines().any(|line| line.starts_with("2026-01-01T00:00:00Z ..")),
        "{what}: {text}"
    );
}

fn plain(what: &str, finished: &Finished) {
    assert_plain(what, &finished.stdout);
    assert_plain(what, &finished.stderr);
}

fn folder(port: u16, extra: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("signon.toml");
    let text = format!(
        "data_dir = 'data'\n{extra}\n[sources.evil]\ntype = 'oci_audit'\nregions = ['us-ashburn-1']\n\
         compartments = ['ocid1.tenancy.oc1..aaaa']\nendpoint = 'http://127.0.0.1:{port}'\n\
         allow_private_addresses = true\nstart = '3m ago'\nlongest_range = '1m'\n\
         [sinks.out]\ntype = 'file'\ninputs = ['*']\npath = 'out.ndjson'\n\
         [sinks.far]\ntype = 'http'\ninputs = ['*']\nuri = 'http://127.0.0.1:{port}/sink'\n\
         retry_for = '1s'\n"
    );
    std::fs::write(&config, text).unwrap();
    (folder, config)
}

fn with(config: &Path, words: &[&str]) -> Command {
    let mut command = signon(words);
    command.arg("--config").arg(config);
    command
}

#[test]
fn an_error_of_a_service_moves_no_terminal() {
    let error = serde_json::json!({ "code": PAINT, "message": PAINT }).to_string();
    let evil = Hostile::start(move |_| (404, error.clone()));
    let (_folder, config) = folder(evil.port, "");
    plain("check", &Finished::of(&mut with(&config, &["check"])));
    let once = Finished::of(&mut run(&config, true));
    assert!(once.stderr.contains("evil"), "{}", once.stderr);
    plain("run", &once);
    plain("coverage", &Finished::of(&mut with(&config, &["coverage"])));
    plain("coverage", &Finished::of(&mut with(&config, &["coverage", "--json"])));
}

#[test]
fn a_record_moves_no_terminal_and_paints_no_line_complete() {
    let evil = Hostile::start(move |target| {
        if target.starts_with("/sink") {
            return (400, serde_json::json!({ "message": PAINT }).to_string());
        }
        let after = |key: &str| {
            let found = target.split(['?', '&']).find_map(|pair| pair.strip_prefix(key));
            found.unwrap_or_default().replace("%3A", ":")
        };
        let record = serde_json::json!({
            "eventType": "com.oraclecloud.IdentitySignOn.InteractiveLogin",
            "cloudEventsVersion": "0.1", "eventTypeVersion": "2.0", "contentType": "application/json",
            "source": "IdentitySignOn", "eventId": format!("{PAINT}{}", after("startTime=")),
            "eventTime": after("startTime="),
            "data": { "eventName": PAINT, "identity": { "principalName": PAINT } }
        });
        let broken = serde_json::json!({
            "eventType": "com.oraclecloud.IdentitySignOn.InteractiveLogin",
            "eventId": PAINT, "eventTime": PAINT
        });
        (200, serde_json::json!([record, broken]).to_string())
    });
    let (folder, config) = folder(evil.port, "");
    plain("run", &Finished::of(&mut run(&config, true)));
    let letters = Finished::of(&mut with(&config, &["deadletter", "list"]));
    plain("deadletter", &letters);
    let coverage = Finished::of(&mut with(&config, &["coverage"]));
    plain("coverage", &coverage);
    let file = folder.path().join("record.json");
    let records = serde_json::json!([{ "eventType": PAINT, "eventId": PAINT, "eventTime": PAINT }]);
    std::fs::write(&file, records.to_string()).unwrap();
    let mut normalize = signon(["normalize", "--component", "oci_audit"]);
    plain("normalize", &Finished::of(normalize.arg(&file)));
}

#[test]
fn health_and_metrics_move_no_terminal() {
    let error = serde_json::json!({ "code": PAINT, "message": PAINT }).to_string();
    let evil = Hostile::start(move |_| (400, error.clone()));
    let address = super::callers::free_address();
    let (_folder, config) =
        folder(evil.port, &format!("metrics_listen = '{address}'\nmetrics_streams = true"));
    let running = Running::start(&mut run(&config, false));
    wait_until("the error", || {
        super::callers::get(&address, "/healthz").is_some_and(|text| text.contains("evil\\u001b"))
            || running.stderr().contains("Reading failed.")
    });
    for path in ["/healthz", "/metrics", "/coverage", "/coverage?x=%1b\u{1b}"] {
        if let Some(text) = super::callers::get(&address, path) {
            assert_plain(path, &text.replace("\r\n", "\n"));
        }
    }
    assert_plain("the log", &running.stderr());
    running.terminate();
    plain("run", &running.wait());
}

#[test]
fn what_the_command_line_names_moves_no_terminal() {
    for words in [["inspect", PAINT], ["conform", PAINT]] {
        plain(words[0], &Finished::of(&mut signon(words)));
    }
    plain("inspect", &Finished::of(&mut signon(["inspect", "oam", "--settings", PAINT])));
    let settings = serde_json::json!({ "base_url": PAINT, PAINT: PAINT }).to_string();
    plain("inspect", &Finished::of(&mut signon(["inspect", "oam", "--settings", &settings])));
}
