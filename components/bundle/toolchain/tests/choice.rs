//! Which toolchain is taken, on machines made up of a few scripts: this
//! machine's own compilers and installers are out of reach.

#![cfg(unix)]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use guest_toolchain::{COMPILER_VARIABLE, Compiler, Machine, StdSource, TARGET, needed};
use tempfile::TempDir;

/// A machine without anything.
struct Bench {
    folder: TempDir,
    machine: Machine,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let machine = Machine {
            path: vec![folder.path().join("bin")],
            compilers: Vec::new(),
            may_install: false,
        };
        Self { folder, machine }
    }

    /// A program that runs `text` in the shell. A child writes the file: a file
    /// held open for writing in this process cannot be run by any of its threads.
    fn program(&self, path: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(path);
        let write = r#"mkdir -p "$(dirname "$1")" && printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod 755 "$1""#;
        let arguments = [write, "sh", &file.display().to_string(), text];
        assert!(
            Command::new("/bin/sh").arg("-c").args(arguments).status().expect("a shell").success()
        );
        file
    }

    fn file(&self, path: &str) {
        let file = self.folder.path().join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, "").expect("written");
    }

    /// A compiler under `root`, with a cargo beside it and a linker of its own.
    fn compiler(&mut self, root: &str, version: &str, distribution: bool) -> PathBuf {
        let sysroot = self.folder.path().join(root);
        let text = format!(
            "case \"$1\" in --version) echo 'rustc {version} (hash date)';; *) echo '{}';; esac",
            sysroot.display()
        );
        let rustc = self.program(&format!("{root}/bin/rustc"), &text);
        let cargo = self.program(&format!("{root}/bin/cargo"), "exit 0");
        self.file(&format!("{root}/lib/rustlib/host/bin/rust-lld"));
        self.machine.compilers.push(Compiler { rustc: rustc.clone(), cargo, distribution });
        rustc
    }

    fn std(&self, root: &str) {
        self.file(&format!("{root}/lib/rustlib/{TARGET}/lib/libstd-0123.rlib"));
    }

    fn sources(&self, root: &str) {
        self.file(&format!("{root}/lib/rustlib/src/rust/library/std/Cargo.toml"));
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.folder.path().join(path)).expect("removed");
    }

    fn refusal(&self) -> String {
        self.machine.find().expect_err("none").to_string()
    }
}

fn silent(_: &str) {}

#[test]
fn a_std_at_hand_is_taken_from_the_compiler_in_use_first() {
    let mut bench = Bench::new();
    let own = bench.compiler("own", "1.95.0", false);
    bench.compiler("distribution", "1.96.0", true);
    bench.std("own");
    bench.std("distribution");
    let found = bench.machine.find().expect("a toolchain");
    assert_eq!((found.std, &found.rustc, &found.linker), (StdSource::InUse, &own, &None));
    assert!(found.to_string().starts_with("std of the compiler in use"), "{found}");
}

#[test]
fn a_distribution_s_std_serves_where_the_compiler_in_use_has_none() {
    let mut bench = Bench::new();
    bench.compiler("own", "1.95.0", false);
    let distribution = bench.compiler("distribution", "1.96.0", true);
    bench.std("distribution");
    let found = bench.machine.find().expect("a toolchain");
    assert_eq!((found.std, &found.rustc), (StdSource::Distribution, &distribution));
    assert_eq!(found.cargo, distribution.with_file_name("cargo"));
}

#[test]
fn std_is_built_from_sources_only_where_none_is_at_hand() {
    let mut bench = Bench::new();
    bench.compiler("own", "1.95.0", false);
    bench.compiler("distribution", "1.96.0", true);
    bench.sources("own");
    assert_eq!(bench.machine.find().expect("a toolchain").std, StdSource::Sources);
    bench.std("distribution");
    assert_eq!(bench.machine.find().expect("a toolchain").std, StdSource::Distribution);
}

#[test]
fn a_compiler_older_than_the_workspace_allows_is_passed_over_and_named() {
    let mut bench = Bench::new();
    bench.compiler("old", "1.63.0", false);
    bench.std("old");
    let text = bench.refusal();
    assert!(
        text.contains(&format!("old/bin/rustc: is 1.63.0; this workspace needs {}", needed())),
        "{text}"
    );
    bench.compiler("new", "1.96.0", true);
    bench.std("new");
    assert!(bench.machine.find().expect("a toolchain").rustc.ends_with("new/bin/rustc"));
}

#[test]
fn a_compiler_without_a_linker_takes_one_from_the_path_or_is_passed_over() {
    let mut bench = Bench::new();
    bench.compiler("own", "1.95.0", false);
    bench.std("own");
    bench.remove("own/lib/rustlib/host/bin/rust-lld");
    assert!(bench.refusal().contains("no linker for WebAssembly"));
    let linker = bench.program("bin/wasm-ld", "exit 0");
    assert_eq!(bench.machine.find().expect("a toolchain").linker, Some(linker));
}

#[test]
fn a_compiler_without_a_cargo_is_passed_over() {
    let mut bench = Bench::new();
    bench.compiler("own", "1.95.0", true);
    bench.std("own");
    bench.remove("own/bin/cargo");
    assert!(bench.refusal().contains("there is no cargo"));
}

