//! The loop that nothing gets lost in: plan, read, dedupe, render, deliver,
//! commit.
//!
//! Invariant: position and ids move only in a commit, and a commit is written only
//! after every sink of the source has taken the batch. Whatever happens in between
//! (a crash, a failing sink, a failing commit) leaves the position where it was,
//! and the batch comes again.

mod batch;
mod credential;
mod error;
mod filter;
mod prepare;
mod retry;
mod stream;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Config, SourceConfig};
use crate::deliver::{Sink, SinkContext, open_all, probe_all};
use crate::render::Format;
use crate::sandbox::{LoadedComponent, Sandbox};
use crate::state::{Counts, State};
use crate::telemetry;

pub use error::CollectError;
pub use prepare::{check, fingerprint};

/// Where built-in components come from: the library does not embed any itself.
pub trait Components: Send + Sync {
    /// The built-in of that name, loaded once.
    fn built_in(&self, name: &str)
    -> Option<Result<LoadedComponent, crate::sandbox::SandboxError>>;
}

/// How long to collect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// What is due now, then stop.
    Done,
    /// Until told to stop.
    Stopped,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Summary {
    /// What became of the records.
    pub counts: Counts,
    /// Sources that did not start, or did not finish what was due.
    pub failed: Vec<(String, String)>,
}

/// What a stream counted, and the source and reason if it failed.
type Finished = (Counts, Result<(), (String, String)>);

/// Everything the sources of a process share.
pub struct Collector {
    sandbox: Sandbox,
    components: Arc<dyn Components>,
    state: Arc<dyn State>,
    sinks: Vec<Arc<dyn Sink>>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("sinks", &self.sinks).finish_non_exhaustive()
    }
}

impl Collector {
    /// Opens the sinks of a configuration. One that cannot be opened keeps its own
    /// inputs waiting, and no other.
    ///
    /// # Errors
    ///
    /// When a sink asks for a format that there is not.
    pub fn new(
        config: &Config,
        sandbox: Sandbox,
        components: Arc<dyn Components>,
        state: Arc<dyn State>,
    ) -> Result<Self, CollectError> {
        for sink in &config.sinks {
            sink.format.parse::<Format>().map_err(|error| CollectError::Format {
                place: sink.format_place.clone(),
                problem: error.to_string(),
            })?;
        }
        let context = SinkContext { data_dir: config.data_dir.clone(), state: state.clone() };
        let sinks = open_all(config, &context);
        Ok(Self { sandbox, components, state, sinks })
    }

    /// Collects from every source of the configuration. A source that cannot start
    /// or fails does so alone.
    pub async fn run(&self, config: &Config, until: Until, stop: watch::Receiver<bool>) -> Summary {
        let mut summary = Summary::default();
        let mut streams = JoinSet::new();
        probe_all(&self.sinks);
        for source in &config.sources {
            match self.start(config, source, until, &stop, &mut streams).await {
                Ok(()) => {}
                Err(error) => {
                    let error = error.to_string();
                    telemetry::SourceNotStarted { source: &source.id, error: error.clone() }.emit();
                    summary.failed.push((source.id.clone(), error));
                }
            }
        }
        while let Some(finished) = streams.join_next().await {
            match finished {
                Ok((counts, Ok(()))) => summary.counts.add(counts),
                Ok((counts, Err((source, error)))) => {
                    summary.counts.add(counts);
                    summary.failed.push((source, error));
                }
                Err(error) => summary.failed.push(("?".to_owned(), error.to_string())),
            }
        }
        summary
    }

    async fn start(
        &self,
        config: &Config,
        source: &SourceConfig,
        until: Until,
        stop: &watch::Receiver<bool>,
        streams: &mut JoinSet<Finished>,
    ) -> Result<(), CollectError> {
        let prepared = prepare::source(self, config, source).await?;
        for stream in prepared {
            let stop = stop.clone();
            streams.spawn(stream.run(until, stop));
        }
        Ok(())
    }
}
