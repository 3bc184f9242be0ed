//! Reading what the command wrote.
//!
//! Invariant: a line that is no JSON object with an id fails the test that reads
//! it; it is never passed over. What is still being written is read up to the end of
//! its last whole line: what is behind it is no fault.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use signon_host::render::{Format, event_id};

/// The events of an output, in its order.
#[derive(Debug)]
pub struct Output {
    /// One JSON object each.
    pub events: Vec<Value>,
}

impl Output {
    /// Reads OCSF lines.
    pub fn parse(text: &str) -> Self {
        assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
        let events = text
            .lines()
            .map(|line| {
                let event: Value = serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("no JSON ({error}): {line}"));
                assert!(event.is_object(), "no object: {line}");
                assert!(event["metadata"]["uid"].is_string(), "no metadata.uid: {line}");
                event
            })
            .collect();
        Self { events }
    }

    /// Reads a file of OCSF lines; one that is not there holds none.
    pub fn read(path: &Path) -> Self {
        Self::parse(&String::from_utf8(read(path)).unwrap())
    }

    /// The ids, none of them twice.
    pub fn ids(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for event in &self.events {
            let id = event["metadata"]["uid"].as_str().unwrap().to_owned();
            assert!(ids.insert(id.clone()), "{id} was delivered twice");
        }
        ids
    }

    /// Compares with what should be there, telling only the differences.
    pub fn assert_holds(&self, truth: &BTreeSet<String>) {
        let ids = self.ids();
        let missing: Vec<_> = truth.difference(&ids).collect();
        let foreign: Vec<_> = ids.difference(truth).collect();
        assert!(
            missing.is_empty() && foreign.is_empty(),
            "of {} sign-ons {} are missing: {missing:?}; delivered, but none: {foreign:?}",
            truth.len(),
            missing.len(),
        );
    }
}

/// The ids in a file of OCSF lines that nobody writes to any more, each once.
pub fn ids(path: &Path) -> BTreeSet<String> {
    Output::read(path).ids()
}

/// The ids in a file that is still being written, each once.
pub fn ids_so_far(path: &Path) -> BTreeSet<String> {
    Output::parse(&String::from_utf8(whole_lines(path)).unwrap()).ids()
}

/// The bytes of a file; none if it is not there.
fn read(path: &Path) -> Vec<u8> {
    match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// The ids in a file of lines of any format, none of them twice. A line without an
/// id fails the test.
pub fn ids_of(path: &Path, format: Format) -> BTreeSet<String> {
    let text = String::from_utf8(read(path)).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
    let mut ids = BTreeSet::new();
    for line in text.lines() {
        let id = event_id(line, format).unwrap_or_else(|| panic!("no id as {format}: {line}"));
        assert!(ids.insert(id.clone()), "{id} was delivered twice as {format}");
    }
    ids
}

/// Every line of a text, which may be of any format.
pub fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The bytes of a file up to the end of its last whole line.
pub fn whole_lines(path: &Path) -> Vec<u8> {
    let mut bytes = read(path);
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    bytes.truncate(end);
    bytes
}

#[test]
fn a_line_that_is_half_written_is_no_fault_but_one_that_is_broken_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    assert!(ids_so_far(&file).is_empty());
    let line = |id: &str| format!("{{\"metadata\":{{\"uid\":\"{id}\"}}}}\n");
    let whole = line("a") + &line("\u{e9}");
    for cut in 0..=whole.len() {
        std::fs::write(&file, &whole.as_bytes()[..cut]).unwrap();
        let lines = whole.as_bytes()[..cut].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(ids_so_far(&file).len(), lines, "cut at {cut}");
    }
    std::fs::write(&file, format!("{{\"metadata\n{whole}")).unwrap();
    assert!(std::panic::catch_unwind(|| ids_so_far(&file)).is_err());
}
