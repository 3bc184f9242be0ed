//! The examples keep their promise: the files as they stand in `examples/`, with other
//! ports and paths, run against the programs they are for, both sides killed by turns.
//!
//! Each run is passed over, aloud, where its program is not installed. The figures of the
//! READMEs are theirs: `SIGNON_EXAMPLE_EVENTS` and `SIGNON_EXAMPLE_KILLS` make them larger.

mod files;
mod servers;
mod world;

use std::path::{Path, PathBuf};

use signon_host::config::Config;

use crate::support::repository;

/// A file of `examples/` with places of a test instead of its own. A text that is to be
/// replaced is there, or the example has changed.
fn example(file: &str, places: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(repository("examples").join(file)).unwrap();
    for (from, to) in places {
        assert!(text.contains(from), "{from} is not in examples/{file}");
        text = text.replace(from, to);
    }
    text
}

/// Every configuration of signon in the folder and those below.
fn configurations(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "node_modules" {
            configurations(&path, found);
        } else if name.starts_with("signon") && name.ends_with(".toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_example_is_a_configuration_that_signon_takes() {
    let environment = |name: &str| match name {
        "HOME" => Some("/home/me".to_owned()),
        "TENANCY_OCID" => Some("ocid1.tenancy.oc1..aaaa".to_owned()),
        "SPLUNK_HEC_TOKEN" => Some("a-token".to_owned()),
        _ => None,
    };
    let mut found = Vec::new();
    configurations(&repository("examples"), &mut found);
    let receivers =
        ["fluent-bit", "nginx", "otel-collector", "rsyslog", "splunk", "syslog-ng", "vector"];
    for receiver in receivers {
        assert!(found.contains(&repository("examples").join(receiver).join("signon.toml")));
    }
    for file in found {
        let config = Config::load(std::slice::from_ref(&file), &environment);
        let config = config.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(config.sources.len() == 1 && config.sinks.len() == 1, "{}", file.display());
    }
}
