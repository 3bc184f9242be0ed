//! One store for one session: what a guest holds, how it is called, and how a
//! call that misbehaves ends.
//!
//! Invariant: whatever happens inside, the caller gets an error that names the
//! component, the call and, where one was exceeded, the limit; the store is
//! dropped and nothing of it remains.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::{ResourceAny, ResourceTable};
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::clocks::{WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi::random::WasiRandomCtx;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

use super::door::Door;
use super::error::SandboxError;
use super::limits::{Limits, Meter};
use super::load::check_descriptor;
use super::{LoadedComponent, Sandbox};
use crate::contract::{
    AccessRule, Batch, BatchLimits, Descriptor, Finding, ReadOptions, Selection, SignonSource,
    SourceError, Stream,
};

/// Most random bytes in one call; a guest needs a few.
const RANDOM_BYTES: u64 = 4096;

/// Everything a guest holds.
pub struct Guest {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    door: Door,
    meter: Meter,
    /// Ticks of computing in the call under way.
    ticks: u64,
}

impl Guest {
    pub(super) fn random(&mut self) -> &mut WasiRandomCtx {
        self.wasi.random()
    }
}

impl IoView for Guest {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiClocksView for Guest {
    fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView { ctx: self.wasi.clocks(), table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.door }
    }
}

/// A computing budget that ran out.
#[derive(Debug, thiserror::Error)]
#[error("computed for too long")]
struct OutOfTicks;

/// A live instance.
struct Instance {
    name: Arc<str>,
    store: Store<Guest>,
    bindings: SignonSource,
    limits: Limits,
    // Given back when the instance goes.
    _place: OwnedSemaphorePermit,
}

impl Instance {
    async fn new(
        sandbox: &Sandbox,
        component: &LoadedComponent,
        limits: &Limits,
        door: Door,
    ) -> Result<Self, SandboxError> {
        let place = sandbox
            .places
            .clone()
            .acquire_owned()
            .await
            .map_err(|error| SandboxError::Engine(error.to_string()))?;
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(limits.header_bytes);
        let guest = Guest {
            table: ResourceTable::new(),
            wasi: WasiCtxBuilder::new().max_random_size(RANDOM_BYTES).build(),
            http,
            door,
            meter: Meter::new(limits),
            ticks: 0,
        };
        let mut store = Store::new(&sandbox.engine, guest);
        store.limiter(|guest| &mut guest.meter);
        store.set_hostcall_fuel(limits.lifted_bytes);
        store.set_epoch_deadline(1);
        let budget = limits.cpu_ticks;
        // Called at most once a tick, and only while the guest computes: a guest
        // that waits spends nothing. Yielding lets others have the thread.
        store.epoch_deadline_callback(move |mut context| {
            let guest = context.data_mut();
            guest.ticks += 1;
            if guest.ticks > budget { Err(OutOfTicks.into()) } else { Ok(UpdateDeadline::Yield(1)) }
        });
        let instantiated = component.linked.instantiate_async(&mut store).await;
        let bindings = instantiated.map_err(|error| {
            failure(&component.name, "instantiate", limits, store.data().meter.refused, &error)
        })?;
        Ok(Self {
            name: component.name.clone(),
            store,
            bindings,
            limits: limits.clone(),
            _place: place,
        })
    }
}

/// Calls a function of an instance within its limits:
/// `call!(instance, "name in errors", [resource] function(arguments))`.
macro_rules! call {
    ($instance:expr, $call:literal, $([$resource:ident])? $function:ident($($argument:expr),*)) => {{
        let instance: &mut Instance = $instance;
        let guest = instance.store.data_mut();
        guest.ticks = 0;
        guest.meter.refused = None;
        let result = within(
            instance.limits.wall_time,
            instance
                .bindings
                .signon_source_source()
                $(.$resource())?
                .$function(&mut instance.store, $($argument),*),
        )
        .await;
        result.map_err(|error| {
            let refused = instance.store.data().meter.refused;
            failure(&instance.name, $call, &instance.limits, refused, &error)
        })
    }};
}

/// The wall clock ran out.
#[derive(Debug, thiserror::Error)]
#[error("took too long")]
struct OutOfTime;

async fn within<T>(
    wall_time: std::time::Duration,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    match tokio::time::timeout(wall_time, call).await {
        Ok(result) => result,
        Err(_) => Err(OutOfTime.into()),
    }
}

/// Names what ended a call.
fn failure(
    name: &str,
    call: &'static str,
    limits: &Limits,
    refused: Option<&'static str>,
    error: &wasmtime::Error,
) -> SandboxError {
    let exceeded =
        |limit, value| SandboxError::LimitExceeded { name: name.to_owned(), limit, value, call };
    if error.is::<OutOfTicks>() {
        return exceeded("cpu_ticks", limits.cpu_ticks.to_string());
    }
    if error.is::<OutOfTime>() {
        return exceeded("wall_time", format!("{} s", limits.wall_time.as_secs()));
    }
    match refused {
        Some("memory_bytes") => return exceeded("memory_bytes", limits.memory_bytes.to_string()),
        Some(limit) => return exceeded(limit, limits.table_elements.to_string()),
        None => {}
    }
    // The trap itself is the innermost cause; what wraps it is the stack.
    let cause = error.chain().last().map(ToString::to_string).unwrap_or_default();
    let stack = error.to_string();
    let at = stack.lines().find(|line| line.contains("!")).unwrap_or_default().trim().to_owned();
    let problem = if at.is_empty() { cause } else { format!("{cause} at {at}") };
    SandboxError::Trap { name: name.to_owned(), call, problem }
}

impl Sandbox {
    async fn pure(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
    ) -> Result<Instance, SandboxError> {
        Instance::new(self, component, limits, Door::shut(component.name())).await
    }

    /// What the component says about itself, held against the contract.
    ///
    /// # Errors
    ///
    /// When it traps or its descriptor cannot be used.
    pub async fn describe(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
    ) -> Result<Descriptor, SandboxError> {
        let mut instance = self.pure(component, limits).await?;
        let descriptor = call!(&mut instance, "describe", call_describe())?;
        check_descriptor(component.name(), &descriptor)?;
        Ok(descriptor)
    }

    /// The requests a configuration needs.
    ///
    /// # Errors
    ///
    /// When the configuration is refused, or the component misbehaves.
    pub async fn access(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
        config: &str,
    ) -> Result<Vec<AccessRule>, SandboxError> {
        let mut instance = self.pure(component, limits).await?;
        call!(&mut instance, "access", call_access(config))?.map_err(SandboxError::Source)
    }

    /// What a configuration expands to.
    ///
    /// # Errors
    ///
    /// When the configuration is refused, or the component misbehaves.
    pub async fn streams(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
        config: &str,
    ) -> Result<Vec<Stream>, SandboxError> {
        let mut instance = self.pure(component, limits).await?;
        call!(&mut instance, "streams", call_streams(config))?.map_err(SandboxError::Source)
    }

    /// Tries a configuration through `door`.
    ///
    /// # Errors
    ///
    /// When the configuration is refused, or the component misbehaves.
    pub async fn check(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
        door: Door,
        config: &str,
    ) -> Result<Vec<Finding>, SandboxError> {
        let mut instance = Instance::new(self, component, limits, door).await?;
        call!(&mut instance, "check", call_check(config))?.map_err(SandboxError::Source)
    }
}

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
}

