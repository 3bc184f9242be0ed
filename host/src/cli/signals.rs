//! Tells the collector when the process is asked to end.

use tokio::sync::watch;

/// Becomes true at the first SIGTERM, SIGHUP or Ctrl-C. The second ends the process at
/// once, for whoever cannot wait.
pub fn stop() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        ended().await;
        tracing::info!("Ending after the batch in hand.");
        // The collector may be gone already.
        let _ = sender.send(true);
        ended().await;
        std::process::exit(1);
    });
    receiver
}

#[cfg(unix)]
async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hang_up)) =
        (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn ended() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
