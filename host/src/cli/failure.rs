//! How a command ends when it does not succeed.

use std::fmt::Display;

use signon_host::config::ConfigError;

/// Why a command failed, and with which exit status.
#[derive(Debug)]
pub struct Failure {
    /// One line each.
    lines: Vec<String>,
    status: u8,
}

impl Failure {
    /// Something went wrong: exit status 1.
    pub fn failed(message: impl Display) -> Self {
        Self { lines: vec![format!("signon: {message}")], status: 1 }
    }

    /// Several things went wrong: exit status 1.
    pub fn several(messages: &[String]) -> Self {
        let lines = messages.iter().map(|message| format!("signon: {message}")).collect();
        Self { lines, status: 1 }
    }

    /// The command line or the configuration is wrong: exit status 2.
    pub fn usage(message: impl Display) -> Self {
        Self { lines: vec![format!("signon: {message}")], status: 2 }
    }

    /// The configuration is wrong: exit status 2. A line for each of its problems.
    pub fn configuration(error: &ConfigError) -> Self {
        let mut lines: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
        if let Some(first) = lines.first_mut() {
            first.insert_str(0, "signon: ");
        }
        Self { lines, status: 2 }
    }

    /// What it says, line by line, and the exit status.
    pub fn into_parts(self) -> (Vec<String>, u8) {
        (self.lines, self.status)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.lines.join("; ");
        f.write_str(text.strip_prefix("signon: ").unwrap_or(&text))
    }
}