impl std::fmt::Debug for SessionInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionInstance").field("component", &self.instance.name).finish()
    }
}

impl SessionInstance {
    /// Opens a session in a store of its own; its requests go through `door`.
    ///
    /// # Errors
    ///
    /// When the component refuses or misbehaves.
    pub async fn open(
        sandbox: &Sandbox,
        component: &LoadedComponent,
        limits: &Limits,
        door: Door,
        request: &SessionRequest,
    ) -> Result<Self, SandboxError> {
        let mut instance = Instance::new(sandbox, component, limits, door).await?;
        let session = call!(&mut instance, "session.open", [session] call_open(&request.config, &request.stream, request.selection, request.cursor.as_ref(), request.options))?
        .map_err(SandboxError::Source)?;
        Ok(Self { instance, session })
    }

    /// Reads on.
    ///
    /// # Errors
    ///
    /// When the source fails, the component misbehaves or its cursor is too large.
    pub async fn next(&mut self, limits: BatchLimits) -> Result<Batch, SandboxError> {
        let session = self.session;
        let batch =
            call!(&mut self.instance, "session.next", [session] call_next(session, limits))?
                .map_err(SandboxError::Source)?;
        self.instance.check(batch)
    }

    /// Most linear memory held so far, in bytes.
    pub fn peak_memory(&self) -> usize {
        self.instance.store.data().meter.peak_memory
    }
}

