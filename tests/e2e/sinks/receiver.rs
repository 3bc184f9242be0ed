//! The receiver in Python as a process.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::support::{repository, say, whole_lines};

/// A running receiver; it ends with its value.
pub struct Receiver {
    child: Child,
    says: BufReader<ChildStdout>,
    pub port: u16,
    taken: PathBuf,
}

impl Receiver {
    /// Starts one in which something goes wrong; `None`, said aloud, without Python.
    pub fn start(folder: &Path, fault: &str) -> Option<Self> {
        let mut receiver = Self::start_away(folder, fault)?;
        receiver.arrive();
        Some(receiver)
    }

    /// One that is not there yet: the port is its own, and connections are refused.
    pub fn start_away(folder: &Path, fault: &str) -> Option<Self> {
        let taken = folder.join("taken");
        let mut command = Command::new("python3");
        command.arg(repository("tests/e2e/sinks/receiver.py")).arg(&taken).arg(fault);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            say("skipped: python3 is not installed");
            return None;
        };
        let mut line = String::new();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        says.read_line(&mut line).unwrap();
        Some(Self { child, says, port: line.trim().parse().unwrap(), taken })
    }

    /// From now on it answers.
    pub fn arrive(&mut self) {
        let mut stdin = self.child.stdin.as_ref().unwrap();
        stdin.write_all(b"\n").unwrap();
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        assert_eq!(line, "here\n");
    }

    /// How often each event was taken.
    pub fn taken(&self) -> BTreeMap<String, u32> {
        let text = String::from_utf8(whole_lines(&self.taken)).unwrap();
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
