//! Sinks: where rendered events go.
//!
//! A sink takes a batch and answers with a receipt once it is as safe there as it
//! will ever be. The collector then commits, and settles the receipt; a receipt
//! that is dropped unsettled means that the batch will come again. A file can have a
//! batch committed together with what it wrote, see [`FileAppender`].

mod config;
mod deadletter;
mod error;
mod file;
mod health;
mod http;
mod inputs;
mod kind;
mod lines;
mod medium;
mod open;
mod otlp;
mod registry;
mod remote;
mod splunk;
mod stdout;

use std::sync::Arc;

use async_trait::async_trait;

use crate::render::{Format, Owner};
use crate::state::{Commit, CommitError, Recognized, Refused};

pub use config::SinkConfig;
pub use deadletter::{Contents, DeadLetter, DeadLetterKind, DeadLetters, Replayed, replay};
pub use error::SinkError;
pub use file::{FileSink, FileSinkConfig, RotationConfig};
pub use health::{Health, Probe};
pub use http::{BodyEncoding, HttpSinkConfig};
pub use kind::SinkContext;
pub use open::{check, open, open_all, open_remote, probe_all};
pub use otlp::{OtlpEncoding, OtlpSinkConfig};
pub use registry::{SINK_TYPES, SinkKind};
pub use remote::Fate;
pub use remote::config::{AuthorizationConfig, Compression, RemoteConfig, TlsConfig};
pub use splunk::{Acknowledgement, SplunkSinkConfig};
pub use stdout::{StdoutSink, StdoutSinkConfig};

pub(crate) use config::{SinkDraft, describe_common, read_sink, sink_schema};
pub(crate) use inputs::{InputIndex, is_pattern, matches};
pub(crate) use remote::config::describe_tables;

/// One rendered event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Native id of the event.
    pub id: String,
    /// Whose event it is, of which source above all.
    pub owner: Arc<Owner>,
    /// When it happened, Unix time in milliseconds.
    pub time: i64,
    /// One line, without its end.
    pub text: String,
}

/// A batch that a sink has taken.
pub trait Receipt: Send {
    /// Lines of a file that wait for the commit, which has to name them.
    fn recognized(&self) -> Option<Recognized> {
        None
    }

    /// The commit was written.
    fn settle(self: Box<Self>);
}

/// Why a batch was not written and committed.
#[derive(Debug)]
pub enum WriteError {
    /// It was not written.
    Sink(SinkError),
    /// Its commit was refused, and what was written of it waits.
    Refused(Refused),
    /// The state failed.
    State(CommitError),
}

/// A sink whose file is accounted for in the state: what is appended for many sources is
/// synced once, and committed in one transaction.
#[async_trait]
pub trait FileAppender: Send + Sync {
    /// Appends a batch, whose lines wait for a commit that names them.
    ///
    /// # Errors
    ///
    /// When it is not written.
    async fn append(&self, lines: Arc<[Line]>) -> Result<Box<dyn Receipt>, SinkError>;

    /// Appends a batch and writes its commit, together with how far the file is written.
    /// Dropping the future changes nothing: what was asked for is done.
    ///
    /// # Errors
    ///
    /// When the commit is not written.
    async fn append_and_commit(&self, lines: Arc<[Line]>, commit: Commit)
    -> Result<(), WriteError>;
}

/// Where events go.
#[async_trait]
pub trait Sink: Send + Sync + std::fmt::Debug {
    /// Sink id of the configuration.
    fn id(&self) -> &str;

    /// The format it wants its lines in.
    fn format(&self) -> Format;

    /// How it fares, for whoever decides whether to read for it.
    fn health(&self) -> &Health;

    /// Takes a batch. It may take long, for a sink tries again by itself what may
    /// pass; the future can be dropped at any moment, which leaves the batch
    /// undelivered.
    ///
    /// # Errors
    ///
    /// When nothing of the batch counts as delivered.
    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError>;

    /// The sink as a file that the state accounts for, if it is one.
    fn as_file(&self) -> Option<&dyn FileAppender> {
        None
    }

    /// Whether a batch could be delivered now, as far as can be told without one.
    ///
    /// # Errors
    ///
    /// What would keep the first batch from being delivered.
    async fn probe(&self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Sends dead letters again and tells what became of each; none of them goes
    /// to the dead letters again.
    ///
    /// # Errors
    ///
    /// When none was accepted and the sink did not answer for all, or refuses no
    /// events at all.
    async fn resend(&self, _lines: &[Line]) -> Result<Vec<Fate>, SinkError> {
        Err(SinkError::NoDeadLetters { sink: self.id().to_owned() })
    }
}
