//! The command `signon`. Data goes to stdout, everything else to stderr; exit
//! status 0 is done, 1 something failed, 2 usage or configuration.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
