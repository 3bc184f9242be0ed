//! Builds the hostile guest as the built-ins are built, and makes the editions of it
//! that no compiler would make.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wit_component::ComponentEncoder;

/// Numbers of sections in a core module.
const TABLE: u8 = 4;
const MEMORY: u8 = 5;

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
    println!("cargo::rerun-if-env-changed={}", guest_toolchain::COMPILER_VARIABLE);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    for input in ["wit", "Cargo.toml", "Cargo.lock", "components/kit", "tests/hostile"] {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let target = out.join("guests");
    let toolchain = guest_toolchain::find()?;
    guest_build::build_guests(&toolchain, &root, &target, &["hostile", "chatty"], &out)?;
    let module = fs::read(target.join(guest_toolchain::TARGET).join("guest/hostile.wasm"))?;
    // One table of function references, at least a million; one memory, at least a
    // gigabyte in pages of 64 KiB.
    let table = [&[1, 0x70, 0][..], &encoded(1_000_000)].concat();
    let memory = [&[1, 0][..], &encoded(16_384)].concat();
    for (name, section, content) in
        [("giant-table", TABLE, table), ("giant-memory", MEMORY, memory)]
    {
        let module = with_section(&module, section, &content);
        let component = ComponentEncoder::default()
            .module(&module)
            .and_then(|mut encoder| encoder.encode())
            .map_err(|error| format!("{name}: {error:#}"))?;
        fs::write(out.join(format!("{name}.wasm")), component)?;
    }
    Ok(())
}

/// A module with the content of one section replaced.
fn with_section(module: &[u8], wanted: u8, content: &[u8]) -> Vec<u8> {
    let (head, mut rest) = module.split_at(8);
    let mut changed = head.to_vec();
    while let [id, tail @ ..] = rest {
        let (size, tail) = number(tail);
        let (body, tail) = tail.split_at(size);
        let body = if *id == wanted { content } else { body };
        changed.push(*id);
        changed.extend(encoded(body.len()));
        changed.extend_from_slice(body);
        rest = tail;
    }
    changed
}

/// An unsigned LEB128 number and what follows it.
fn number(bytes: &[u8]) -> (usize, &[u8]) {
    let length = 1 + bytes.iter().take_while(|byte| **byte >= 0x80).count();
    let digits = bytes[..length].iter().rev();
    (digits.fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f)), &bytes[length..])
}

fn encoded(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let digit = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(digit);
            return bytes;
        }
        bytes.push(digit | 0x80);
    }
}
