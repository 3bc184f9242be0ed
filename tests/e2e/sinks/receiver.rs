//! The receiver in Python as a process.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::{repository, say};

/// A running receiver; it ends with its value.
pub struct Receiver {
    child: Child,
    pub port: u16,
    taken: PathBuf,
}

impl Receiver {
    /// Starts one in which something goes wrong; `None`, said aloud, without Python.
    pub fn start(folder: &Path, fault: &str) -> Option<Self> {
        Self::start_at(folder, fault, 0)
    }

    /// One on a port that is known already.
    pub fn start_at(folder: &Path, fault: &str, port: u16) -> Option<Self> {
        let taken = folder.join("taken");
        let mut command = Command::new("python3");
        command.arg(repository("tests/e2e/sinks/receiver.py")).arg(&taken).arg(fault);
        command.arg(port.to_string()).stdout(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            say("skipped: python3 is not installed");
            return None;
        };
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Some(Self { child, port: line.trim().parse().unwrap(), taken })
    }

    /// How often each event was taken.
    pub fn taken(&self) -> BTreeMap<String, u32> {
        let text = std::fs::read_to_string(&self.taken).unwrap_or_default();
        let mut taken = BTreeMap::new();
        for line in text.lines() {
            *taken.entry(line.to_owned()).or_default() += 1;
        }
        taken
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
