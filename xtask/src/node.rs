//! The packages of the example for Node, which one test runs. Nothing else needs
//! them, so whatever fails here is a warning.

use std::path::PathBuf;
use std::process::Command;

use crate::shell::{root, say};

/// Puts the packages in place, in the versions that the example's lock file names.
pub fn install() {
    let folder = folder();
    if folder.join("node_modules/.package-lock.json").is_file() {
        say(format!("packages for Node: {} has them", folder.display()));
        return;
    }
    say(format!("packages for Node: installing from npm into {}", folder.display()));
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
    if !npm.status().is_ok_and(|status| status.success()) {
        say("warning: npm ci failed (Node 20 or newer brings npm)");
    }
}

fn folder() -> PathBuf {
    root().join("examples").join("node")
}
