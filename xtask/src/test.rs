//! Every test. The exit status is that of the tests.

use crate::shell::{Failure, cargo, run, say};
use crate::{python, setup};

/// `cargo xtask test`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    let (ours, theirs): (Vec<String>, Vec<String>) =
        arguments.iter().cloned().partition(|argument| argument.starts_with("--with-"));
    setup::command(&ours)?;
    let mut tests = cargo(&["test"]);
    // Cargo would take `--workspace` for more than a package that is named.
    let names_package =
        |argument: &String| argument.starts_with("-p") || argument.starts_with("--package");
    if !theirs.iter().any(names_package) {
        tests.arg("--workspace");
    }
    match python::with_sdk() {
        Some(python) => {
            say(format!("the simulator is held against Oracle's SDK in {}", python.display()));
            tests.env(python::VARIABLE, python);
        }
        None => say(format!(
            "Oracle's SDK for Python is not here: the test that holds the simulator against it \
             is skipped. To have it: cargo xtask test --with-python (or pip install oci in an \
             environment of your own, and {}=<its python>)",
            python::VARIABLE
        )),
    }
    run(tests.args(theirs))
}
