//! Sinks: where rendered events go.
//!
//! A sink takes a batch and answers with a receipt once it is as safe there as it
//! will ever be. The collector then commits, and settles the receipt; a receipt
//! that is dropped unsettled means that the batch will come again.

mod config;
mod deadletter;
mod error;
mod file;
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
use crate::state::SinkCheckpoint;

pub use config::SinkConfig;
pub use deadletter::{Contents, DeadLetter, DeadLetterKind, DeadLetters, Replayed, replay};
pub use error::SinkError;
pub use file::{FileSink, FileSinkConfig, RotationConfig};
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
pub(crate) use inputs::{is_pattern, matches};
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
    /// What the commit has to record, if anything.
    fn checkpoint(&self) -> Option<SinkCheckpoint>;

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

    /// Takes a batch. A sink that commits a mark takes no other until the receipt is
    /// settled or dropped. It may take long, for a sink tries again by itself what
    /// may pass; the future can be dropped at any moment, which leaves the batch
    /// undelivered.
    ///
    /// # Errors
    ///
    /// When nothing of the batch counts as delivered.
    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError>;

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
