//! Builds the guests, or takes finished ones from `SIGNON_COMPONENTS`.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use guest_toolchain::{COMPILER_VARIABLE, GUESTS};

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        // As written for people: several lines, each with its fix.
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=SIGNON_COMPONENTS");
    println!("cargo::rerun-if-env-changed={COMPILER_VARIABLE}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    if let Some(finished) = env::var_os("SIGNON_COMPONENTS").map(PathBuf::from) {
        return take_finished(&finished, &out);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    for input in ["wit", "Cargo.toml", "Cargo.lock", "components/kit"] {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    for guest in GUESTS {
        println!("cargo::rerun-if-changed={}", root.join("components").join(guest).display());
    }
    let toolchain = guest_toolchain::find()?;
    guest_build::build_guests(&toolchain, &root, &target(&root, &out), &GUESTS, &out)?;
    Ok(())
}

/// The guests' own target directory. Inside the workspace's, one serves all
/// profiles; where the outer build writes elsewhere, the sources may be read-only
/// and nothing is written among them.
fn target(root: &Path, out: &Path) -> PathBuf {
    let shared = root.join("target");
    let inside = match (shared.canonicalize(), out.canonicalize()) {
        (Ok(shared), Ok(out)) => out.starts_with(shared),
        _ => false,
    };
    if inside { shared.join("guests") } else { out.join("guests") }
}

fn take_finished(folder: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    for guest in GUESTS {
        let file = folder.join(format!("{guest}.wasm"));
        println!("cargo::rerun-if-changed={}", file.display());
        fs::copy(&file, out.join(format!("{guest}.wasm")))
            .map_err(|error| format!("SIGNON_COMPONENTS: {}: {error}", file.display()))?;
    }
    Ok(())
}
