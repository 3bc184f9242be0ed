//! What the process gives up at its start: a core file would hold every key and
//! token that is in memory.

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
