//! Programs of others, as distributions ship them.
//!
//! Invariant: a program that is not installed is said aloud, and its test passed over.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::say;

/// A program that ends with its value.
pub struct Program(Child);

impl Program {
    /// Starts it; nobody hears what it says.
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where a program is; some distributions keep servers out of users' way.
pub fn program(name: &str) -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let found =
        folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    if found.is_none() {
        say(&format!("skipped: {name} is not installed"));
    }
    found
}

/// A port that nobody uses now. Somebody may before it is bound, by a program that cannot
/// be told to choose: who starts one looks whether it got it.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
