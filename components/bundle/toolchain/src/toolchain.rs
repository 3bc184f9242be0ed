//! A compiler that can build the guests, and what is said where there is none.

use std::fmt;
use std::path::PathBuf;

use crate::{TARGET, Version, needed};

/// The environment variable that names a compiler for the guests; it is looked at
/// before all others.
pub const COMPILER_VARIABLE: &str = "SIGNON_GUEST_RUSTC";

/// A way to compile for the guest target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestToolchain {
    /// The compiler.
    pub rustc: PathBuf,
    /// Its release.
    pub version: Version,
    /// The cargo that goes with it.
    pub cargo: PathBuf,
    /// Where the target's std comes from.
    pub std: StdSource,
    /// A linker for WebAssembly, where the compiler brings none.
    pub linker: Option<PathBuf>,
}

/// Where the target's std comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StdSource {
    /// The compiler in use has it.
    InUse,
    /// A distribution's compiler has it.
    Distribution,
    /// Cargo builds it from the compiler's library sources.
    Sources,
}

impl fmt::Display for GuestToolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rustc, version) = (self.rustc.display(), self.version);
        match self.std {
            StdSource::InUse => write!(f, "std of the compiler in use, {rustc} {version}")?,
            StdSource::Distribution => {
                write!(f, "std of the distribution's compiler, {rustc} {version}")?;
            }
            StdSource::Sources => {
                write!(f, "std built from the library sources of {rustc} {version}")?;
            }
        }
        match &self.linker {
            Some(linker) => write!(f, ", linked by {}", linker.display()),
            None => Ok(()),
        }
    }
}

/// No compiler here can build the guests.
#[derive(Debug)]
pub struct ToolchainError {
    /// What was looked at and done, and what came of it.
    pub tried: Vec<String>,
}

impl std::error::Error for ToolchainError {}

impl ToolchainError {
    pub(crate) fn after(mut self, done: Vec<String>) -> Self {
        self.tried.extend(done);
        self
    }
}

impl fmt::Display for ToolchainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no compiler here can build the components for {TARGET}. Fix it with one of:\n  \
             rustup target add {TARGET}\n  \
             apt-get install rustc-web cargo-web rust-web-src lld   (Debian, without rustup; Rust {} or newer)\n  \
             {COMPILER_VARIABLE}=<a rustc that has the target's std or its library sources>\n  \
             SIGNON_COMPONENTS=<folder with finished *.wasm components>   (build none at all)\n\
             Tried:\n  {}",
            needed(),
            self.tried.join("\n  ")
        )
    }
}
