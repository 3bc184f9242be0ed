//! Everything that can be said against the code without running it. All checks
//! run, also after one has failed, so that one call shows all there is to mend.

use std::process::Command;
use std::time::Instant;

use guest_toolchain::{GUESTS, StdSource, TARGET};

use crate::shell::{Failure, cargo, root, run, say};
use crate::{repository, rooms, setup};

const DENY_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];

/// `cargo xtask lint`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    if !arguments.is_empty() {
        return Err(Failure::usage(format!("lint does not know {}", arguments.join(" "))));
    }
    setup::guests()?;
    let mut failed = Vec::new();
    let mut check = |name: &'static str, result: &mut dyn FnMut() -> Result<(), Failure>| {
        let started = Instant::now();
        let passed = result().is_ok();
        let word = if passed { "passed" } else { "FAILED" };
        say(format!("lint: {name}: {word} ({:.1} s)", started.elapsed().as_secs_f64()));
        if !passed {
            failed.push(name);
        }
    };
    check("repository", &mut repository::check);
    check("rooms", &mut structure);
    check("format", &mut || run(&mut cargo(&["fmt", "--all", "--", "--check"])));
    check("clippy", &mut || run(&mut clippy(&["--workspace", "--all-targets"])));
    check("clippy of the library without the command", &mut || {
        run(&mut clippy(&["--package", "signon-host", "--lib", "--no-default-features"]))
    });
    check("clippy of the guests", &mut guests);
    check("documentation", &mut || {
        let mut documentation = cargo(&["doc", "--workspace", "--no-deps"]);
        run(documentation.env("RUSTDOCFLAGS", "-D warnings"))
    });
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("lint failed: {}", failed.join(", "))))
}

fn structure() -> Result<(), Failure> {
    let wrong = rooms::check(&root());
    for line in &wrong {
        say(line);
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("{} wrong imports", wrong.len())))
    }
}

fn clippy(arguments: &[&str]) -> Command {
    let mut command = cargo(&["clippy"]);
    command.args(arguments).args(DENY_WARNINGS);
    command
}

/// The parts of the guests that only exist on their own target, and what is for both.
fn guests() -> Result<(), Failure> {
    let at_hand = guest_toolchain::find().is_ok_and(|found| found.std == StdSource::InUse);
    if !at_hand {
        say(format!("skipped: the compiler in use has no std for {TARGET}"));
        return Ok(());
    }
    let mut arguments = vec!["--target", TARGET, "--lib"];
    for guest in GUESTS.into_iter().chain(["hostile", "chatty", "signon-render"]) {
        arguments.extend(["--package", guest]);
    }
    run(&mut clippy(&arguments))
}
