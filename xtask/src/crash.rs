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
        let variable = match argument.as_str() {
            "--kills" => "SIGNON_CRASH_KILLS",
            "--seed" => "SIGNON_CRASH_SEED",
            other => return Err(Failure::usage(format!("crash does not know {other}"))),
        };
        let value = arguments.next().and_then(|value| value.parse::<u64>().ok());
        let Some(value) = value else {
            return Err(Failure::usage(format!("{argument} needs a number")));
        };
        harness.env(variable, value.to_string());
    }
    setup::guests()?;
    run(&mut harness)
}
