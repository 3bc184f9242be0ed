//! Measures how fast signon is: builds it and what it is measured against, then runs
//! the driver in `benches`, which says what the figures mean.

use std::path::PathBuf;
use std::process::Command;

use crate::shell::{Failure, cargo, run, say, target};
use crate::{python, setup};

/// The name of the row that is measured against the peer in `benches/peers/vrl`.
const NEEDS_PEER: &str = "transform to OCSF";

/// `cargo xtask bench`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    let known = |argument: &&String| {
        !argument.starts_with('-') || ["--quick", "--json"].contains(&argument.as_str())
    };
    if let Some(other) = arguments.iter().find(|argument| !known(argument)) {
        return Err(Failure::usage(format!("bench does not know {other}")));
    }
    let mut driver = driver()?;
    driver.args(arguments);
    match python::with_sdk() {
        Some(python) => {
            driver.arg("--python").arg(python);
        }
        None => say(
            "Oracle's SDK for Python is not here, so nothing is measured against it; to have it: \
             cargo xtask setup --with-python",
        ),
    }
    // It takes minutes to build, and one row needs it.
    let mut words = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
    if words.peek().is_none() || words.any(|word| NEEDS_PEER.contains(word.as_str())) {
        match peer() {
            Ok(peer) => {
                driver.arg("--vrl").arg(peer);
            }
            Err(_) => say("benches/peers/vrl could not be built: nothing is measured against it"),
        }
    }
    run(&mut driver)
}

/// The peer that is written in Rust; with a lock file and a target folder of its own.
fn peer() -> Result<PathBuf, Failure> {
    let folder = target().join("bench-peers");
    let mut build = cargo(&["build", "--release", "--locked", "--manifest-path"]);
    run(build.arg("benches/peers/vrl/Cargo.toml").arg("--target-dir").arg(&folder))?;
    Ok(folder.join("release").join(format!("signon-bench-vrl{}", std::env::consts::EXE_SUFFIX)))
}

/// `cargo xtask density`.
pub fn density(arguments: &[String]) -> Result<(), Failure> {
    if let Some(other) = arguments.iter().find(|argument| argument.parse::<u32>().is_err()) {
        return Err(Failure::usage(format!("density takes a number of sources, not {other}")));
    }
    run(driver()?.arg("density").args(arguments))
}

/// The driver, built in one go with the command that it measures, so that both have
/// the same dependencies; told where that command is and where it may write.
fn driver() -> Result<Command, Failure> {
    setup::guests()?;
    run(&mut cargo(&[
        "build",
        "--release",
        "--package",
        "signon-host",
        "--package",
        "signon-benches",
        "--bin",
        "signon",
        "--bin",
        "signon-benches",
    ]))?;
    let mut driver = Command::new(built("signon-benches"));
    driver.arg("--signon").arg(built("signon")).arg("--work").arg(target().join("bench"));
    Ok(driver)
}

fn built(name: &str) -> PathBuf {
    target().join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
