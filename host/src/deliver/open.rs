//! From the configuration to sinks.
//!
//! Invariant: a sink that cannot be opened stands there all the same and tries again
//! with every batch, so that its own inputs wait for it and no other source does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::http::HttpSink;
use super::otlp::OtlpSink;
use super::splunk::SplunkSink;
use super::{FileSink, Line, Receipt, Sink, SinkError, StdoutSink};
use crate::config::{Config, SinkConfig, SinkKind};
use crate::render::Format;
use crate::state::State;
use crate::telemetry;

/// What sinks need beside their configuration.
#[derive(Debug, Clone)]
pub struct SinkContext {
    /// Folder of what outlives the process.
    pub data_dir: PathBuf,
    /// Where file sinks keep how far they were written.
    pub state: Arc<dyn State>,
}

/// Opens every sink of a configuration but those that are open already, ordered by
/// id: a batch takes its sinks in that order, so that two streams can never wait for
/// each other.
pub fn open_all(
    config: &Config,
    context: &SinkContext,
    are_open: &[Arc<dyn Sink>],
) -> Vec<Arc<dyn Sink>> {
    let mut configs: Vec<&SinkConfig> = config.sinks.iter().collect();
    configs.sort_by(|a, b| a.id.cmp(&b.id));
    let sink = |config: &SinkConfig| {
        if let Some(sink) = are_open.iter().find(|sink| sink.id() == config.id) {
            return sink.clone();
        }
        open(config, context).unwrap_or_else(|error| {
            telemetry::SinkNotOpened { sink: &config.id, error: error.to_string() }.emit();
            Arc::new(LateSink::new(config.clone(), context.clone()))
        })
    };
    configs.into_iter().map(sink).collect()
}

/// Opens a sink.
///
/// # Errors
///
/// When something it names on this machine cannot be used.
pub fn open(config: &SinkConfig, context: &SinkContext) -> Result<Arc<dyn Sink>, SinkError> {
    let format: Format = config.format.parse()?;
    if let SinkKind::File { path, rotation } = &config.kind {
        let (rotation, state) = (rotation.clone(), context.state.clone());
        let file = FileSink::open(&config.id, path, format, rotation, state)?;
        return Ok(Arc::new(file));
    }
    let remote = open_remote(config, &context.data_dir)?;
    Ok(remote.unwrap_or_else(|| Arc::new(StdoutSink::new(&config.id, format))))
}

/// Opens a sink behind a server, which needs no state; `None` for any other.
///
/// # Errors
///
/// When something it names on this machine cannot be used.
pub fn open_remote(
    config: &SinkConfig,
    data_dir: &Path,
) -> Result<Option<Arc<dyn Sink>>, SinkError> {
    let format: Format = config.format.parse()?;
    let id = &config.id;
    Ok(match &config.kind {
        SinkKind::Stdout | SinkKind::File { .. } => None,
        SinkKind::Http(http) => Some(Arc::new(HttpSink::open(id, format, http, data_dir)?)),
        SinkKind::Otlp(otlp) => Some(Arc::new(OtlpSink::open(id, otlp, data_dir)?)),
        SinkKind::SplunkHec(splunk) => {
            Some(Arc::new(SplunkSink::open(id, format, splunk, data_dir)?))
        }
    })
}

/// Tries a sink as `signon check` does: nothing is delivered, nothing is left
/// behind.
///
/// # Errors
///
/// What would keep the first batch from being delivered.
pub async fn check(config: &SinkConfig) -> Result<(), SinkError> {
    match &config.kind {
        SinkKind::Stdout => Ok(()),
        SinkKind::File { path, .. } => super::file::check(path),
        // Without a folder nothing is kept, and a try needs nothing that is.
        _ => match open_remote(config, Path::new(""))? {
            Some(sink) => sink.probe().await,
            None => Ok(()),
        },
    }
}

/// Tries every sink beside whatever else goes on, and tells of those that are not
/// ready.
pub fn probe_all(sinks: &[Arc<dyn Sink>]) {
    for sink in sinks {
        let sink = sink.clone();
        tokio::spawn(async move {
            if let Err(error) = sink.probe().await {
                telemetry::SinkNotReady { sink: sink.id(), error: error.to_string() }.emit();
            }
        });
    }
}

/// A sink that could not be opened yet.
#[derive(Debug)]
struct LateSink {
    config: SinkConfig,
    format: Format,
    context: SinkContext,
    opened: OnceCell<Arc<dyn Sink>>,
}

impl LateSink {
    fn new(config: SinkConfig, context: SinkContext) -> Self {
        // Without a name that is known it cannot be opened, and so renders nothing.
        let format = config.format.parse().unwrap_or(Format::Raw);
        Self { config, format, context, opened: OnceCell::new() }
    }

    async fn sink(&self) -> Result<&Arc<dyn Sink>, SinkError> {
        self.opened
            .get_or_try_init(|| async {
                let (config, context) = (self.config.clone(), self.context.clone());
                let opened = tokio::task::spawn_blocking(move || open(&config, &context));
                opened.await.unwrap_or_else(|error| {
                    let path = self.context.data_dir.clone();
                    Err(SinkError::File { path, source: std::io::Error::other(error) })
                })
            })
            .await
    }
}

#[async_trait]
impl Sink for LateSink {
    fn id(&self) -> &str {
        &self.config.id
    }

    fn format(&self) -> Format {
        self.format
    }

    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        self.sink().await?.deliver(lines).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Syntax;
    use crate::state::EmbeddedState;

    #[tokio::test]
    async fn a_sink_that_cannot_be_opened_is_opened_by_a_later_batch_and_hinders_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let text = "data_dir = 'd'\nsources.acme = { type = 'oci_audit' }\n\
                    sinks.a = { type = 'file', path = 'late/a', inputs = ['*'], format = 'raw' }\n\
                    sinks.b = { type = 'file', path = 'b', inputs = ['*'], format = 'raw' }";
        let file = folder.path().join("signon.toml");
        let config = Config::parse(text, &file, Syntax::Toml, &|_| None).unwrap();
        let state = Arc::new(EmbeddedState::open(&folder.path().join("state")).unwrap());
        let context = SinkContext { data_dir: folder.path().to_owned(), state };
        // Where a folder should be, a file is in the way.
        std::fs::write(folder.path().join("late"), "").unwrap();
        let sinks = open_all(&config, &context, &[]);
        let line = Line {
            id: "x".into(),
            source: "acme".into(),
            time: 0,
            text: r#"{"eventId":"x"}"#.into(),
        };
        let line = std::slice::from_ref(&line);
        let error = sinks[0].deliver(line).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, SinkError::File { .. }), "{error}");
        sinks[1].deliver(line).await.unwrap().settle();
        std::fs::remove_file(folder.path().join("late")).unwrap();
        sinks[0].deliver(line).await.unwrap().settle();
        assert!(folder.path().join("late/a").exists());
    }
}
