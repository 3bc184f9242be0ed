//! What a kind of sink is.
//!
//! Invariant: whatever differs between kinds stands here, so that nothing else asks which
//! of them a sink is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::{Sink, SinkError};
use crate::render::Format;
use crate::schema::Checked;
use crate::state::{Committer, State};
use crate::telemetry::{SinkTelemetry, Telemetry};

/// What sinks need beside their configuration.
#[derive(Debug, Clone)]
pub struct SinkContext {
    /// Folder of what outlives the process.
    pub data_dir: PathBuf,
    /// Where file sinks keep how far they were written.
    pub state: Arc<dyn State>,
    /// Who writes it.
    pub committer: Committer,
    /// Whom is told what happens at them.
    pub telemetry: Telemetry,
}

/// A kind of sink: its name, and its keys beside those that every sink has.
pub trait SinkType: Checked + OpenSink {
    /// As `type` names it.
    const NAME: &'static str;

    /// What its acknowledgement is worth, in Markdown.
    const HELP: &'static str;

    /// The only format it can send, if there is but one.
    const ONLY_FORMAT: Option<Format> = None;
}

/// A sink's own keys, from which it is opened.
#[async_trait]
pub trait OpenSink: fmt::Debug + Send + Sync {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// When something it names on this machine cannot be used.
    async fn open(
        &self,
        id: SinkTelemetry,
        format: Format,
        context: &SinkContext,
    ) -> Result<Arc<dyn Sink>, SinkError>;

    /// Opens it without a state, which sinks behind a server do not need; `None` for any
    /// other.
    ///
    /// # Errors
    ///
    /// When something it names on this machine cannot be used.
    fn open_remote(
        &self,
        _id: SinkTelemetry,
        _format: Format,
        _data_dir: &Path,
    ) -> Result<Option<Arc<dyn Sink>>, SinkError> {
        Ok(None)
    }

    /// Tries it: nothing is delivered, nothing is left behind.
    ///
    /// # Errors
    ///
    /// What would keep the first batch from being delivered.
    async fn check(&self, id: SinkTelemetry, format: Format) -> Result<(), SinkError>;

    /// The file of which it is the only writer, and which has one batch at a time, from
    /// its lines to the commit.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// Whether a line itself says whose event it is; else what is around it does.
    fn tells_owner(&self) -> bool {
        true
    }
}
