//! What every room needs: a service, a configuration, a command with a time limit,
//! and a reader of what it wrote.
//!
//! Invariant: nothing here outlives its test. Processes are killed, services
//! stopped and folders removed when their values go, also when a test fails.

mod config;
mod coverage;
mod output;
mod process;
mod service;

use std::io::Write as _;
use std::path::{Path, PathBuf};

pub use config::ConfigFile;
pub use coverage::{coverage, seconds};
pub use output::{Output, ids, ids_of, lines, whole_lines};
pub use process::{Finished, Running, signon};
pub use service::{HOUR, Service, options, options_of, run};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    root().join(path)
}

/// Says something that is worth reading even when the test passes: the standard
/// error stream itself, for the macros' output is captured.
pub fn say(text: &str) {
    // Whoever closed it does not want to know.
    let _ = writeln!(std::io::stderr(), "    {text}");
}

/// Waits for something that happens elsewhere, for a minute at most.
pub fn wait_until(what: &str, happened: impl FnMut() -> bool) {
    let mut happened = happened;
    let started = std::time::Instant::now();
    while !happened() {
        assert!(started.elapsed().as_secs() < 60, "waited for a minute, in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
