//! What the process gives up at its start: a core file would hold every key and
//! token that is in memory, and a file that may not grow would end it in mid-batch.

/// Core files, whatever the shell or the service manager allows, and being looked
/// into by other processes of the same user. That it cannot be given up is no reason
/// not to run.
pub fn give_up_core_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        if let Err(error) = setrlimit(Resource::Core, none) {
            tracing::warn!(%error, "Core files cannot be switched off.");
        }
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Where core files go through a pipe the limit alone does not hold.
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "Core files cannot be switched off.");
        }
    }
}

/// Outlives a write beyond the limit on the size of a file (`ulimit -f`): the signal,
/// unheard, would end the process; heard, the write fails and is handled as on a full
/// disk. Has to be called within the runtime.
pub fn outlive_file_size_limit() {
    #[cfg(unix)]
    {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        // Heard for as long as the process lives, whatever becomes of the listener;
        // programs that it starts have the default again.
        if let Err(error) = signal(SignalKind::from_raw(Signal::XFSZ.as_raw())) {
            tracing::warn!(%error, "A limit on file sizes would end the process.");
        }
    }
}
