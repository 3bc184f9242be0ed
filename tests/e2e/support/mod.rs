//! What every room needs: a service, a configuration, a command with a time limit,
//! and a reader of what it wrote.
//!
//! Invariant: nothing here outlives its test. Processes are killed, services
//! stopped and folders removed when their values go, also when a test fails.
//!
//! Invariant: whoever waits, waits for something that happens, however long it takes;
//! only what hangs is given up. No verdict hangs on how fast the machine is.

mod config;
mod coverage;
mod metrics;
mod output;
mod process;
mod program;
mod service;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use config::ConfigFile;
pub use coverage::{coverage, seconds};
pub use metrics::{get, metrics_address, with_metrics};
pub use output::{Output, ids, ids_of, ids_so_far, lines, whole_lines};
pub use process::{COMPILED_DIR, Finished, Running, signon};
pub use program::{Program, free_port, program};
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

/// Beyond this something hangs. The longest run takes some ten seconds on two idle
/// cores; beside others who want them, and with a debugger's and a sanitizer's help,
/// tens of times that.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// Waits for something that is no doing of a process of ours, or that outlives it; for
/// what a process brings about there is `Running::until`.
pub fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < PATIENCE, "waited for {PATIENCE:?}, in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
