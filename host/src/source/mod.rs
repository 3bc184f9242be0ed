//! Sources: built from the configuration, started, watched and stopped.
//!
//! Invariant: a source that cannot start or fails does so alone.

mod builder;
mod credentials;
mod supervisor;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::config::Config;
use crate::pipeline::{CollectError, Committer};
use crate::read::{Clock, ReadScheduler, SystemClock, Until};
use crate::runtime::{LoadedComponent, Sandbox};
use crate::state::{Counts, State};
use crate::status::StatusRegistry;

pub use builder::{ReadySource, check, fingerprint, open};

/// Readings at once in a process: each holds an instance, a page and a connection.
const TURNS: usize = 128;

/// Where built-in components come from: the library does not embed any itself.
pub trait Components: Send + Sync {
    /// The built-in of that name, loaded once.
    fn built_in(&self, name: &str)
    -> Option<Result<LoadedComponent, crate::runtime::SandboxError>>;
}

/// What the collector is told from outside while it runs.
#[derive(Debug)]
pub struct Orders {
    /// Becomes true when it is to end.
    pub stop: watch::Receiver<bool>,
    /// Configurations to go on with.
    pub reload: mpsc::Receiver<Config>,
}

impl Orders {
    /// Nothing but being told to stop.
    pub fn only_stop(stop: watch::Receiver<bool>) -> Self {
        Self { stop, reload: mpsc::channel(1).1 }
    }
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Summary {
    /// What became of the records.
    pub counts: Counts,
    /// Sources that did not start, or did not finish what was due.
    pub failed: Vec<(String, String)>,
}

/// Everything the sources of a process share.
pub struct Collector {
    sandbox: Sandbox,
    components: Arc<dyn Components>,
    state: Arc<dyn State>,
    committer: Committer,
    statuses: Arc<StatusRegistry>,
    scheduler: ReadScheduler,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Collector {
    /// A collector over a state.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn new(
        sandbox: Sandbox,
        components: Arc<dyn Components>,
        state: Arc<dyn State>,
    ) -> Result<Self, CollectError> {
        let committer = Committer::start(state.clone())
            .map_err(|error| CollectError::Task(format!("cannot start a thread: {error}")))?;
        Ok(Self {
            sandbox,
            components,
            state,
            committer,
            statuses: Arc::default(),
            scheduler: ReadScheduler::new(TURNS),
            clock: Arc::new(SystemClock),
        })
    }

    /// Where every stream stands.
    pub fn statuses(&self) -> Arc<StatusRegistry> {
        self.statuses.clone()
    }

    /// Collects from every source of the configuration. A source that cannot start
    /// or fails does so alone.
    ///
    /// # Errors
    ///
    /// When a sink asks for a format that there is not. One that cannot be opened
    /// keeps its own inputs waiting, and no other.
    pub async fn run(
        &self,
        config: &Config,
        until: Until,
        orders: Orders,
    ) -> Result<Summary, CollectError> {
        supervisor::run(self, config.clone(), until, orders, true).await
    }

    /// Reads the past that the configuration's `backfill` asks for, and no new events.
    ///
    /// # Errors
    ///
    /// When a sink asks for a format that there is not.
    pub async fn backfill(
        &self,
        config: &Config,
        stop: watch::Receiver<bool>,
    ) -> Result<Summary, CollectError> {
        let orders = Orders::only_stop(stop);
        supervisor::run(self, config.clone(), Until::Done, orders, false).await
    }
}
