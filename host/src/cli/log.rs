//! The log: on stderr, from `info` while collecting and from `warn` otherwise,
//! changed by `SIGNON_LOG`. Without colours: who writes what a terminal obeys cannot be
//! told from a record that does.

use tracing_subscriber::EnvFilter;

use super::exit;

/// Starts logging.
pub fn start(collecting: bool) {
    let default = if collecting { "info" } else { "warn" };
    let filter = EnvFilter::try_from_env("SIGNON_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| exit::Log)
        .with_ansi(false)
        .with_target(false)
        .init();
}
