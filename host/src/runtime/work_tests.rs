//! How much a guest works for a record, counted in WebAssembly instructions: the same
//! on every machine, so that a change that makes guests slower is seen by whoever
//! makes it.
//!
//! `tests/fixtures/golden/work.json` holds what was counted. Compilers differ a
//! little, so a tenth more or less is let pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::normalizer::NormalizerInstance;
use super::{Sandbox, engine::configuration};
use crate::contract::{BatchLimits, EventClasses, Progress, ReadOptions};
use crate::limits::Limits;

/// How often a record is read: enough that opening a normalizer does not count.
const TIMES: usize = 200;

/// Name, component, fixture, and the members that lead to the records in it.
const CASES: [(&str, &str, &str, &[&str]); 5] = [
    ("oci_audit sign-on", "oci_audit", "golden/listed-fields.record.json", &[]),
    ("oci_audit other", "oci_audit", "oci/virtualnetwork-createvcn-404.listevents.json", &[]),
    ("idcs", "idcs", "idcs/events-for-user-login-failures.json", &["Resources"]),
    ("oam JSON", "oam", "oam/one-event.json", &[]),
    ("oam XML", "oam", "oam/events.xml", &[]),
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}

/// The first record of a fixture, many times.
fn records(fixture: &str, path: &[&str]) -> (Vec<u8>, usize) {
    let text = std::fs::read_to_string(fixtures().join(fixture)).unwrap();
    if fixture.ends_with(".xml") {
        return (text.into_bytes(), 0);
    }
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    for key in path {
        value = value[key].take();
    }
    let record = match &value {
        serde_json::Value::Array(records) => &records[0],
        record => record,
    };
    (format!("{record}\n").repeat(TIMES).into_bytes(), TIMES)
}

/// Instructions for each record, and how many records there were.
async fn work(sandbox: &Sandbox, component: &str, bytes: &[u8]) -> (u64, u64) {
    let built_in = signon_bundle::find(component).unwrap();
    let component = sandbox.load(component, built_in.bytes).unwrap();
    let options =
        ReadOptions { classes: EventClasses::DEFAULT, keep_raw: true, text_limit: 16 << 10 };
    let limits = BatchLimits { events: 1_000, bytes: 8 << 20, soft_deadline_ms: 600_000 };
    let wide = Limits { cpu_ticks: 360_000, ..Limits::default() };
    let mut normalizer =
        NormalizerInstance::open(sandbox, &component, &wide, options).await.unwrap();
    let before = normalizer.fuel();
    normalizer.push(bytes).await.unwrap();
    normalizer.finish().await.unwrap();
    let mut records = 0;
    loop {
        let batch = normalizer.next(limits).await.unwrap();
        records += batch.counts.received;
        if batch.progress == Progress::Finished {
            return ((before - normalizer.fuel()) / records, records);
        }
    }
}

#[tokio::test]
async fn no_guest_works_more_for_a_record_than_is_written_down() {
    let mut metering = configuration(&Limits::widest());
    metering.consume_fuel(true);
    let sandbox = Sandbox::with(&metering).unwrap();
    let mut counted = BTreeMap::new();
    for (name, component, fixture, path) in CASES {
        let (bytes, times) = records(fixture, path);
        let (instructions, records) = work(&sandbox, component, &bytes).await;
        assert!(times == 0 || records == times as u64, "{name}: {records} records");
        counted.insert(name.to_owned(), instructions);
    }
    let path = fixtures().join("golden/work.json");
    if std::env::var_os("SIGNON_REGENERATE_GOLDEN").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&counted).unwrap() + "\n").unwrap();
    }
    let written: BTreeMap<String, u64> =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (name, instructions) in counted {
        let expected = written[&name];
        assert!(
            instructions.abs_diff(expected) * 10 <= expected,
            "{name}: {instructions} instructions a record, {expected} are written down; if that is \
             meant: SIGNON_REGENERATE_GOLDEN=1 cargo test -p signon-host --lib work_tests"
        );
    }
}
