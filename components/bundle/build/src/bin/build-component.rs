//! `build-component CRATE_DIR PACKAGE OUT_DIR`: one component that is no built-in, as
//! the file OUT_DIR/PACKAGE.wasm. Its Cargo.toml needs a profile `guest`, as the
//! workspace here has one.

use std::error::Error;
use std::path::{Path, absolute};
use std::process::ExitCode;

use guest_build::build_guests;
use guest_toolchain::find;

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, package, out] = arguments.as_slice() else {
        return Err("usage: build-component CRATE_DIR PACKAGE OUT_DIR".into());
    };
    let root = Path::new(folder).canonicalize().map_err(|error| format!("{folder}: {error}"))?;
    let out = absolute(out)?;
    std::fs::create_dir_all(&out)?;
    for component in build_guests(&find()?, &root, &root.join("target"), &[package], &out)? {
        println!("{}", component.display());
    }
    Ok(())
}
