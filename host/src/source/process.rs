//! What the sources of a process share, and what it is told from outside.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::config::{Config, SourceConfig};
use crate::limits::FairShare;
use crate::pipeline::Claims;
use crate::read::Clock;
use crate::runtime::{LoadedComponent, Sandbox};
use crate::state::{Counts, State};
use crate::status::StatusRegistry;
use crate::telemetry::{SourceTelemetry, Telemetry};

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
pub struct Process {
    pub sandbox: Sandbox,
    pub components: Arc<dyn Components>,
    pub state: Arc<dyn State>,
    pub statuses: Arc<StatusRegistry>,
    /// What events are on their way.
    pub claims: Claims,
    /// Places to read in.
    pub places: FairShare,
    /// Bytes of events that sinks have not taken yet.
    pub undelivered: FairShare,
    pub clock: Arc<dyn Clock>,
}

impl Process {
    /// Whom is told what happens: whom the sandbox tells.
    pub fn telemetry(&self) -> &Telemetry {
        self.sandbox.telemetry()
    }

    /// Whom is told what happens at a source.
    pub fn telemetry_of(&self, source: &SourceConfig) -> SourceTelemetry {
        let tenant = self.statuses.label(&source.tenant);
        self.telemetry().source(&source.id, &tenant, source.component.kind())
    }
}
