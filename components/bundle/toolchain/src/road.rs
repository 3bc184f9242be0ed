//! The three roads to the std of the guest target, tried in order:
//!
//! 1. the compiler in use has it, or rustup gets it;
//! 2. a distribution's compiler whose sysroot has it;
//! 3. a distribution's compiler with its library sources, from which cargo
//!    builds std.
//!
//! Looking never changes the machine; [`install`] may.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::TARGET;

/// A way to compile for the guest target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Road {
    /// The compiler.
    pub rustc: PathBuf,
    /// The cargo that goes with it.
    pub cargo: PathBuf,
    /// Whether std has to be built from its sources.
    pub build_std: bool,
    /// A linker for WebAssembly, where the compiler brings none.
    pub linker: Option<PathBuf>,
}

impl fmt::Display for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let std =
            if self.build_std { "std built from the compiler's sources" } else { "std at hand" };
        write!(f, "{} with {}, {std}", self.cargo.display(), self.rustc.display())
    }
}

/// No road leads to the guest target.
#[derive(Debug, thiserror::Error)]
#[error(
    "no compiler here can build for {TARGET}. Fix it with one of:\n  \
     rustup target add {TARGET}\n  \
     apt-get install rustc-web rust-web-src lld   (Debian, without rustup)\n  \
     SIGNON_COMPONENTS=<folder with finished *.wasm components>   (build none at all)\n\
     Tried:\n{tried}"
)]
pub struct RoadError {
    tried: String,
}

/// Finds a road on this machine as it is.
///
/// # Errors
///
/// [`RoadError`] names what was tried and what mends it.
pub fn find() -> Result<Road, RoadError> {
    let mut tried = Vec::new();
    for candidate in candidates() {
        match candidate.look() {
            Ok(road) => return Ok(road),
            Err(why) => tried.push(format!("  {}: {why}", candidate.rustc.display())),
        }
    }
    Err(RoadError { tried: tried.join("\n") })
}

/// Like [`find`]; where there is no road, tries to make one with rustup, or with
/// apt as root on Debian. `say` is told of each step.
///
/// # Errors
///
/// As [`find`].
pub fn install(say: &mut dyn FnMut(&str)) -> Result<Road, RoadError> {
    if let Ok(road) = find() {
        return Ok(road);
    }
    if on_path("rustup").is_some() {
        say(&format!("rustup target add {TARGET}"));
        run(Command::new("rustup").args(["target", "add", TARGET]));
        if let Ok(road) = find() {
            return Ok(road);
        }
    }
    if on_path("apt-get").is_some() && is_root() {
        say("apt-get install rustc-web rust-web-src lld");
        run(Command::new("apt-get").arg("update").arg("--quiet"));
        let packages = ["install", "--yes", "--quiet", "--no-install-recommends"];
        run(Command::new("apt-get").args(packages).args(["rustc-web", "rust-web-src", "lld"]));
    }
    find()
}

/// A compiler to look at.
struct Candidate {
    rustc: PathBuf,
    cargo: PathBuf,
    /// Distribution compilers may build std: their sources are of their version.
    distribution: bool,
}

fn candidates() -> Vec<Candidate> {
    let own = |name: &str, variable: &str| {
        env::var_os(variable).map_or_else(|| PathBuf::from(name), PathBuf::from)
    };
    let mut candidates = vec![Candidate {
        rustc: own("rustc", "RUSTC"),
        cargo: own("cargo", "CARGO"),
        distribution: false,
    }];
    // Debian's `rustc-web` lives beside `rustc` under a folder of its own; both
    // work with any newer cargo, so the one in use serves where they have none.
    for rustc in ["/usr/bin/rustc", "/usr/lib/rust-web/bin/rustc", "/usr/local/bin/rustc"] {
        let rustc = PathBuf::from(rustc);
        if rustc.exists() {
            let beside = rustc.with_file_name("cargo");
            let cargo = if beside.exists() { beside } else { own("cargo", "CARGO") };
            candidates.push(Candidate { rustc, cargo, distribution: true });
        }
    }
    candidates
}

impl Candidate {
    fn look(&self) -> Result<Road, String> {
        let sysroot = self.sysroot()?;
        let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
        let has_std = has_file(&libraries, "libstd-");
        let sources = sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml");
        let build_std = match (has_std, self.distribution && sources.exists()) {
            (true, _) => false,
            (false, true) => true,
            (false, false) => {
                return Err(format!("no std for {TARGET} in {}", libraries.display()));
            }
        };
        let linker = if self.links(&sysroot) {
            None
        } else {
            Some(
                on_path("rust-lld")
                    .or_else(|| on_path("wasm-ld"))
                    .or_else(|| on_path("lld"))
                    .ok_or("no linker for WebAssembly: apt-get install lld")?,
            )
        };
        Ok(Road { rustc: self.rustc.clone(), cargo: self.cargo.clone(), build_std, linker })
    }

    fn sysroot(&self) -> Result<PathBuf, String> {
        let output = Command::new(&self.rustc)
            .args(["--print", "sysroot"])
            .stderr(Stdio::null())
            .output()
            .map_err(|error| format!("does not run: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if text.is_empty() { Err("names no sysroot".to_owned()) } else { Ok(PathBuf::from(text)) }
    }

    /// Whether the compiler brings `rust-lld`, as rustup's do.
    fn links(&self, sysroot: &Path) -> bool {
        let hosts = sysroot.join("lib/rustlib");
        std::fs::read_dir(hosts).is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.path().join("bin/rust-lld").exists())
        })
    }
}

fn has_file(folder: &Path, prefix: &str) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
    })
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

fn run(command: &mut Command) {
    // A failure shows in the next look for a road, with everything tried.
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_every_fix_and_everything_tried() {
        let error = RoadError { tried: "  /nowhere/rustc: does not run".to_owned() };
        let text = error.to_string();
        for part in ["rustup target add", "rustc-web", "SIGNON_COMPONENTS", "/nowhere/rustc"] {
            assert!(text.contains(part), "{part}");
        }
    }
}
