//! The components as files, for whoever loads them into a runtime of their own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::setup;
use crate::shell::{Failure, cargo, run, target};

/// `cargo xtask components`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    let folder = match arguments {
        [] => default_folder(),
        [folder] if !folder.starts_with('-') => std::path::absolute(folder)
            .map_err(|error| Failure::new(format!("{folder}: {error}")))?,
        other => {
            return Err(Failure::usage(format!("components does not know {}", other.join(" "))));
        }
    };
    setup::guests()?;
    write(&folder, Stdio::inherit())
}

/// Where they are written unless said otherwise.
pub fn default_folder() -> PathBuf {
    target().join("components")
}

/// Builds the components into `folder`; their paths go to `output`.
pub fn write(folder: &Path, output: Stdio) -> Result<(), Failure> {
    let mut command = cargo(&["run", "--quiet", "--package", "guest-build", "--bin"]);
    command.args(["build-guests", "--"]).arg(target().join("guests")).arg(folder);
    run(command.stdout(output))
}
