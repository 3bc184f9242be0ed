//! Every test. The exit status is that of the tests.

use std::process::Command;

use crate::shell::{Failure, cargo, run, say};
use crate::soak::Soak;
use crate::{python, setup};

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
        tests.args(&theirs).args(more).args(&behind);
        tests
    };
    match soak {
        Some(soak) => soak.run(&tests),
        None => run(&mut tests(&[])),
    }
}
