//! `build-guests TARGET_DIR OUT_DIR`: every component as a file, for whoever loads
//! them into a runtime of their own. `cargo xtask components` calls it.

use std::error::Error;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use guest_build::build_guests;
use guest_toolchain::{GUESTS, find};

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
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [target, out] = folders.as_slice() else {
        return Err("usage: build-guests TARGET_DIR OUT_DIR".into());
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").canonicalize()?;
    let out = absolute(out)?;
    std::fs::create_dir_all(&out)?;
    for component in build_guests(&find()?, &root, &absolute(target)?, &GUESTS, &out)? {
        println!("{}", component.display());
    }
    Ok(())
}
