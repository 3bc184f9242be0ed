//! Sees to it that this machine can build the guests, before the crates that need
//! them and what those stand on are built.

use std::env;
use std::process::ExitCode;

use guest_toolchain::{COMPILER_VARIABLE, Machine};

fn main() -> ExitCode {
    println!("cargo::rerun-if-env-changed=SIGNON_COMPONENTS");
    println!("cargo::rerun-if-env-changed={COMPILER_VARIABLE}");
    if env::var_os("SIGNON_COMPONENTS").is_some() {
        return ExitCode::SUCCESS;
    }
    // Cargo shows what a build script says only where it fails.
    match Machine::here().with_rustup(&mut |_| {}) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
