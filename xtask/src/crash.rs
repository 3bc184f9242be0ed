//! `cargo xtask crash`: kills the command at every commit boundary and at random
//! moments, as often as it is told to, and prints what was hit.

use crate::setup;
use crate::shell::{Failure, cargo, run};

/// `cargo xtask crash`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    let mut harness = cargo(&[
        "test",
        "--package",
        "signon-host",
        "--features",
        "crash-points",
        "--test",
        "e2e",
        "--",
        "--ignored",
        "--nocapture",
        "kills::",
    ]);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let (variable, is_number) = match argument.as_str() {
            "--kills" => ("SIGNON_CRASH_KILLS", true),
            "--seed" => ("SIGNON_CRASH_SEED", true),
            "--sinks" => ("SIGNON_CRASH_SINKS", false),
            other => return Err(Failure::usage(format!("crash does not know {other}"))),
        };
        let fits = |value: &&String| match is_number {
            true => value.parse::<u64>().is_ok(),
            false => ["file", "http", "all"].contains(&value.as_str()),
        };
        let Some(value) = arguments.next().filter(fits) else {
            let wanted = if is_number { "a number" } else { "file, http or all" };
            return Err(Failure::usage(format!("{argument} needs {wanted}")));
        };
        harness.env(variable, value);
    }
    setup::guests()?;
    run(&mut harness)
}
