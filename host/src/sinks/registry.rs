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
use crate::config::{
    Config, HttpSinkConfig, OtlpSinkConfig, RotationConfig, SinkConfig, SinkKind, SplunkSinkConfig,
};
use crate::render::Format;
use crate::state::State;
use crate::telemetry::{self, SinkTelemetry, Telemetry};

/// What sinks need beside their configuration.
#[derive(Debug, Clone)]
pub struct SinkContext {
    /// Folder of what outlives the process.
    pub data_dir: PathBuf,
    /// Where file sinks keep how far they were written.
    pub state: Arc<dyn State>,
    /// Whom is told what happens at them.
    pub telemetry: Telemetry,
}

impl SinkContext {
    fn telemetry_of(&self, config: &SinkConfig) -> SinkTelemetry {
        self.telemetry.sink(&config.id, config.kind.name())
    }
}

/// Opens every sink of a configuration but those that are open already, in the order
/// in which a batch takes them: files last, and by id, so that two streams can never
/// wait for each other. A file has one batch at a time, from its lines to the commit;
/// before them, a server that is slow to acknowledge would hold up everybody else's.
pub fn open_all(
    config: &Config,
    context: &SinkContext,
    are_open: &[Arc<dyn Sink>],
) -> Vec<Arc<dyn Sink>> {
    let mut configs: Vec<&SinkConfig> = config.sinks.iter().collect();
    configs.sort_by_key(|config| (matches!(config.kind, SinkKind::File { .. }), &config.id));
    let sink = |config: &SinkConfig| {
        if let Some(sink) = are_open.iter().find(|sink| sink.id() == config.id) {
            return sink.clone();
        }
        open(config, context).unwrap_or_else(|error| {
            let telemetry = context.telemetry_of(config);
            telemetry::SinkNotOpened { error: error.to_string() }.emit(&telemetry);
            Arc::new(LateSink::new(config.clone(), context.clone()))
        })
    };
    configs.into_iter().map(sink).collect()
}

/// Where a kind of sink is, and what it needs to be opened.
enum Place<'c> {
    Here(Local<'c>),
    Server(Remote<'c>),
}

/// A sink of this machine.
enum Local<'c> {
    Stdout,
    File(&'c Path, Option<&'c RotationConfig>),
}

