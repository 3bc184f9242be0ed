//! A Python with Oracle's official SDK, for the one test that needs it. Nothing
//! else does, so whatever fails here is a warning.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{say, target};

/// The environment variable that tells the test which Python to use.
pub const VARIABLE: &str = "SIGNON_TEST_PYTHON";

/// Exits with 0 where the SDK is installed; importing it would take seconds.
const LOOK: &str = "import importlib.util, sys; sys.exit(importlib.util.find_spec('oci') is None)";

/// A Python that has the SDK.
pub fn with_sdk() -> Option<PathBuf> {
    let named = env::var_os(VARIABLE).map(PathBuf::from);
    [named, Some(own()), Some(PathBuf::from("python3"))].into_iter().flatten().find(|python| {
        Command::new(python)
            .args(["-c", LOOK])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })
}

/// Puts the SDK into an environment of ours, unless one is at hand.
pub fn install() {
    if let Some(python) = with_sdk() {
        say(format!("Oracle's SDK for Python: {} has it", python.display()));
        return;
    }
    let folder = target().join("python");
    say(format!("Oracle's SDK for Python: installing oci from PyPI into {}", folder.display()));
    let environment = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
    if !environment.is_ok_and(|status| status.success()) {
        say("warning: python3 -m venv failed (Debian: apt-get install python3-venv)");
        return;
    }
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "oci"];
    let installed = Command::new(own()).args(install).status();
    if !installed.is_ok_and(|status| status.success()) {
        say("warning: pip could not install oci");
    }
}

fn own() -> PathBuf {
    target().join(Path::new(if cfg!(windows) {
        "python/Scripts/python"
    } else {
        "python/bin/python"
    }))
}
