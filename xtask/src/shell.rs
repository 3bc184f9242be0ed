//! Running other programs. What they say is shown as they say it; their exit
//! status becomes ours.

use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Why a command of ours ends early.
#[derive(Debug)]
pub struct Failure {
    /// Nothing where the program that failed has said it all.
    message: Option<String>,
    status: u8,
}

impl Failure {
    /// Something went wrong.
    pub fn new(message: impl Display) -> Self {
        Self { message: Some(message.to_string()), status: 1 }
    }

    /// The command line is wrong.
    pub fn usage(message: impl Display) -> Self {
        let message = format!("{message} (cargo xtask --help lists what there is)");
        Self { message: Some(message), status: 2 }
    }

    /// Says it, and gives back the exit status.
    pub fn report(self) -> ExitCode {
        if let Some(message) = self.message {
            say(message);
        }
        ExitCode::from(self.status)
    }
}

/// Says something to whoever watches.
pub fn say(message: impl Display) {
    eprintln!("xtask: {message}");
}

/// The folder of the project.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// The cargo that runs us, in the folder of the project.
pub fn cargo(arguments: &[&str]) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args(arguments);
    // What cargo tells us about the package xtask would make the build scripts of
    // others (ring's, for one) believe that their surroundings changed, and the
    // next plain `cargo build` would build half the tree again.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs `command` to its end.
///
/// # Errors
///
/// With its exit status, silently: it has said what is wrong.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| cannot_run(command, &error))?;
    if status.success() {
        return Ok(());
    }
    let status = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failure { message: None, status })
}

/// Says that a program does not even start.
pub fn cannot_run(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot run {}: {error}", command.get_program().to_string_lossy()))
}