impl Instance {
    /// What a guest says about its own counts is held against the law here, once.
    fn check(&self, batch: Batch) -> Result<Batch, SandboxError> {
        let length = batch.cursor.as_ref().map_or(0, Vec::len);
        if length > self.limits.cursor_bytes {
            return Err(SandboxError::LimitExceeded {
                name: self.name.to_string(),
                limit: "cursor_bytes",
                value: self.limits.cursor_bytes.to_string(),
                call: "next",
            });
        }
        let counts = batch.counts;
        let told = (batch.events.len() as u64)
            .checked_add(counts.filtered)
            .and_then(|sum| sum.checked_add(counts.rejected));
        if told != Some(counts.received) {
            return Err(SandboxError::Source(SourceError::Malformed(format!(
                "component {}: received {} records, but told of {} events, {} filtered and {} \
                 rejected; this is a bug in the component",
                self.name,
                counts.received,
                batch.events.len(),
                counts.filtered,
                counts.rejected
            ))));
        }
        Ok(batch)
    }
}

/// A normalizer under way. Its door is shut.
pub struct NormalizerInstance {
    instance: Instance,
    normalizer: ResourceAny,
}

impl std::fmt::Debug for NormalizerInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NormalizerInstance").field("component", &self.instance.name).finish()
    }
}

impl NormalizerInstance {
    /// Most linear memory held so far, in bytes.
    pub fn peak_memory(&self) -> usize {
        self.instance.store.data().meter.peak_memory
    }

    /// Opens a normalizer in a store of its own.
    ///
    /// # Errors
    ///
    /// When the component refuses or misbehaves.
    pub async fn open(
        sandbox: &Sandbox,
        component: &LoadedComponent,
        limits: &Limits,
        options: ReadOptions,
    ) -> Result<Self, SandboxError> {
        let mut instance = sandbox.pure(component, limits).await?;
        let normalizer = call!(&mut instance, "normalizer.open", [normalizer] call_open(options))?
            .map_err(SandboxError::Source)?;
        Ok(Self { instance, normalizer })
    }

    /// Hands more bytes in.
    ///
    /// # Errors
    ///
    /// When the component misbehaves.
    pub async fn push(&mut self, chunk: &[u8]) -> Result<(), SandboxError> {
        let (normalizer, chunk) = (self.normalizer, chunk.to_vec());
        call!(&mut self.instance, "normalizer.push", [normalizer] call_push(normalizer, &chunk))
    }

    /// There are no more bytes.
    ///
    /// # Errors
    ///
    /// When the component misbehaves.
    pub async fn finish(&mut self) -> Result<(), SandboxError> {
        let normalizer = self.normalizer;
        call!(&mut self.instance, "normalizer.finish", [normalizer] call_finish(normalizer))
    }

    /// Reads on.
    ///
    /// # Errors
    ///
    /// When the bytes cannot be read or the component misbehaves.
    pub async fn next(&mut self, limits: BatchLimits) -> Result<Batch, SandboxError> {
        let normalizer = self.normalizer;
        let batch = call!(&mut self.instance, "normalizer.next", [normalizer] call_next(normalizer, limits))?
        .map_err(SandboxError::Source)?;
        self.instance.check(batch)
    }
}
