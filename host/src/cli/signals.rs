//! What the process is told from outside: end, read the configuration anew, back the
//! state up.

use std::path::Path;
use std::sync::Arc;

use signon_host::config::Config;
use signon_host::read::GRACE;
use signon_host::state::EmbeddedState;
use signon_host::telemetry::{self, Telemetry};
use tokio::sync::{mpsc, watch};

use super::failure::Failure;

/// Becomes true at the first SIGTERM or Ctrl-C. The second ends the process at once,
/// for whoever cannot wait.
pub fn stop() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    // Before anything else is begun: unheard, the signal would end it half done.
    let mut endings = Endings::new();
    tokio::spawn(async move {
        endings.next().await;
        // The service may take one grace, the sinks another.
        let seconds = 2 * GRACE.as_secs();
        tracing::info!(within_seconds = seconds, "Ending after the batch in hand.");
        // The collector may be gone already.
        let _ = sender.send(true);
        endings.next().await;
        tracing::warn!("Ended at once: told a second time.");
        std::process::exit(1);
    });
    receiver
}

/// Configurations read anew at each SIGHUP; one that is wrong is told and left.
pub fn reload(
    telemetry: Telemetry,
    load: impl Fn() -> Result<Config, Failure> + Send + 'static,
) -> mpsc::Receiver<Config> {
    let (sender, receiver) = mpsc::channel(1);
    // Before anything else waits: unheard, the signal would end the process.
    let mut hang_ups = Signals::new(Kind::HangUp);
    tokio::spawn(async move {
        while hang_ups.next().await {
            match load() {
                Ok(config) => {
                    if sender.send(config).await.is_err() {
                        return;
                    }
                }
                Err(failure) => {
                    telemetry::ReloadRefused { error: failure.to_string() }.emit(&telemetry);
                }
            }
        }
    });
    receiver
}

/// Writes a copy of the state beside it at each SIGUSR1.
pub fn backup(state: Arc<EmbeddedState>, data_dir: &Path) {
    let path = data_dir.join("state.backup.redb");
    let mut asked = Signals::new(Kind::User);
    tokio::spawn(async move {
        while asked.next().await {
            let (state, to) = (state.clone(), path.clone());
            let copied = tokio::task::spawn_blocking(move || state.back_up(&to)).await;
            match copied {
                Ok(Ok(())) => tracing::info!(path = %path.display(), "State backed up."),
                Ok(Err(error)) => tracing::error!(%error, "State not backed up."),
                Err(error) => tracing::error!(%error, "State not backed up."),
            }
        }
    });
}

enum Kind {
    HangUp,
    User,
}

#[cfg(unix)]
struct Signals(Option<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn new(kind: Kind) -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kind = match kind {
            Kind::HangUp => SignalKind::hangup(),
            Kind::User => SignalKind::user_defined1(),
        };
        Self(signal(kind).ok())
    }

    async fn next(&mut self) -> bool {
        match &mut self.0 {
            Some(signal) => signal.recv().await.is_some(),
            None => false,
        }
    }
}

/// Other systems have no such signals.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new(_kind: Kind) -> Self {
        Self
    }

    async fn next(&mut self) -> bool {
        false
    }
}

/// SIGTERM and Ctrl-C.
#[cfg(unix)]
struct Endings([Option<tokio::signal::unix::Signal>; 2]);

#[cfg(unix)]
impl Endings {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self([SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok()))
    }

    async fn next(&mut self) {
        async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
            match signal {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        }
        let [terminate, interrupt] = &mut self.0;
        tokio::select! {
            () = heard(terminate) => {}
            () = heard(interrupt) => {}
        }
    }
}

#[cfg(not(unix))]
struct Endings;

#[cfg(not(unix))]
impl Endings {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
