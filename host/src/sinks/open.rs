//! From the configuration to sinks.
//!
//! Invariant: a sink that cannot be opened stands there all the same and tries again
//! with every batch, so that its own inputs wait for it and no other source does.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{OnceCell, watch};
use tokio::task::JoinSet;

use super::config::SinkConfig;
use super::kind::SinkContext;
use super::{FileAppender, Health, Line, Receipt, Sink, SinkError, WriteError};
use crate::render::Format;
use crate::state::Commit;
use crate::telemetry::{self, SinkTelemetry};

/// Sinks opened at once: they wait for disks and file systems that are far away.
const AT_ONCE: usize = 8;

/// Opens every sink of a configuration but those that are open already, in the order
/// in which a batch takes them: files last, and by id, so that two streams can never
/// wait for each other. A file has one batch at a time, from its lines to the commit;
/// before them, a server that is slow to acknowledge would hold up everybody else's.
/// Once `stop` is true no more are opened: what is left would take no batch any more.
pub async fn open_all(
    configs: &[SinkConfig],
    context: &SinkContext,
    are_open: &[Arc<dyn Sink>],
    stop: &watch::Receiver<bool>,
) -> Vec<Arc<dyn Sink>> {
    let mut configs: Vec<&SinkConfig> = configs.iter().collect();
    configs.sort_by_key(|config| (config.kind.file().is_some(), &config.id));
    let are_open: HashMap<&str, &Arc<dyn Sink>> =
        are_open.iter().map(|sink| (sink.id(), sink)).collect();
    let mut sinks: Vec<Option<Arc<dyn Sink>>> = configs
        .iter()
        .map(|config| are_open.get(&*config.id).map(|sink| Arc::clone(sink)))
        .collect();
    let mut left: VecDeque<usize> =
        (0..configs.len()).filter(|number| sinks[*number].is_none()).collect();
    let mut opening = JoinSet::new();
    loop {
        while opening.len() < AT_ONCE
            && !*stop.borrow()
            && let Some(number) = left.pop_front()
        {
            let (config, context) = (configs[number].clone(), context.clone());
            opening.spawn(async move { (number, open(&config, &context).await) });
        }
        let Some(opened) = opening.join_next().await else { break };
        match opened {
            Ok((number, Ok(sink))) => sinks[number] = Some(sink),
            Ok((number, Err(error))) => {
                let telemetry = telemetry_of(configs[number], context);
                telemetry::SinkNotOpened { error: error.to_string() }.emit(&telemetry);
            }
            // A panic is a fault of ours: whoever started us has to know.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    let late = |config: &SinkConfig| -> Arc<dyn Sink> {
        Arc::new(LateSink::new(config.clone(), context.clone()))
    };
    let opened = configs.into_iter().zip(sinks);
    opened.map(|(config, sink)| sink.unwrap_or_else(|| late(config))).collect()
}

fn telemetry_of(config: &SinkConfig, context: &SinkContext) -> SinkTelemetry {
    context.telemetry.sink(&config.id, config.kind.name())
}

/// Opens a sink.
///
/// # Errors
///
/// When something it names on this machine cannot be used.
pub async fn open(config: &SinkConfig, context: &SinkContext) -> Result<Arc<dyn Sink>, SinkError> {
    config.kind.open(telemetry_of(config, context), config.format, context).await
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
    config.kind.open_remote(config.id.as_str().into(), config.format, data_dir)
}

/// Tries a sink as `signon check` does: nothing is delivered, nothing is left
/// behind.
///
/// # Errors
///
/// What would keep the first batch from being delivered.
pub async fn check(config: &SinkConfig) -> Result<(), SinkError> {
    config.kind.check(config.id.as_str().into(), config.format).await
}

/// Tries every sink beside whatever else goes on, and tells of those that are not
/// ready.
pub fn probe_all(configs: &[SinkConfig], context: &SinkContext, sinks: &[Arc<dyn Sink>]) {
    let configs: HashMap<&str, &SinkConfig> =
        configs.iter().map(|config| (&*config.id, config)).collect();
    for sink in sinks {
        let Some(config) = configs.get(sink.id()) else { continue };
        let (sink, telemetry) = (sink.clone(), telemetry_of(config, context));
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
    context: SinkContext,
    opened: OnceCell<Arc<dyn Sink>>,
    health: Health,
}

impl LateSink {
    fn new(config: SinkConfig, context: SinkContext) -> Self {
        Self { config, context, opened: OnceCell::new(), health: Health::default() }
    }

    async fn file(&self) -> Result<&dyn FileAppender, SinkError> {
        // A file of the configuration opens as one.
        let no_file = || SinkError::NoFile { path: self.config.id.clone().into() };
        self.sink().await?.as_file().ok_or_else(no_file)
    }

    async fn sink(&self) -> Result<&Arc<dyn Sink>, SinkError> {
        self.opened.get_or_try_init(|| open(&self.config, &self.context)).await
    }
}

#[async_trait]
impl Sink for LateSink {
    fn id(&self) -> &str {
        &self.config.id
    }

    fn format(&self) -> Format {
        self.config.format
    }

    fn health(&self) -> &Health {
        // One for all of its life: some may wait for it while it is opened.
        &self.health
    }

    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        self.sink().await?.deliver(lines).await
    }

    fn as_file(&self) -> Option<&dyn FileAppender> {
        self.config.kind.file().is_some().then_some(self)
    }
}

#[async_trait]
impl FileAppender for LateSink {
    async fn append(&self, lines: Arc<[Line]>) -> Result<Box<dyn Receipt>, SinkError> {
        self.file().await?.append(lines).await
    }

    async fn append_and_commit(
        &self,
        lines: Arc<[Line]>,
        commit: Commit,
    ) -> Result<(), WriteError> {
        self.file().await.map_err(WriteError::Sink)?.append_and_commit(lines, commit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Syntax};
    use crate::render::Owner;
    use crate::state::EmbeddedState;
    use crate::state::testing::committer;
    use crate::telemetry::Telemetry;

    fn context(folder: &Path) -> SinkContext {
        let state = Arc::new(EmbeddedState::open(&folder.join("state")).unwrap());
        SinkContext {
            data_dir: folder.to_owned(),
            committer: committer(state.clone()),
            state,
            telemetry: Telemetry::default(),
        }
    }

    #[tokio::test]
    async fn no_file_is_held_while_a_server_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let text = "data_dir = 'd'\nsources.acme = { type = 'oci_audit' }\n\
                    sinks.a = { type = 'file', path = 'a', inputs = ['*'] }\n\
                    sinks.b = { type = 'http', uri = 'http://127.0.0.1:9', inputs = ['*'] }\n\
                    sinks.c = { type = 'stdout', inputs = ['*'] }";
        let file = folder.path().join("signon.toml");
        let config = Config::parse(text, &file, Syntax::Toml, &|_| None).unwrap();
        let context = context(folder.path());
        let sinks = open_all(&config.sinks, &context, &[], &watch::channel(false).1).await;
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
        let context = context(folder.path());
        // Where a folder should be, a file is in the way.
        std::fs::write(folder.path().join("late"), "").unwrap();
        let sinks = open_all(&config.sinks, &context, &[], &watch::channel(false).1).await;
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
