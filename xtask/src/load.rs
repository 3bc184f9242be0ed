//! Busy processes, as a machine has that others use, too.
//!
//! Invariant: none outlives the command that asked for it. Each is this program
//! again, computing until its standard input ends; the other end is ours alone, and
//! the system closes it whatever ends us: a return, a panic, Ctrl-C, `kill -9`.

use std::env;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use crate::shell::{Failure, cannot_run};

/// The argument that makes this program a busy process. It is no command for people.
pub const ARGUMENT: &str = "busy-until-stdin-ends";

/// Busy processes; they end with this value.
#[derive(Debug)]
pub struct Load(Vec<Child>);

impl Load {
    /// Starts so many.
    pub fn start(processes: usize) -> Result<Self, Failure> {
        let program = env::current_exe().map_err(Failure::new)?;
        Self::of(&program, processes)
    }

    fn of(program: &Path, processes: usize) -> Result<Self, Failure> {
        let mut load = Self(Vec::new());
        for _ in 0..processes {
            let mut command = Command::new(program);
            command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::null());
            let child = command.spawn().map_err(|error| cannot_run(&command, &error))?;
            load.0.push(child);
        }
        Ok(load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended already; else waiting for it closes its input.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Computes until the standard input ends.
pub fn be_busy() -> ExitCode {
    std::thread::spawn(|| {
        // An input that cannot be read is one that has ended.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let mut number = 1_u64;
    loop {
        number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005) | 1);
    }
}
