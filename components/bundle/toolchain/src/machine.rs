//! The machine as far as it matters: where programs are looked for, and which
//! compilers there may be. It is a value, so that the choice is
//! tested without this machine's compilers.
//!
//! Looking at a machine never changes it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::toolchain::{COMPILER_VARIABLE, GuestToolchain, StdSource};
use crate::{TARGET, Version, needed};

/// Where distributions put their compiler.
const DISTRIBUTION_COMPILERS: [&str; 2] = ["/usr/bin/rustc", "/usr/local/bin/rustc"];

/// What a machine offers.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Folders programs are looked for in: compilers, linkers, installers.
    pub path: Vec<PathBuf>,
    /// Compilers that may be there, best first.
    pub compilers: Vec<Compiler>,
    /// Whether the system's packages may be installed.
    pub may_install: bool,
}

/// A compiler that may be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// A path, or a name to be found on the machine's path.
    pub rustc: PathBuf,
    /// The cargo to use where none lies beside the compiler.
    pub cargo: PathBuf,
    /// Whether a distribution brought it, rather than being the one in use.
    pub distribution: bool,
}

impl Machine {
    /// This machine.
    pub fn here() -> Self {
        Self { may_install: is_root(), ..Self::of(&|name| env::var_os(name)) }
    }

    /// The machine an environment describes; nothing is installed on it.
    pub fn of(environment: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let named = |variable: &str, name: &str| {
            environment(variable).map_or_else(|| PathBuf::from(name), PathBuf::from)
        };
        let cargo = named("CARGO", "cargo");
        let compiler =
            |rustc: PathBuf, distribution| Compiler { rustc, cargo: cargo.clone(), distribution };
        let mut compilers: Vec<Compiler> = environment(COMPILER_VARIABLE)
            .map(|rustc| compiler(rustc.into(), true))
            .into_iter()
            .collect();
        compilers.push(compiler(named("RUSTC", "rustc"), false));
        compilers.extend(DISTRIBUTION_COMPILERS.map(|rustc| compiler(rustc.into(), true)));
        let path =
            environment("PATH").map_or_else(Vec::new, |path| env::split_paths(&path).collect());
        Self { path, compilers, may_install: false }
    }

    /// Where `program` is: a name is looked for on the path.
    pub(crate) fn program(&self, program: &Path) -> Option<PathBuf> {
        if program.components().count() > 1 {
            return program.is_file().then(|| program.to_owned());
        }
        let file = format!("{}{}", program.display(), env::consts::EXE_SUFFIX);
        self.path.iter().map(|folder| folder.join(&file)).find(|file| file.is_file())
    }

    /// The toolchain of `compiler`, or why there is none.
    pub(crate) fn look(&self, compiler: &Compiler) -> Result<GuestToolchain, String> {
        let rustc = self.program(&compiler.rustc).ok_or("not there")?;
        let version = version(&rustc)?;
        if version < needed() {
            return Err(format!("is {version}; this workspace needs {} or newer", needed()));
        }
        let rustlib = sysroot(&rustc)?.join("lib/rustlib");
        let libraries = rustlib.join(TARGET).join("lib");
        let std = if has_file(&libraries, "libstd-") {
            if compiler.distribution { StdSource::Distribution } else { StdSource::InUse }
        } else if rustlib.join("src/rust/library/std/Cargo.toml").is_file() {
            StdSource::Sources
        } else {
            return Err(format!(
                "is {version}, but has neither {} nor the library's sources",
                libraries.display()
            ));
        };
        let beside = rustc.with_file_name(format!("cargo{}", env::consts::EXE_SUFFIX));
        let cargo = Some(beside)
            .filter(|cargo| compiler.distribution && cargo.is_file())
            .or_else(|| self.program(&compiler.cargo))
            .ok_or_else(|| format!("is {version}, but there is no cargo"))?;
        let linker = if brings_linker(&rustlib) { None } else { Some(self.linker()?) };
        Ok(GuestToolchain { rustc, version, cargo, std, linker })
    }

    fn linker(&self) -> Result<PathBuf, String> {
        ["rust-lld", "wasm-ld", "lld"]
            .iter()
            .find_map(|name| self.program(Path::new(name)))
            .ok_or_else(|| "no linker for WebAssembly (rust-lld, wasm-ld, lld)".to_owned())
    }
}

fn version(rustc: &Path) -> Result<Version, String> {
    let text = ask(rustc, &["--version"])?;
    text.strip_prefix("rustc ")
        .and_then(Version::read)
        .ok_or_else(|| format!("says of its version {text:?}"))
}

fn sysroot(rustc: &Path) -> Result<PathBuf, String> {
    match ask(rustc, &["--print", "sysroot"])? {
        text if text.is_empty() => Err("names no sysroot".to_owned()),
        text => Ok(PathBuf::from(text)),
    }
}

fn ask(program: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("does not run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("does not run: {}", said.lines().next().unwrap_or("it says nothing")))
}

/// Whether the compiler brings `rust-lld`, as rustup's do.
fn brings_linker(rustlib: &Path) -> bool {
    let file = format!("bin/rust-lld{}", env::consts::EXE_SUFFIX);
    std::fs::read_dir(rustlib)
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.path().join(&file).exists()))
}

fn has_file(folder: &Path, prefix: &str) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
    })
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
