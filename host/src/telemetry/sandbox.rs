//! What happens at the sandbox.

use std::path::Path;

use tracing::{info, warn};

/// A line that a guest wrote to its stdout or stderr.
#[derive(Debug)]
pub struct GuestWrote<'a> {
    /// Source id, or the component's name where no source is concerned.
    pub source: &'a str,
    /// The line, without control characters.
    pub line: &'a str,
}

impl GuestWrote<'_> {
    /// Logs; there is nothing to count in what a guest says.
    pub fn emit(self) {
        info!(source = self.source, line = self.line, "Guest wrote.");
    }
}

/// A folder of state that others may look into.
#[derive(Debug)]
pub struct DataDirOpen<'a> {
    /// Which, how far, and what to do.
    pub warning: &'a str,
}

impl DataDirOpen<'_> {
    /// Logs. It happens once a start.
    pub fn emit(self) {
        warn!(warning = self.warning, "State is open to others.");
    }
}

/// A folder for compiled code that is not this user's alone.
#[derive(Debug)]
pub struct CompiledCodeNotKept<'a> {
    /// The folder.
    pub folder: &'a Path,
}

impl CompiledCodeNotKept<'_> {
    /// Logs. It happens once a start.
    pub fn emit(self) {
        let folder = self.folder.display();
        warn!(%folder, expected = "a folder of this user with mode 0700", "Compiled code not kept.");
    }
}
