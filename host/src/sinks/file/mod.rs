//! NDJSON in a file, each event exactly once.
//!
//! One writer, locked. What is queued from all sources is appended and synced, then
//! the file's length is committed together with positions and ids. What lies behind the
//! committed length on start was written by a batch that was never committed and will
//! come again: its whole lines stay, for others may have read them, and are recognized
//! when they come; only a torn last line of ours is cut. A line is recognized by its
//! whole text: whoever can write to the file could name the id of an event yet to come,
//! and it would never be written.

mod adoption;
mod config;
mod group;
mod open;
#[cfg(test)]
mod power;
mod recovery;
mod rotation;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::kind::{OpenSink, SinkContext, SinkType};
use super::medium::Medium;
use super::{FileAppender, Health, Line, Receipt, Sink, SinkError, WriteError};
use crate::render::Format;
use crate::state::{BlockingState, Commit, Committer, State};
use crate::telemetry::SinkTelemetry;
pub use config::{FileSinkConfig, RotationConfig};
use group::Groups;
use open::lock;
use writer::Writer;

/// Appends to a file.
#[derive(Debug)]
pub struct FileSink {
    telemetry: SinkTelemetry,
    format: Format,
    groups: Arc<Groups>,
    health: Health,
}

impl FileSink {
    /// Opens or creates the file, and sorts out what a crash left in it.
    ///
    /// # Errors
    ///
    /// When the file cannot be used or another process has it.
    pub async fn open(
        id: impl Into<SinkTelemetry>,
        path: &Path,
        format: Format,
        rotation: Option<RotationConfig>,
        state: Arc<dyn State>,
        committer: Committer,
    ) -> Result<Self, SinkError> {
        let file =
            |path: &Path| -> Result<Box<dyn Medium>, SinkError> { Ok(Box::new(lock(path)?)) };
        Self::open_on(file, id, path, format, rotation, state, committer).await
    }

    async fn open_on(
        file: impl FnOnce(&Path) -> Result<Box<dyn Medium>, SinkError> + Send + 'static,
        telemetry: impl Into<SinkTelemetry>,
        path: &Path,
        format: Format,
        rotation: Option<RotationConfig>,
        state: Arc<dyn State>,
        committer: Committer,
    ) -> Result<Self, SinkError> {
        let telemetry = telemetry.into();
        let (sink, at, state) = (telemetry.clone(), path.to_owned(), BlockingState::new(state));
        let opened = tokio::task::spawn_blocking(move || {
            Writer::open(file(&at)?, sink, &at, format, rotation, state)
        });
        let writer = opened.await.unwrap_or_else(|error| {
            let source = std::io::Error::other(error);
            Err(SinkError::File { path: path.to_owned(), source })
        })?;
        let (groups, health) = (Groups::new(writer, committer), Health::default());
        Ok(Self { telemetry, format, groups, health })
    }
}

impl SinkType for FileSinkConfig {
    const NAME: &'static str = "file";
    const HELP: &'static str = "Exactly once: written, synced, then committed. After a crash whole \
        lines are recognized and kept; only a torn last line is cut. One writer per file; \
        rotated by signon (`rotate_bytes`, `rotate_interval`) or moved away (logrotate), it is \
        begun anew.";
}

#[async_trait]
impl OpenSink for FileSinkConfig {
    async fn open(
        &self,
        id: SinkTelemetry,
        format: Format,
        context: &SinkContext,
    ) -> Result<Arc<dyn Sink>, SinkError> {
        let (state, committer) = (context.state.clone(), context.committer.clone());
        let rotation = self.rotation.clone();
        Ok(Arc::new(FileSink::open(id, &self.path, format, rotation, state, committer).await?))
    }

    async fn check(&self, _: SinkTelemetry, _: Format) -> Result<(), SinkError> {
        open::check(&self.path)
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

#[async_trait]
impl Sink for FileSink {
    fn id(&self) -> &str {
        self.telemetry.id()
    }

    fn format(&self) -> Format {
        self.format
    }

    fn health(&self) -> &Health {
        &self.health
    }

    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        self.append(lines.into()).await
    }

    fn as_file(&self) -> Option<&dyn FileAppender> {
        Some(self)
    }
}

#[async_trait]
impl FileAppender for FileSink {
    async fn append(&self, lines: Arc<[Line]>) -> Result<Box<dyn Receipt>, SinkError> {
        Ok(Box::new(self.groups.append(lines).await?))
    }

    async fn append_and_commit(
        &self,
        lines: Arc<[Line]>,
        commit: Commit,
    ) -> Result<(), WriteError> {
        self.groups.append_and_commit(lines, commit).await
    }
}
