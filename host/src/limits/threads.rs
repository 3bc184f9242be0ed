//! The threads of a process that runs guests.
//!
//! Invariant: however much guests compute, the network is served, and nobody waits for what
//! blocks.

/// Tasks a thread runs before it looks whether anything arrived from the network. A
/// guest computes for a tick at a time: with tokio's own 61 an answer would lie
/// unread for half a second when all threads are busy.
const TASKS_BETWEEN_LOOKS: u32 = 4;

/// Threads for what blocks: commits, files, names. With tokio's own 512 the commits of
/// a thousand streams that begin together would each hold a thread; they wait for one
/// another's sync anyway.
const BLOCKING_THREADS: usize = 64;

/// A runtime for a process that runs guests: the network is served however much they
/// compute. It has a thread more than there are cores, which those who compute for long
/// never get: with one for each core, one core would be theirs no more.
///
/// # Errors
///
/// When the system gives no threads.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(cores() + 1)
        .event_interval(TASKS_BETWEEN_LOOKS)
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
}

/// Cores that this process may use. Asking takes twenty calls of the system.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Does what takes a while without holding up the tasks of this thread: compiling,
/// or waiting for another program.
pub(crate) fn off_the_threads<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
