//! Sinks: where rendered events go.
//!
//! A sink takes a batch and answers with a receipt once it is as safe there as it
//! will ever be. The collector then commits, and settles the receipt; a receipt
//! that is dropped unsettled means that the batch will come again.

mod file;
mod stdout;

use std::path::PathBuf;

use async_trait::async_trait;

use crate::render::Format;
use crate::state::{SinkMark, StateError};

pub use file::FileSink;
pub use stdout::StdoutSink;

/// One rendered event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Native id of the event.
    pub id: String,
    /// One line, without its end.
    pub text: String,
}

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
    /// The file ends in something that signon never wrote.
    #[error("{path}: ends in a line that signon did not write; name another file, or move it away")]
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
}

/// A batch that a sink has taken.
pub trait Receipt: Send {
    /// What the commit has to record, if anything.
    fn mark(&self) -> Option<SinkMark>;

    /// The commit was written.
    fn settle(self: Box<Self>);
}

/// Where events go.
#[async_trait]
pub trait Sink: Send + Sync + std::fmt::Debug {
    /// Sink id of the configuration.
    fn id(&self) -> &str;

    /// The format it wants its lines in.
    fn format(&self) -> Format;

    /// Takes a batch. Until the receipt is settled or dropped, the sink takes no
    /// other.
    ///
    /// # Errors
    ///
    /// When nothing of the batch counts as delivered.
    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError>;
}
