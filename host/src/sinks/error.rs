//! Why a sink did not take a batch.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::credentials::CredentialError;
use crate::state::{CommitError, StateError};

/// Why a sink did not take a batch. Nothing of it counts as delivered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The file cannot be opened, written or synced.
    #[error("{path}: {source}; check the disk and that this user may write there")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process writes the file.
    #[error("{path}: another process writes this file; give each sink a file of its own")]
    FileInUse {
        /// The file.
        path: PathBuf,
    },
    /// The path is a device, a pipe or a folder.
    #[error("{path}: is no plain file; the file sink needs one, stdout is a sink of its own")]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// The file ends in something that this sink may not have written.
    #[error(
        "{path}: its last line has no end and is not known to be this sink's, so nothing is cut \
         or added; name another file, move this one away, or end its last line"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Standard output is gone.
    #[error("standard output: {0}")]
    Stdout(std::io::Error),
    /// The state could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// What was written could not be committed.
    #[error(transparent)]
    Commit(CommitError),
    /// What failed for all batches that were written together.
    #[error(transparent)]
    OfGroup(Arc<SinkError>),
    /// It is down, and others try it.
    #[error("is down since {} s; what is read for it waits", since.as_secs())]
    Down {
        /// For how long.
        since: Duration,
    },
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] CredentialError),
    /// A secret has characters that no header can carry.
    #[error("{what} has characters that no header can carry; write it on one line in ASCII")]
    SecretUnfit {
        /// Which secret.
        what: &'static str,
    },
    /// A certificate or key cannot be used.
    #[error("{what}: {problem}")]
    Tls {
        /// The file, or what is missing.
        what: String,
        /// Why.
        problem: String,
    },
    /// The receiver cannot be reached, or cannot take anything now.
    #[error("{uri}: {problem}; tried for {} s, nothing is dropped", tried.as_secs())]
    Unavailable {
        /// The receiver, without its query.
        uri: String,
        /// The last answer or failure.
        problem: String,
        /// How long it was tried.
        tried: Duration,
    },
    /// The receiver wants something else from whoever set it up, whatever the events.
    #[error("{uri}: {answer}; {fix}")]
    Denied {
        /// The receiver, without its query.
        uri: String,
        /// Status and start of its answer.
        answer: String,
        /// What to do.
        fix: String,
    },
    /// The receiver refuses every event, so that none of them can be the culprit.
    #[error(
        "{uri}: is refusing: {answer}; no event was accepted, so nothing is put aside and the \
         sources wait; check format and encoding, and the receiver's own log"
    )]
    Refusing {
        /// The receiver, without its query.
        uri: String,
        /// Status and start of its answer.
        answer: String,
    },
    /// The dead letters cannot be written or read.
    #[error("{path}: {source}; check the disk and that this user may write there")]
    DeadLetters {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no room for more dead letters.
    #[error(
        "{path}: is full with {bytes} bytes of refused events; mend what refuses them and run \
         `signon deadletter replay`, or move the file away"
    )]
    DeadLettersFull {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Another process sends the dead letters of this sink.
    #[error("{path}: another replay of this sink is under way; wait for its end")]
    ReplayUnderWay {
        /// The lock.
        path: PathBuf,
    },
    /// The sink keeps no dead letters.
    #[error("sink {sink} has no dead letters: it refuses no events")]
    NoDeadLetters {
        /// Sink id.
        sink: String,
    },
}
