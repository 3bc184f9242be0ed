//! What the process gives up at its start: a core file would hold every key and
//! token that is in memory, and a file that may not grow would end it in mid-batch. And
//! what it takes: as many descriptors as it may have.

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

/// As many open files and connections as the system lets the process have: many systems
/// start processes with 1,024, which a few hundred sources with sinks behind them use up.
/// That it stays at what it was is no reason not to run.
pub fn take_descriptors() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        // Some systems say they have no bound and refuse to give that much.
        if maximum.is_some()
            && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        {
            tracing::debug!(%error, "The limit of open files stays as it is.");
        }
    }
}

/// Open files beside those of sources and sinks: 128 readings at once, callers of the
/// metrics, the state, compiled code, standard streams.
const OTHER_DESCRIPTORS: u64 = 256;

/// Warns if the process may have fewer open files than so many sources and sinks can need:
/// each source keeps a connection for a while after it asked, each file sink its file.
pub fn tell_few_descriptors(sources: usize, sinks: usize) {
    let (limit, needed) = (descriptors(), (sources + sinks) as u64 + OTHER_DESCRIPTORS);
    if limit < needed {
        tracing::warn!(
            limit,
            needed,
            "The limit of open files is low for so many sources and sinks; raise the hard limit \
             (LimitNOFILE=, ulimit -Hn)."
        );
    }
}

/// Open files and connections that the process may have.
pub fn descriptors() -> u64 {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
    }
    #[cfg(not(unix))]
    {
        u64::MAX
    }
}
