//! Where a secret is kept. A file is read whenever its secret is needed, a command is
//! run again after a while, so that a secret can be changed without a restart.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::CredentialError;
use crate::files;

/// How long what a command said is taken for true: requests come by the second, and
/// vaults count their callers.
const FRESH: Duration = Duration::from_secs(300);

/// Time for a command.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most bytes a command may say.
const MOST_BYTES: usize = 64 << 10;

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

    async fn read(&self) -> Result<Zeroizing<String>, CredentialError> {
        // Held while it runs: whoever asks meanwhile gets the same answer.
        let mut last = self.last.lock().await;
        if let Some((secret, at)) = &*last
            && at.elapsed() < FRESH
        {
            return Ok(secret.clone());
        }
        let secret = run(&self.words, PATIENCE)
            .await
            .map_err(|problem| CredentialError::Command { command: self.program(), problem })?;
        *last = Some((secret.clone(), Instant::now()));
        Ok(secret)
    }

    fn program(&self) -> String {
        self.words.first().cloned().unwrap_or_default()
    }
}

impl Secret {
    /// The secret.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or holds nothing, or the command fails.
    pub async fn read(&self) -> Result<Zeroizing<String>, CredentialError> {
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
            Self::Command(said) => said.read().await,
        }
    }

    /// A service refused the secret: the next time it is asked for anew.
    pub async fn refused(&self) {
        if let Self::Command(said) = self {
            *said.last.lock().await = None;
        }
    }
}

/// Runs a command to its end and gives back what it said, or what is wrong with that. What
/// it writes to stderr is dropped: it may hold anything.
async fn run(words: &[String], patience: Duration) -> Result<Zeroizing<String>, String> {
    let (program, arguments) = words.split_first().ok_or("it has no words")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // Nobody waits for it any longer than for its answer.
    command.kill_on_drop(true);
    let (status, said) = tokio::time::timeout(patience, answer(command))
        .await
        .map_err(|_| format!("no answer within {} s", patience.as_secs()))?
        .map_err(|error| error.to_string())?;
    if said.len() > MOST_BYTES {
        return Err(format!("it said more than {} KiB", MOST_BYTES >> 10));
    }
    if !status.success() {
        return Err(format!("{status}; run it by hand to see why"));
    }
    match std::str::from_utf8(&said).map(str::trim) {
        Ok("") => Err("it said nothing".to_owned()),
        Ok(secret) => Ok(Zeroizing::new(secret.to_owned())),
        Err(error) => Err(format!("what it said is no text: {error}")),
    }
}

/// How a command ended and what it said, as far as that is looked at.
async fn answer(mut command: Command) -> std::io::Result<(ExitStatus, Zeroizing<Vec<u8>>)> {
    let mut child = command.spawn()?;
    // All the room at once: what grows leaves copies behind. The last byte is one too many,
    // and reading wants some room to find the end.
    let mut said = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 64));
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MOST_BYTES as u64 + 1).read_to_end(&mut said).await?;
    }
    Ok((child.wait().await?, said))
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

    #[tokio::test]
    async fn a_command_is_asked_once_in_a_while_and_anew_when_its_secret_was_refused() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let secret = command(&format!("echo x >> {0}; wc -l < {0}", count.display()));
        assert_eq!(*secret.read().await.unwrap(), "1");
        assert_eq!(*secret.read().await.unwrap(), "1");
        secret.refused().await;
        assert_eq!(*secret.read().await.unwrap(), "2");
    }

    #[tokio::test]
    async fn a_command_that_fails_is_named_without_what_it_said() {
        for (script, expected) in [
            ("echo S3CRET; echo S3CRET >&2; exit 3", "exit status: 3"),
            ("true", "said nothing"),
            ("printf 'S3CRET\\377'", "no text"),
            ("yes S3CRET", "more than 64 KiB"),
        ] {
            let secret = command(script);
            let message = secret.read().await.unwrap_err().to_string();
            assert!(message.contains(expected) && !message.contains("S3CRET"), "{message}");
        }
        let missing = Secret::Command(CommandSecret::new(&["/no/such/program".to_owned()]));
        assert!(missing.read().await.unwrap_err().to_string().contains("/no/such/program"));
    }

    /// The runtime has one thread: a command that blocked it would wait for ever.
    #[tokio::test]
    async fn a_command_that_takes_long_holds_up_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let gate = folder.path().join("gate");
        let script = format!("until [ -e {} ]; do sleep 0.01; done; echo open", gate.display());
        let secret = command(&script);
        let (said, ()) = tokio::join!(secret.read(), async {
            std::fs::write(&gate, "").unwrap();
        });
        assert_eq!(*said.unwrap(), "open");
    }

    #[tokio::test]
    async fn a_command_that_does_not_answer_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let ended = folder.path().join("ended");
        std::process::Command::new("mkfifo").arg(&ended).status().unwrap();
        // The reader of the pipe sees its end once the process that holds it is gone.
        let script = format!("exec 3> {}; exec sleep 600", ended.display());
        let words = ["sh".to_owned(), "-c".to_owned(), script];
        let reading = tokio::task::spawn_blocking(move || std::fs::read(ended).unwrap());
        let error = run(&words, Duration::from_secs(1)).await.unwrap_err();
        assert!(error.contains("no answer within 1 s"), "{error}");
        assert_eq!(reading.await.unwrap(), b"");
    }

    /// As a helper does that a command leaves behind.
    #[tokio::test]
    async fn a_command_whose_output_stays_open_is_not_waited_for_without_end() {
        let words = ["sh".to_owned(), "-c".to_owned(), "sleep 5 & echo x".to_owned()];
        let error = run(&words, Duration::from_millis(100)).await.unwrap_err();
        assert!(error.contains("no answer"), "{error}");
    }
}
