//! Where a secret is kept. A file is read whenever its secret is needed, a command is
//! run again after a while, so that a secret can be changed without a restart.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::CredentialError;
use crate::files;
use crate::limits::off_the_threads;

/// How long what a command said is taken for true: requests come by the second, and
/// vaults count their callers.
const FRESH: Duration = Duration::from_secs(300);

/// Time for a command.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most bytes a command may say.
const MOST_BYTES: u64 = 64 << 10;

/// A secret or the way to it. Never printed.
#[derive(Clone)]
pub enum Secret {
    /// At hand.
    Text(Zeroizing<String>),
    /// In a file; blanks and line ends around it do not count.
    File(PathBuf),
    /// What a command writes to stdout; blanks and line ends around it do not count.
    Command(CommandSecret),
}

/// A command and what it said last.
#[derive(Clone)]
pub struct CommandSecret {
    words: Arc<[String]>,
    last: Arc<Mutex<Option<Answer>>>,
}

/// What a command said, and when.
type Answer = (Zeroizing<String>, Instant);

impl CommandSecret {
    /// A program and its arguments. No shell takes part.
    pub fn new(words: &[String]) -> Self {
        Self { words: words.into(), last: Arc::default() }
    }

    fn read(&self) -> Result<Zeroizing<String>, CredentialError> {
        // Held while it runs: whoever asks meanwhile gets the same answer.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((secret, at)) = &*last
            && at.elapsed() < FRESH
        {
            return Ok(secret.clone());
        }
        let said = off_the_threads(|| run(&self.words))?;
        let secret = Zeroizing::new(said.trim().to_owned());
        if secret.is_empty() {
            return Err(self.failed("it said nothing".to_owned()));
        }
        *last = Some((secret.clone(), Instant::now()));
        Ok(secret)
    }

    fn failed(&self, problem: String) -> CredentialError {
        failed(&self.words, problem)
    }
}

impl Secret {
    /// The secret.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or holds nothing, or the command fails.
    pub fn read(&self) -> Result<Zeroizing<String>, CredentialError> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => {
                let text = files::read_text(path, files::CREDENTIAL)
                    .map_err(|source| CredentialError::Read { path: path.clone(), source })?;
                match text.trim() {
                    "" => Err(CredentialError::EmptySecret { path: path.clone() }),
                    secret => Ok(Zeroizing::new(secret.to_owned())),
                }
            }
            Self::Command(said) => said.read(),
        }
    }

    /// A service refused the secret: the next time it is asked for anew.
    pub fn refused(&self) {
        if let Self::Command(said) = self {
            *said.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

fn failed(words: &[String], problem: String) -> CredentialError {
    let command = words.first().cloned().unwrap_or_default();
    CredentialError::Command { command, problem }
}

/// Runs a command to its end. What it writes to stderr is dropped: it may hold
/// anything.
fn run(words: &[String]) -> Result<Zeroizing<String>, CredentialError> {
    let failed = |problem: String| failed(words, problem);
    let (program, arguments) =
        words.split_first().ok_or_else(|| failed("it has no words".to_owned()))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let stdout = child.stdout.take();
    let reading = std::thread::spawn(move || {
        let mut said = Zeroizing::new(String::new());
        let read = stdout.map(|stdout| stdout.take(MOST_BYTES).read_to_string(&mut said));
        read.transpose().map(|_| said)
    });
    let started = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|error| failed(error.to_string()))? {
            Some(status) => break status,
            None if started.elapsed() > PATIENCE => {
                // It may have ended in this moment.
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!("no answer within {} s", PATIENCE.as_secs())));
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    if !status.success() {
        return Err(failed(format!("{status}; run it by hand to see why")));
    }
    let said = reading.join().map_err(|_| failed("its answer was lost".to_owned()))?;
    said.map_err(|error| failed(error.to_string()))
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.write_str("[secret]"),
            Self::File(path) => write!(f, "[secret in {}]", path.display()),
            Self::Command(said) => write!(f, "[secret of {:?}]", said.words.first()),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn command(script: &str) -> Secret {
        Secret::Command(CommandSecret::new(&["sh".to_owned(), "-c".to_owned(), script.to_owned()]))
    }

    #[test]
    fn a_command_is_asked_once_in_a_while_and_anew_when_its_secret_was_refused() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let secret = command(&format!("echo x >> {0}; wc -l < {0}", count.display()));
        assert_eq!(*secret.read().unwrap(), "1");
        assert_eq!(*secret.read().unwrap(), "1");
        secret.refused();
        assert_eq!(*secret.read().unwrap(), "2");
    }

    #[test]
    fn a_command_that_fails_is_named_without_what_it_said() {
        for (script, expected) in
            [("echo S3CRET; echo S3CRET >&2; exit 3", "exit status: 3"), ("true", "said nothing")]
        {
            let secret = command(script);
            let message = secret.read().unwrap_err().to_string();
            assert!(message.contains(expected) && !message.contains("S3CRET"), "{message}");
        }
        let missing = Secret::Command(CommandSecret::new(&["/no/such/program".to_owned()]));
        assert!(missing.read().unwrap_err().to_string().contains("/no/such/program"));
    }
}