/// A sink behind a server.
enum Remote<'c> {
    Http(&'c HttpSinkConfig),
    Otlp(&'c OtlpSinkConfig),
    Splunk(&'c SplunkSinkConfig),
}

impl<'c> Place<'c> {
    fn of(kind: &'c SinkKind) -> Self {
        match kind {
            SinkKind::Stdout => Self::Here(Local::Stdout),
            SinkKind::File { path, rotation } => Self::Here(Local::File(path, rotation.as_ref())),
            SinkKind::Http(http) => Self::Server(Remote::Http(http)),
            SinkKind::Otlp(otlp) => Self::Server(Remote::Otlp(otlp)),
            SinkKind::SplunkHec(splunk) => Self::Server(Remote::Splunk(splunk)),
        }
    }
}

impl Remote<'_> {
    fn open(
        &self,
        config: &SinkConfig,
        id: SinkTelemetry,
        data_dir: &Path,
    ) -> Result<Arc<dyn Sink>, SinkError> {
        let format = config.format.parse::<Format>()?;
        Ok(match self {
            Self::Http(http) => Arc::new(HttpSink::open(id, format, http, data_dir)?),
            Self::Otlp(otlp) => Arc::new(OtlpSink::open(id, otlp, data_dir)?),
            Self::Splunk(splunk) => Arc::new(SplunkSink::open(id, format, splunk, data_dir)?),
        })
    }
}

/// Opens a sink.
///
/// # Errors
///
/// When something it names on this machine cannot be used.
pub fn open(config: &SinkConfig, context: &SinkContext) -> Result<Arc<dyn Sink>, SinkError> {
    let (id, format) = (&config.id, config.format.parse::<Format>()?);
    Ok(match Place::of(&config.kind) {
        Place::Here(Local::Stdout) => Arc::new(StdoutSink::new(id, format)),
        Place::Here(Local::File(path, rotation)) => {
            let (id, state) = (context.telemetry_of(config), context.state.clone());
            Arc::new(FileSink::open(id, path, format, rotation.cloned(), state)?)
        }
        Place::Server(remote) => {
            remote.open(config, context.telemetry_of(config), &context.data_dir)?
        }
    })
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
    match Place::of(&config.kind) {
        Place::Here(_) => Ok(None),
        Place::Server(remote) => remote.open(config, config.id.as_str().into(), data_dir).map(Some),
    }
}

/// Tries a sink as `signon check` does: nothing is delivered, nothing is left
/// behind.
///
/// # Errors
///
/// What would keep the first batch from being delivered.
pub async fn check(config: &SinkConfig) -> Result<(), SinkError> {
    match Place::of(&config.kind) {
        Place::Here(Local::Stdout) => Ok(()),
        Place::Here(Local::File(path, _)) => super::file::check(path),
        // Without a folder nothing is kept, and a try needs nothing that is.
        Place::Server(remote) => {
            remote.open(config, config.id.as_str().into(), Path::new(""))?.probe().await
        }
    }
}

/// Tries every sink beside whatever else goes on, and tells of those that are not
/// ready.
pub fn probe_all(config: &Config, context: &SinkContext, sinks: &[Arc<dyn Sink>]) {
    for sink in sinks {
        let Some(config) = config.sinks.iter().find(|config| config.id == sink.id()) else {
            continue;
        };
        let (sink, telemetry) = (sink.clone(), context.telemetry_of(config));
        tokio::spawn(async move {
            if let Err(error) = sink.probe().await {
                telemetry::SinkNotReady { error: error.to_string() }.emit(&telemetry);
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
    use crate::render::Owner;
    use crate::state::EmbeddedState;

    #[tokio::test]
    async fn no_file_is_held_while_a_server_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let text = "data_dir = 'd'\nsources.acme = { type = 'oci_audit' }\n\
                    sinks.a = { type = 'file', path = 'a', inputs = ['*'] }\n\
                    sinks.b = { type = 'http', uri = 'http://127.0.0.1:9', inputs = ['*'] }\n\
                    sinks.c = { type = 'stdout', inputs = ['*'] }";
        let file = folder.path().join("signon.toml");
        let config = Config::parse(text, &file, Syntax::Toml, &|_| None).unwrap();
        let state = Arc::new(EmbeddedState::open(&folder.path().join("state")).unwrap());
        let telemetry = Telemetry::default();
        let context = SinkContext { data_dir: folder.path().to_owned(), state, telemetry };
        let sinks = open_all(&config, &context, &[]);
        let ids: Vec<&str> = sinks.iter().map(|sink| sink.id()).collect();
        assert_eq!(ids, ["b", "c", "a"]);
    }

    #[tokio::test]
    async fn a_sink_that_cannot_be_opened_is_opened_by_a_later_batch_and_hinders_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let text = "data_dir = 'd'\nsources.acme = { type = 'oci_audit' }\n\
                    sinks.a = { type = 'file', path = 'late/a', inputs = ['*'], format = 'raw' }\n\
                    sinks.b = { type = 'file', path = 'b', inputs = ['*'], format = 'raw' }";
        let file = folder.path().join("signon.toml");
        let config = Config::parse(text, &file, Syntax::Toml, &|_| None).unwrap();
        let state = Arc::new(EmbeddedState::open(&folder.path().join("state")).unwrap());
        let telemetry = Telemetry::default();
        let context = SinkContext { data_dir: folder.path().to_owned(), state, telemetry };
        // Where a folder should be, a file is in the way.
        std::fs::write(folder.path().join("late"), "").unwrap();
        let sinks = open_all(&config, &context, &[]);
        let line = Line {
            id: "x".into(),
            owner: Owner::of_source("acme").into(),
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
