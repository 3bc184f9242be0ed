//! The collector: what an embedding program starts.

use std::sync::Arc;

use tokio::sync::watch;

use super::process::{Components, Orders, Process, Summary};
use super::supervisor;
use crate::config::Config;
use crate::limits::{FairShare, First};
use crate::pipeline::{Claims, CollectError};
use crate::read::{SystemClock, Until};
use crate::runtime::Sandbox;
use crate::state::{Committer, CommitterStanding, State};
use crate::status::StatusRegistry;
use crate::telemetry::Telemetry;

/// Readings at once in a process: each holds an instance, a page and a connection.
const READINGS: u64 = 128;

/// Bytes of events, and of their lines, that may wait for sinks in a process: far more than
/// is under way where sinks keep up, and little beside what a host has.
const UNDELIVERED: u64 = 256 << 20;

/// Reads the sources of a configuration.
pub struct Collector {
    process: Arc<Process>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("state", &self.process.state).finish_non_exhaustive()
    }
}

impl Collector {
    /// A collector over a state.
    pub fn new(sandbox: Sandbox, components: Arc<dyn Components>, state: Arc<dyn State>) -> Self {
        Self {
            process: Arc::new(Process {
                sandbox,
                components,
                state,
                statuses: Arc::default(),
                claims: Claims::default(),
                places: FairShare::new(READINGS, First::Waits),
                undelivered: FairShare::new(UNDELIVERED, First::Always),
                clock: Arc::new(SystemClock),
            }),
        }
    }

    /// Whom is told what happens.
    pub fn telemetry(&self) -> &Telemetry {
        self.process.telemetry()
    }

    /// Where every stream stands.
    pub fn statuses(&self) -> Arc<StatusRegistry> {
        self.process.statuses.clone()
    }

    /// Collects from every source of the configuration. A source that cannot start
    /// or fails does so alone.
    ///
    /// # Errors
    ///
    /// When another collector writes the state, or when a sink asks for a format that
    /// there is not. One that cannot be opened keeps its own inputs waiting, and no other.
    pub async fn run(
        &self,
        config: &Config,
        until: Until,
        orders: Orders,
    ) -> Result<Summary, CollectError> {
        self.alone(config, until, orders, true).await
    }

    /// Reads the past that the configuration's `backfill` asks for, and no new events.
    ///
    /// # Errors
    ///
    /// When another collector writes the state, or when a sink asks for a format that
    /// there is not.
    pub async fn backfill(
        &self,
        config: &Config,
        stop: watch::Receiver<bool>,
    ) -> Result<Summary, CollectError> {
        let orders = Orders::only_stop(stop);
        self.alone(config, Until::Done, orders, false).await
    }

    /// Runs as the only one that writes the state.
    async fn alone(
        &self,
        config: &Config,
        until: Until,
        orders: Orders,
        live: bool,
    ) -> Result<Summary, CollectError> {
        let state = self.process.state.clone();
        let lease = state.lease().await?;
        let committer = Committer::start(state, lease.fence(), self.telemetry().clone());
        let (mut standing, statuses) = (committer.standing(), self.statuses());
        // It ends with the last who commits.
        tokio::spawn(async move {
            while standing.changed().await.is_ok() {
                let away = match &*standing.borrow_and_update() {
                    CommitterStanding::Away { since, error } => Some((*since, error.clone())),
                    CommitterStanding::Writing | CommitterStanding::Failed => None,
                };
                statuses.tell_state(away);
            }
        });
        let summary =
            supervisor::run(&self.process, committer, config.clone(), until, orders, live).await;
        // What is left under way is fenced by whoever comes next.
        drop(lease);
        summary
    }
}
