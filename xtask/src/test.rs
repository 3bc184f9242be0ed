//! Every test. The exit status is that of the tests.

use std::process::Command;

use crate::shell::{Failure, cargo, run, say};
use crate::soak::Soak;
use crate::{python, setup};

/// What the test harness reads.
const THREADS: &str = "RUST_TEST_THREADS";

/// Tests at once for each core: most of the time a test of the command waits, for a retry,
/// a receiver or a child.
const AT_ONCE: usize = 3;

/// `cargo xtask test`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    let mut arguments = arguments.to_vec();
    let soak = Soak::take_from(&mut arguments)?;
    // What is behind the dashes belongs to the tests.
    let dashes = arguments.iter().position(|argument| argument == "--");
    let behind = dashes.map_or_else(Vec::new, |dashes| arguments.split_off(dashes));
    let (ours, theirs): (Vec<String>, Vec<String>) =
        arguments.into_iter().partition(|argument| argument.starts_with("--with-"));
    setup::command(&ours)?;
    let python = python::with_sdk();
    match &python {
        Some(python) => {
            say(format!("the simulator is held against Oracle's SDK in {}", python.display()));
        }
        None => say(format!(
            "Oracle's SDK for Python is not here: the test that holds the simulator against it \
             is skipped. To have it: cargo xtask test --with-python (or pip install oci in an \
             environment of your own, and {}=<its python>)",
            python::VARIABLE
        )),
    }
    // Cargo would take `--workspace` for more than a package that is named.
    let names_package =
        |argument: &String| argument.starts_with("-p") || argument.starts_with("--package");
    let workspace = !theirs.iter().any(names_package);
    let tests = |more: &[&str]| -> Command {
        let mut tests = cargo(&["test"]);
        if workspace {
            tests.arg("--workspace");
        }
        if let Some(python) = &python {
            tests.env(python::VARIABLE, python);
        }
        if std::env::var_os(THREADS).is_none() {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            tests.env(THREADS, (cores * AT_ONCE).to_string());
        }
        tests.args(&theirs).args(more).args(&behind);
        tests
    };
    match soak {
        Some(soak) => soak.run(&tests),
        None => run(&mut tests(&[])),
    }
}
