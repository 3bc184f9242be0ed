//! The command `signon`. Data goes to stdout, everything else to stderr; exit
//! status 0 is done, 1 something failed, 2 usage or configuration.

mod cli;

use std::process::ExitCode;

/// The command's own: a library must not choose for the program that embeds it. With the C
/// library's, a process keeps for ever what it took at its busiest moment.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::main()
}
