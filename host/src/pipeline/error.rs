//! Why a source cannot be collected from.

use std::sync::Arc;

use crate::config::Place;
use crate::credentials::CredentialError;
use crate::egress::GrantError;
use crate::net::ClientError;
use crate::runtime::SandboxError;
use crate::sinks::SinkError;
use crate::state::{CommitError, Refused, StateError};

/// Anything that stops a source or the collector.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The component cannot be loaded or called, or answers with an error.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The component refuses the settings; one line for each finding.
    #[error("{0}")]
    Settings(String),
    /// The credential cannot be used.
    #[error("{place}: credentials: {source}")]
    Credential {
        /// Where in the configuration.
        place: Place,
        /// What is wrong.
        source: CredentialError,
    },
    /// An access rule of the component or the configuration is none.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// Requests cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The schedule makes no sense.
    #[error("{place}: {problem}")]
    Schedule {
        /// Where in the configuration.
        place: Place,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A sink did not take a batch.
    #[error("sink {sink}: {source}")]
    Sink {
        /// Sink id.
        sink: String,
        /// Why.
        source: SinkError,
    },
    /// The state cannot be read or written.
    #[error("{0}")]
    State(Arc<StateError>),
    /// A commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A commit changed nothing.
    #[error("the position was not written: {0}")]
    Refused(Refused),
    /// Too much waits for the sinks of its tenant.
    #[error(
        "{bytes} bytes more would wait for its sinks than may; it is read again when there is room"
    )]
    NoRoom {
        /// Of the batch.
        bytes: u64,
    },
    /// The clocks are too far apart to know what is complete.
    #[error("{0}")]
    Clock(String),
    /// A reading turns in circles, or goes on without end.
    #[error("{problem}")]
    Endless {
        /// In words.
        problem: String,
        /// Whether nothing fresh came at all.
        is_circle: bool,
    },
    /// Something of ours stopped in mid-work.
    #[error("a task of the collector stopped: {0}")]
    Task(String),
}

impl From<StateError> for CollectError {
    fn from(error: StateError) -> Self {
        Self::State(Arc::new(error))
    }
}
