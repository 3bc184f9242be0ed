//! `signon normalize`: published records in, lines out, the same ones every time.

use std::io::Write as _;
use std::process::Stdio;

use signon_host::render::Format;

use crate::support::{Finished, Output, repository, signon};

/// Set this to write the golden files anew; the diff is then the change to review.
const REGENERATE: &str = "SIGNON_REGENERATE_GOLDEN";

/// The published records, by the shape of their envelope.
const SAMPLES: [&str; 4] = [
    "events-service-computeapi-instanceaction.begin.json",
    "identitysignon-interactivelogin-failed-legacy.livelabs.json",
    "identitysignon-interactivelogin-success-identitydomain.logging.json",
    "virtualnetwork-createvcn-404.listevents.json",
];

fn sample(name: &str) -> String {
    std::fs::read_to_string(repository("tests/fixtures/oci").join(name)).unwrap()
}

/// Normalizes a payload that stands in a file.
fn normalize(payload: &str, format: &str) -> Finished {
    normalize_with("oci_audit", payload, format)
}

fn normalize_with(component: &str, payload: &str, format: &str) -> Finished {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), payload).unwrap();
    let mut command = signon(["normalize", "--component", component, "--format", format]);
    Finished::of(command.arg(file.path()))
}

#[test]
fn published_records_become_the_golden_lines() {
    for format in ["ocsf", "raw"] {
        let lines: String =
            SAMPLES.iter().map(|name| normalize(&sample(name), format).success().stdout).collect();
        let path =
            repository("tests/fixtures/golden/normalize").join(format!("oci.{format}.ndjson"));
        if std::env::var_os(REGENERATE).is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &lines).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap();
        let name = path.display();
        for (line, golden) in lines.lines().zip(golden.lines()) {
            assert_eq!(line, golden, "{name}: if this is meant, set {REGENERATE}=1 and review");
        }
        assert_eq!(lines.len(), golden.len(), "{name} has other events");
    }
}

/// Signs of every secret in the forms of `tests/fixtures/redaction`.
const SECRETS: [&str; 12] = [
    "SECRETvalue123",
    "c2lnbmF0dXJlMTIz",
    "eyJhbGci",
    "eyAiYWxn",
    "eyJhIjox",
    "eyJraWQi",
    "ZXlKaGJH",
    "Ym9iOlNF",
    "MIIEvQ",
    "AKIAIOSF",
    "482913",
    "%63%32%6c%6e",
];

#[test]
fn no_form_of_a_secret_is_in_a_line_of_any_format() {
    for (component, payload) in
        [("oci_audit", "oci.json"), ("idcs", "idcs.json"), ("oam", "oam.json"), ("oam", "oam.xml")]
    {
        let records = repository("tests/fixtures/redaction").join(payload);
        let records = std::fs::read_to_string(records).unwrap();
        assert!(SECRETS.iter().filter(|secret| records.contains(**secret)).count() > 8);
        let mut events = Vec::new();
        for format in Format::ALL {
            let lines = normalize_with(component, &records, format.name()).success().stdout;
            for line in lines.lines() {
                let found: Vec<_> =
                    SECRETS.iter().filter(|secret| line.contains(**secret)).collect();
                assert!(found.is_empty(), "{payload} as {format}: {found:?} in {line}");
            }
            events.push(lines.lines().count());
        }
        // Each format has every event.
        assert!(events[0] > 20 && events.iter().all(|count| *count == events[0]), "{events:?}");
    }
}

#[test]
fn what_is_no_sign_on_gives_no_line() {
    for name in [SAMPLES[0], SAMPLES[3]] {
        assert_eq!(normalize(&sample(name), "ocsf").success().stdout, "", "{name}");
    }
}

#[test]
fn an_array_lines_and_a_search_answer_are_read_alike() {
    let records: Vec<serde_json::Value> =
        SAMPLES.iter().map(|name| serde_json::from_str(&sample(name)).unwrap()).collect();
    let array = serde_json::to_string(&records).unwrap();
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    let results: Vec<_> = records
        .iter()
        .map(|record| serde_json::json!({ "data": { "datetime": 0, "logContent": record } }))
        .collect();
    let search = serde_json::json!({ "results": results, "fields": [], "summary": {} }).to_string();
    let ids = |payload: &str| Output::parse(&normalize(payload, "ocsf").success().stdout).ids();
    let expected = ids(&array);
    assert_eq!(expected.len(), 2);
    assert_eq!(ids(&lines), expected);
    // One record of them has no id of its own: its id is made of its text, which
    // is the same in all three.
    assert_eq!(ids(&search), expected);
}

#[test]
fn a_payload_comes_through_standard_input_too() {
    let mut command = signon(["normalize", "--component", "oci_audit", "--format", "raw", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let payload = sample(SAMPLES[2]);
    child.stdin.take().unwrap().write_all(payload.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let record: serde_json::Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(line["id"], record["id"]);
}