#[test]
fn a_compiler_that_does_not_run_is_told_with_its_own_words() {
    let mut bench = Bench::new();
    bench.compiler("own", "1.95.0", false);
    bench.program("own/bin/rustc", "echo 'libLLVM.so: not found' >&2; exit 127");
    assert!(bench.refusal().contains("does not run: libLLVM.so: not found"));
}

#[test]
fn where_there_is_none_the_error_names_every_fix_and_everything_tried() {
    let machine = Machine::of(&|name| match name {
        COMPILER_VARIABLE => Some(OsString::from("/nowhere/guest-rustc")),
        "RUSTC" => Some(OsString::from("/nowhere/rustc")),
        _ => None,
    });
    assert_eq!(machine.path, Vec::<PathBuf>::new());
    let named: Vec<Compiler> = machine
        .compilers
        .into_iter()
        .filter(|compiler| compiler.rustc.starts_with("/nowhere"))
        .collect();
    let machine = Machine { path: Vec::new(), compilers: named, may_install: true };
    let text = machine.install(&mut silent).expect_err("none").to_string();
    for part in [
        "rustup target add wasm32-unknown-unknown",
        "apt-get install rustc-web cargo-web rust-web-src lld",
        "SIGNON_GUEST_RUSTC=",
        "SIGNON_COMPONENTS=",
        "/nowhere/guest-rustc: not there",
        "/nowhere/rustc: not there",
    ] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[test]
fn a_compiler_named_by_the_variable_goes_before_all_others() {
    let machine = Machine::of(&|name| (name == COMPILER_VARIABLE).then(|| "/opt/rustc".into()));
    assert_eq!(machine.compilers[0].rustc, Path::new("/opt/rustc"));
}

#[test]
fn rustup_is_asked_for_the_target_before_anything_is_built_from_sources() {
    let mut bench = Bench::new();
    bench.compiler("own", "1.95.0", false);
    bench.sources("own");
    let libraries = bench.folder.path().join(format!("own/lib/rustlib/{TARGET}/lib"));
    let add = format!(
        "test \"$*\" = 'target add {TARGET}' && mkdir -p '{0}' && : > '{0}/libstd-1.rlib'",
        libraries.display()
    );
    // The path has nothing but this machine's own programs; the script needs two more.
    bench.program("bin/rustup", &format!("PATH=/usr/bin:/bin; {add}"));
    let mut said = Vec::new();
    let found = bench.machine.install(&mut |line| said.push(line.to_owned())).expect("a toolchain");
    assert_eq!(found.std, StdSource::InUse);
    assert_eq!(said, [format!("rustup target add {TARGET}")]);
}

#[test]
fn where_rustup_cannot_download_the_sources_serve() {
    let mut bench = Bench::new();
    bench.compiler("own", "1.95.0", false);
    bench.sources("own");
    bench.program("bin/rustup", "echo 'error: could not download' >&2; exit 1");
    let found = bench.machine.install(&mut silent).expect("a toolchain");
    assert_eq!(found.std, StdSource::Sources);
}

/// apt of a Debian that offers `rustc` 1.63 and `rustc-web` in version `web`;
/// installing the latter makes the compiler under `distribution` appear.
fn debian(bench: &mut Bench, web: &str) {
    let rustc = bench.compiler("distribution", "1.96.0", true);
    bench.sources("distribution");
    let away = rustc.with_extension("away");
    fs::rename(&rustc, &away).expect("moved");
    bench.program(
        "bin/apt-cache",
        &format!("case \"$2\" in rustc) echo '  Candidate: 1.63.0+dfsg1-2';; *) echo '  Candidate: {web}';; esac"),
    );
    let log = bench.folder.path().join("apt.log");
    bench.program(
        "bin/apt-get",
        &format!(
            "PATH=/usr/bin:/bin; echo \"$*\" >> '{}'; test \"$1\" = update || mv '{}' '{}'",
            log.display(),
            away.display(),
            rustc.display()
        ),
    );
}

#[test]
fn root_on_debian_gets_the_packages_whose_compiler_is_new_enough() {
    let mut bench = Bench::new();
    debian(&mut bench, "1.96.0+dfsg1-1~deb12u2");
    bench.machine.may_install = true;
    let found = bench.machine.install(&mut silent).expect("a toolchain");
    assert_eq!(found.std, StdSource::Sources);
    let log = fs::read_to_string(bench.folder.path().join("apt.log")).expect("read");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[1].ends_with("rustc-web cargo-web rust-web-src lld"), "{log}");
}

#[test]
fn packages_that_are_too_old_are_not_installed_and_the_error_says_so() {
    let mut bench = Bench::new();
    debian(&mut bench, "1.85.0+dfsg3-1~deb12u3");
    bench.machine.may_install = true;
    let text = bench.machine.install(&mut silent).expect_err("none").to_string();
    assert!(text.contains("apt: rustc-web is 1.85.0; needed is"), "{text}");
    let log = fs::read_to_string(bench.folder.path().join("apt.log")).expect("read");
    assert_eq!(log, "update\n");
}

#[test]
fn nobody_but_root_calls_apt() {
    let mut bench = Bench::new();
    debian(&mut bench, "1.96.0");
    assert!(bench.machine.install(&mut silent).is_err());
    assert!(!bench.folder.path().join("apt.log").exists());
}
