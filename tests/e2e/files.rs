//! Records out of a file: `signon simulate --oci-events`, as a second process.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Output, Running, repository, run, signon};

/// An hour ago: recent enough to be kept, old enough to have been processed.
fn an_hour_ago() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - 3600;
    let time = chrono::DateTime::from_timestamp(i64::try_from(seconds).unwrap(), 0).unwrap();
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// The published samples, moved to where they can be collected. One has no id: the
/// workshop it was published in left it out, and the service never does.
fn samples() -> Vec<Value> {
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(repository("tests/fixtures/oci")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "json") {
            continue;
        }
        let mut record: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let members = record.as_object_mut().unwrap();
        let time = if members.contains_key("eventTime") { "eventTime" } else { "time" };
        members.insert(time.to_owned(), an_hour_ago().into());
        if !["id", "eventId", "eventID"].iter().any(|key| members.contains_key(*key)) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            members.insert("id".to_owned(), name.into());
        }
        samples.push(record);
    }
    assert!(samples.len() >= 4);
    samples
}

struct Simulated {
    folder: TempDir,
    running: Running,
}

impl Simulated {
    fn serve(file: &str, content: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let events = folder.path().join(file);
        std::fs::write(&events, content).unwrap();
        let mut command = signon(["simulate", "--write-config"]);
        command.arg(folder.path()).arg("--truth").arg(folder.path().join("truth"));
        let mut running = Running::start(command.arg("--oci-events").arg(events));
        // CommandSecret when every file is written.
        running.until("word", |running| running.stderr().contains("collect them with"));
        Self { folder, running }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn collect(&self) -> crate::support::Finished {
        crate::support::Finished::of(&mut run(&self.path("signon.toml"), true)).success()
    }
}

fn ids_in(path: &Path) -> BTreeSet<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn published_samples_are_collected_from_an_array_and_from_lines() {
    let samples = samples();
    let array = serde_json::to_string_pretty(&samples).unwrap();
    let lines: String = samples.iter().map(|record| format!("{record}\n")).collect();
    for (file, content) in [("array.json", array), ("lines.ndjson", lines)] {
        let simulated = Simulated::serve(file, &content);
        let finished = simulated.collect();
        let truth = ids_in(&simulated.path("truth"));
        assert_eq!(truth.len(), 2, "{truth:?}");
        Output::read(&simulated.path("events.ndjson")).assert_holds(&truth);
        assert_eq!(finished.counted("received") as usize, samples.len());
        assert_eq!(finished.counted("filtered") as usize, samples.len() - truth.len());

        simulated.running.terminate();
        let ended = simulated.running.wait().success();
        assert!(ended.stderr.contains("serving 4 records"), "{}", ended.stderr);
        assert!(ended.stderr.contains("run --once --config"), "{}", ended.stderr);
    }
}

#[test]
fn records_that_are_no_records_are_refused_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("bad.ndjson");
    std::fs::write(&events, "{\"eventId\":\"a\",\"eventTime\":\"2026-01-01T00:00:00Z\"}\n{\"\n")
        .unwrap();
    let mut command = signon(["simulate", "--write-config"]);
    command.arg(folder.path()).arg("--oci-events").arg(&events);
    let finished = crate::support::Finished::of(&mut command);
    let message = finished.refusal(1);
    assert!(message.contains("bad.ndjson, line 2"), "{message}");
}
