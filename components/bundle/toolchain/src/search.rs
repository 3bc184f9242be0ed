//! The three ways to a std of the guest target, tried in order:
//!
//! 1. the compiler in use has it, or rustup gets it;
//! 2. a distribution's compiler whose sysroot has it;
//! 3. a compiler with its library sources, from which cargo builds std.
//!
//! Looking never changes the machine; [`install`] may.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::machine::Machine;
use crate::toolchain::{GuestToolchain, StdSource, ToolchainError};
use crate::{TARGET, Version, needed};

/// Debian's packages: the compiler, and what it needs for the guests. They are tried
/// in order, where the compiler is new enough.
const PACKAGES: [(&str, &[&str]); 3] = [
    ("rustc", &["cargo", "libstd-rust-dev-wasm32", "lld"]),
    ("rustc-web", &["cargo-web", "rust-web-src", "lld"]),
    ("rustc", &["cargo", "rust-src", "lld"]),
];

/// Finds a toolchain on this machine as it is.
///
/// # Errors
///
/// [`ToolchainError`] names what was tried and what mends it.
pub fn find() -> Result<GuestToolchain, ToolchainError> {
    Machine::here().find()
}

/// Like [`find`]; where there is none, tries to get one with rustup, or with
/// apt as root on Debian. `say` is told of each step.
///
/// # Errors
///
/// As [`find`].
pub fn install(say: &mut dyn FnMut(&str)) -> Result<GuestToolchain, ToolchainError> {
    Machine::here().install(say)
}

impl Machine {
    /// Finds a toolchain on the machine as it is. A std that is there goes before one
    /// that has to be built.
    ///
    /// # Errors
    ///
    /// [`ToolchainError`] names what was tried and what mends it.
    pub fn find(&self) -> Result<GuestToolchain, ToolchainError> {
        let mut tried = Vec::new();
        let mut sources = None;
        for compiler in &self.compilers {
            match self.look(compiler) {
                Ok(found) if found.std == StdSource::Sources => {
                    sources.get_or_insert(found);
                }
                Ok(found) => return Ok(found),
                Err(why) => tried.push(format!("{}: {why}", compiler.rustc.display())),
            }
        }
        sources.ok_or(ToolchainError { tried })
    }

    /// Like [`Machine::find`]; where there is none, or only the slow one, asks rustup
    /// for the target.
    ///
    /// # Errors
    ///
    /// As [`Machine::find`].
    pub fn with_rustup(&self, say: &mut dyn FnMut(&str)) -> Result<GuestToolchain, ToolchainError> {
        let mut done = Vec::new();
        self.ask_rustup(say, &mut done).map_err(|error| error.after(done))
    }

    /// Like [`Machine::with_rustup`]; where there is still none, tries apt.
    ///
    /// # Errors
    ///
    /// As [`Machine::find`].
    pub fn install(&self, say: &mut dyn FnMut(&str)) -> Result<GuestToolchain, ToolchainError> {
        let mut done = Vec::new();
        let mut found = self.ask_rustup(say, &mut done);
        if found.is_err() && self.may_install {
            self.install_packages(say, &mut done);
            found = self.find();
        }
        found.map_err(|error| error.after(done))
    }

    fn ask_rustup(
        &self,
        say: &mut dyn FnMut(&str),
        done: &mut Vec<String>,
    ) -> Result<GuestToolchain, ToolchainError> {
        if let Ok(found) = self.find()
            && found.std != StdSource::Sources
        {
            return Ok(found);
        }
        if let Some(rustup) = self.program(Path::new("rustup")) {
            attempt(&rustup, &["target", "add", TARGET], say, done);
        }
        self.find()
    }

    fn install_packages(&self, say: &mut dyn FnMut(&str), done: &mut Vec<String>) {
        let (Some(get), Some(cache)) =
            (self.program(Path::new("apt-get")), self.program(Path::new("apt-cache")))
        else {
            return;
        };
        attempt(&get, &["update"], say, done);
        for (compiler, others) in PACKAGES {
            let offered = offered(&cache, compiler);
            if offered.is_none_or(|version| version < needed()) {
                let offer =
                    offered.map_or_else(|| "not offered".to_owned(), |version| version.to_string());
                done.push(format!("apt: {compiler} is {offer}; needed is {}", needed()));
                continue;
            }
            let mut arguments = vec!["install", "--yes", "--no-install-recommends", compiler];
            arguments.extend(others);
            attempt(&get, &arguments, say, done);
            if self.find().is_ok() {
                return;
            }
        }
    }
}

/// The version of `package` that apt would install.
fn offered(cache: &Path, package: &str) -> Option<Version> {
    let output = Command::new(cache).args(["policy", package]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let candidate = text.lines().find_map(|line| line.trim().strip_prefix("Candidate:"))?;
    Version::read(candidate.trim())
}

/// Runs `program`, says so before, and notes what came of it.
fn attempt(program: &Path, arguments: &[&str], say: &mut dyn FnMut(&str), done: &mut Vec<String>) {
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    let command = format!("{name} {}", arguments.join(" "));
    say(&command);
    done.push(match run(program, arguments) {
        Ok(()) => format!("{command}: done, but that was not enough"),
        Err(why) => format!("{command}: {why}"),
    });
}

fn run(program: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("does not run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    // What is wrong stands first; a trace of calls may follow.
    let wrong = lines.clone().find(|line| line.starts_with("error") || line.starts_with("E:"));
    Err(wrong.or_else(|| lines.next_back()).unwrap_or("it failed").to_owned())
}
