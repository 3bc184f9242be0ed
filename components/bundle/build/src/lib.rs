//! Compiles the guests and turns them into components.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use guest_toolchain::{GuestToolchain, StdSource, TARGET};
use wit_component::ComponentEncoder;

/// The guests could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Cargo does not start.
    #[error("cannot run {program}: {source}")]
    Run {
        /// What was to run.
        program: PathBuf,
        /// Why it does not.
        source: std::io::Error,
    },
    /// Cargo fails; its messages are above.
    #[error("building the guests failed ({toolchain}); cargo said:\n{output}")]
    Compile {
        /// How it was tried.
        toolchain: GuestToolchain,
        /// What cargo said.
        output: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A compiled guest is no component of our world.
    #[error("{path} cannot become a component: {problem}")]
    Component {
        /// The core module.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// Builds `guests` (cargo package names) of the workspace at `root` and writes
/// `<guest>.wasm` for each into `out`. `target` is a target directory of the
/// guests' own: sharing the caller's would deadlock inside a build script.
///
/// # Errors
///
/// [`BuildError`]; nothing is written for a guest that fails.
pub fn build_guests(
    toolchain: &GuestToolchain,
    root: &Path,
    target: &Path,
    guests: &[&str],
    out: &Path,
) -> Result<Vec<PathBuf>, BuildError> {
    compile(toolchain, root, target, guests)?;
    guests
        .iter()
        .map(|guest| {
            let module =
                target.join(TARGET).join("guest").join(format!("{}.wasm", guest.replace('-', "_")));
            let component = out.join(format!("{guest}.wasm"));
            encode(&module, &component)?;
            Ok(component)
        })
        .collect()
}

fn compile(
    toolchain: &GuestToolchain,
    root: &Path,
    target: &Path,
    guests: &[&str],
) -> Result<(), BuildError> {
    let mut command = Command::new(&toolchain.cargo);
    command
        .current_dir(root)
        .args(["build", "--locked", "--profile", "guest", "--target", TARGET, "--target-dir"])
        .arg(target)
        .stdin(Stdio::null());
    for guest in guests {
        command.args(["--package", guest]);
    }
    clear_environment(&mut command);
    command.env("RUSTC", &toolchain.rustc);
    // Reading text sixteen bytes at a time: part of WebAssembly 2.0, which every runtime
    // of components has.
    let mut flags = vec!["-Ctarget-feature=+simd128".to_owned()];
    if let Some(linker) = &toolchain.linker {
        flags.push("-Clinker-flavor=wasm-ld".to_owned());
        flags.push(format!("-Clinker={}", linker.display()));
    }
    if toolchain.std == StdSource::Sources {
        // The key that lets a stable compiler build the std it was released with.
        command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        flags.push("-Cembed-bitcode=yes".to_owned());
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    let output = command
        .output()
        .map_err(|source| BuildError::Run { program: toolchain.cargo.clone(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(BuildError::Compile { toolchain: toolchain.clone(), output })
}

/// The guests are the same whoever builds them: flags, wrappers and cargo's own
/// variables of the outer build stay outside. Where cargo finds its registry
/// does not.
fn clear_environment(command: &mut Command) {
    const KEPT: [&str; 3] = ["CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_TERM_COLOR"];
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let registry = name.starts_with("CARGO_REGISTR")
            || name.starts_with("CARGO_HTTP")
            || name.starts_with("CARGO_SOURCE");
        let outer = name.starts_with("CARGO")
            || name.starts_with("RUSTFLAGS")
            || name.starts_with("RUSTC")
            || name.starts_with("RUSTDOC");
        if outer && !registry && !KEPT.contains(&name.as_str()) {
            command.env_remove(name);
        }
    }
}

fn encode(module: &Path, component: &Path) -> Result<(), BuildError> {
    let bytes =
        fs::read(module).map_err(|source| BuildError::File { path: module.to_owned(), source })?;
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| BuildError::Component {
            path: module.to_owned(),
            problem: format!("{error:#}"),
        })?;
    // An unchanged file keeps its time, so that nothing is rebuilt for it.
    if fs::read(component).is_ok_and(|before| before == encoded) {
        return Ok(());
    }
    fs::write(component, encoded)
        .map_err(|source| BuildError::File { path: component.to_owned(), source })
}
