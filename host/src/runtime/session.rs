//! One reading under way, in a store of its own.

use wasmtime::component::ResourceAny;

use super::Sandbox;
use super::error::SandboxError;
use super::instance::{Instance, call};
use super::load::LoadedComponent;
use crate::contract::{Batch, BatchLimits, Progress, ReadOptions, Selection};
use crate::egress::Egress;
use crate::limits::Limits;

/// What to read in a session.
#[derive(Debug, Clone)]
pub struct SessionRequest {
    /// JSON text for the component.
    pub config: String,
    /// Stream id.
    pub stream: String,
    /// Range or log start.
    pub selection: Selection,
    /// Where an earlier session stopped.
    pub cursor: Option<Vec<u8>>,
    /// What to put into events.
    pub options: ReadOptions,
}

/// One reading under way.
pub struct SessionInstance {
    instance: Instance,
    session: ResourceAny,
    /// Whether it reads a range, which has an end.
    has_end: bool,
    cursor: Option<Vec<u8>>,
    /// Batches in a row that brought neither a record nor a new cursor.
    barren: u64,
}

impl std::fmt::Debug for SessionInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionInstance").field("component", &self.instance.name).finish()
    }
}

impl SessionInstance {
    /// Opens a session in a store of its own; its requests go through `egress`. Waits
    /// while the source has as many sessions as it may have, or the process has no
    /// place left.
    ///
    /// # Errors
    ///
    /// When the component refuses or misbehaves.
    pub async fn open(
        sandbox: &Sandbox,
        component: &LoadedComponent,
        limits: &Limits,
        egress: Egress,
        request: &SessionRequest,
    ) -> Result<Self, SandboxError> {
        let mut instance = Instance::new(sandbox, component, limits, egress).await?;
        let session = call!(&mut instance, "session.open", [session] call_open(&request.config, &request.stream, request.selection, request.cursor.as_ref(), request.options))?;
        let session = instance.settle("session.open", session, |_, _| Ok(()))?;
        let has_end = matches!(request.selection, Selection::Range(_));
        Ok(Self { instance, session, has_end, cursor: request.cursor.clone(), barren: 0 })
    }

    /// Reads on.
    ///
    /// # Errors
    ///
    /// When the source fails, the component misbehaves or its answer exceeds a
    /// limit. After one that is not the source's own the session is at its end.
    pub async fn next(&mut self, limits: BatchLimits) -> Result<Batch, SandboxError> {
        if self.instance.ended {
            return Err(self.instance.is_over("session.next"));
        }
        let (session, has_end) = (self.session, self.has_end);
        let batch =
            call!(&mut self.instance, "session.next", [session] call_next(session, limits))?;
        let batch = self
            .instance
            .settle("session.next", batch, |called, batch| called.check_batch(batch, has_end))?;
        self.watch(&batch)?;
        Ok(batch)
    }

    /// A session that promises more and brings nothing would be called for ever.
    fn watch(&mut self, batch: &Batch) -> Result<(), SandboxError> {
        let moved = batch.counts.received > 0 || batch.cursor != self.cursor;
        self.barren = if moved || batch.progress != Progress::More { 0 } else { self.barren + 1 };
        self.cursor.clone_from(&batch.cursor);
        if self.barren > self.instance.limits.barren_batches {
            self.instance.ended = true;
            return Err(self.instance.called("session.next").exceeded("barren_batches"));
        }
        Ok(())
    }

    /// Requests made so far.
    pub fn requests(&self) -> u64 {
        self.instance.store.data().egress_session.asked()
    }

    /// Most linear memory held so far, in bytes.
    pub fn peak_memory(&self) -> usize {
        self.instance.store.data().meter.peak_memory
    }
}
