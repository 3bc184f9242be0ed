//! What the collector needs of a source: sessions over ranges and the service's time.

use std::time::Duration;

use async_trait::async_trait;

use crate::contract::{Batch, BatchLimits, ReadOptions, Selection, TimeRange};
use crate::egress::Egress;
use crate::limits::Limits;
use crate::planner::Range;
use crate::runtime::{LoadedComponent, Sandbox, SandboxError, SessionInstance, SessionRequest};

/// Opens sessions of one source.
#[async_trait]
pub trait SessionFactory: Send + Sync {
    /// A session over a range of a stream, from a cursor on.
    async fn open(
        &self,
        stream: &str,
        range: Range,
        cursor: Option<Vec<u8>>,
    ) -> Result<Box<dyn Session>, SandboxError>;

    /// How long to wait before a session is asked to go on.
    fn wait(&self) -> Duration {
        Duration::ZERO
    }

    /// What the service last said the time was, Unix milliseconds.
    fn service_now(&self) -> Option<i64>;
}

/// One reading under way.
#[async_trait]
pub trait Session: Send {
    /// Reads on.
    async fn next(&mut self, limits: BatchLimits) -> Result<Batch, SandboxError>;

    /// Requests made so far.
    fn requests(&self) -> u64;
}

/// Sessions in the sandbox.
pub struct SandboxedSource {
    pub sandbox: Sandbox,
    pub component: LoadedComponent,
    pub limits: Limits,
    pub egress: Egress,
    pub settings: String,
    pub options: ReadOptions,
}

#[async_trait]
impl SessionFactory for SandboxedSource {
    async fn open(
        &self,
        stream: &str,
        range: Range,
        cursor: Option<Vec<u8>>,
    ) -> Result<Box<dyn Session>, SandboxError> {
        let request = SessionRequest {
            config: self.settings.clone(),
            stream: stream.to_owned(),
            selection: Selection::Range(TimeRange { start: range.start, end: range.end }),
            cursor,
            options: self.options,
        };
        let egress = self.egress.clone();
        let session =
            SessionInstance::open(&self.sandbox, &self.component, &self.limits, egress, &request);
        Ok(Box::new(session.await?))
    }

    fn wait(&self) -> Duration {
        self.egress.wait()
    }

    fn service_now(&self) -> Option<i64> {
        self.egress.service_now()
    }
}

#[async_trait]
impl Session for SessionInstance {
    async fn next(&mut self, limits: BatchLimits) -> Result<Batch, SandboxError> {
        SessionInstance::next(self, limits).await
    }

    fn requests(&self) -> u64 {
        SessionInstance::requests(self)
    }
}
