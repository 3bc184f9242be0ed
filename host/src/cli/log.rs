//! The log: on stderr, from `info` while collecting and from `warn` otherwise,
//! changed by `SIGNON_LOG`.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging.
pub fn start(collecting: bool) {
    let default = if collecting { "info" } else { "warn" };
    let filter = EnvFilter::try_from_env("SIGNON_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}
