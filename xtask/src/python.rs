//! A Python with the programs of others that some tests hold ours against:
//! Oracle's official SDK, a SCIM client, an OAuth client and another runtime for
//! components. Nothing else needs
//! them, so whatever fails here is a warning, and a package that cannot be had
//! keeps no other one out.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{say, target};

/// The environment variable that tells the tests which Python to use.
pub const VARIABLE: &str = "SIGNON_TEST_PYTHON";

/// What is installed.
struct Package {
    /// As pip takes it.
    requirement: &'static str,
    /// What has to be there once it is installed.
    modules: &'static [&'static str],
}

/// Oracle's SDK: a Python without it is no use for the tests.
const SDK: Package = Package { requirement: "oci", modules: &["oci"] };

const CLIENTS: [Package; 6] = [
    Package { requirement: "scim2-client[httpx2]", modules: &["scim2_client", "httpx2"] },
    Package { requirement: "authlib", modules: &["authlib"] },
    // As examples/python/requirements.txt has it.
    Package { requirement: "wasmtime==50.0.1", modules: &["wasmtime"] },
    // A collector for OTLP, which brings its own program; there are early versions only.
    Package { requirement: "rotel==0.0.1a15", modules: &["rotel"] },
    // What Authlib sends its requests with in the test.
    Package { requirement: "requests", modules: &["requests"] },
    // What reports are measured against.
    Package { requirement: "duckdb", modules: &["duckdb"] },
];

/// Exits with 0 where all modules named are installed; importing them would take
/// seconds.
const LOOK: &str = "import importlib.util, sys; \
                    sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))";

/// A Python that has the SDK; one that has the other clients, too, comes first.
pub fn with_sdk() -> Option<PathBuf> {
    complete().or_else(|| candidates().find(|python| has(python, &SDK)))
}

/// Puts what is missing into an environment of ours, unless there is a Python that
/// has everything.
pub fn install() {
    if let Some(python) = complete() {
        say(format!("Oracle's SDK and other clients for Python: {} has them", python.display()));
        return;
    }
    let folder = target().join("python");
    let into = folder.display();
    say(format!("Oracle's SDK and other clients for Python: installing from PyPI into {into}"));
    let environment = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
    if !environment.is_ok_and(|status| status.success()) {
        say("warning: python3 -m venv failed (Debian: apt-get install python3-venv)");
        return;
    }
    let own = own();
    for package in packages().filter(|package| !has(&own, package)) {
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let installed = Command::new(&own).args(install).arg(package.requirement).status();
        if !installed.is_ok_and(|status| status.success()) {
            say(format!("warning: pip could not install {}", package.requirement));
        }
    }
}

fn packages() -> impl Iterator<Item = &'static Package> {
    std::iter::once(&SDK).chain(&CLIENTS)
}

fn complete() -> Option<PathBuf> {
    candidates().find(|python| packages().all(|package| has(python, package)))
}

fn candidates() -> impl Iterator<Item = PathBuf> {
    let named = env::var_os(VARIABLE).map(PathBuf::from);
    [named, Some(own()), Some(PathBuf::from("python3"))].into_iter().flatten()
}

fn has(python: &Path, package: &Package) -> bool {
    Command::new(python)
        .args(["-c", LOOK])
        .args(package.modules)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn own() -> PathBuf {
    target().join(Path::new(if cfg!(windows) {
        "python/Scripts/python"
    } else {
        "python/bin/python"
    }))
}
