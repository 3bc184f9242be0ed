//! How a command ends when it does not succeed.

use std::fmt::Display;
use std::process::ExitCode;

/// Why a command failed, and with which exit status.
#[derive(Debug)]
pub struct Failure {
    message: String,
    status: u8,
}

impl Failure {
    /// Something went wrong: exit status 1.
    pub fn failed(message: impl Display) -> Self {
        Self { message: message.to_string(), status: 1 }
    }

    /// The command line or the configuration is wrong: exit status 2.
    pub fn usage(message: impl Display) -> Self {
        Self { message: message.to_string(), status: 2 }
    }

    /// Says so on stderr.
    pub fn report(self) -> ExitCode {
        use std::io::Write as _;
        // Whoever closed stderr has the status.
        let _ = writeln!(std::io::stderr(), "signon: {}", self.message);
        ExitCode::from(self.status)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Writes to stdout; whoever reads may have seen enough, which is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}
