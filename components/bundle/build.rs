//! Builds the guests, or takes finished ones from `SIGNON_COMPONENTS`.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Every built-in component, by cargo package.
const GUESTS: [&str; 1] = ["oci-audit"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=SIGNON_COMPONENTS");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    if let Some(finished) = env::var_os("SIGNON_COMPONENTS").map(PathBuf::from) {
        return take_finished(&finished, &out);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    for input in ["wit", "Cargo.lock", "components/kit"] {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    for guest in GUESTS {
        println!("cargo::rerun-if-changed={}", root.join("components").join(guest).display());
    }
    let target = root.join("target/guests");
    guest_toolchain::build_guests(&guest_toolchain::find()?, &root, &target, &GUESTS, &out)?;
    Ok(())
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
