//! Running the command, and looking at what it wrote.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use signon_host::render::{Format, event_id};

use crate::rounds::timed;
use crate::served::Served;
use crate::{Outcome, Setting};

/// Runs the command to its end, with as little of the environment as it needs: the
/// time from its start to its end.
pub fn run(setting: &Setting, arguments: &[&str], config: &Path) -> Outcome<Duration> {
    let mut command = Command::new(&setting.signon);
    command.args(arguments).arg("--config").arg(config).stdin(Stdio::null()).env_clear();
    for name in ["PATH", "HOME", "TMPDIR", "SystemRoot"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let (time, output) = timed(|| command.output());
    let output = output?;
    match output.status.success() {
        true => Ok(time),
        false => Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned().into()),
    }
}

/// As if nothing had ever been collected, but for the compiled components.
pub fn forget(served: &Served) -> Outcome<()> {
    const COMPILED: &str = "compiled";
    if let Ok(entries) = fs::read_dir(served.path("state")) {
        for entry in entries {
            let entry = entry?;
            if entry.file_name() == COMPILED {
                continue;
            }
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false => fs::remove_file(entry.path())?,
            }
        }
    }
    let events = served.path("events.ndjson");
    if events.exists() {
        fs::remove_file(events)?;
    }
    Ok(())
}

/// Fails unless the output holds every sign-on exactly once.
pub fn check(served: &Served) -> Outcome<()> {
    let text = fs::read_to_string(served.path("events.ndjson")).unwrap_or_default();
    let mut ids: Vec<String> =
        text.lines().map(|line| event_id(line, Format::Ocsf).unwrap_or_default()).collect();
    ids.sort_unstable();
    let mut truth = served.truth.clone();
    truth.sort_unstable();
    match ids == truth {
        true => Ok(()),
        false => Err(format!("{} events are not the {} sign-ons", ids.len(), truth.len()).into()),
    }
}
