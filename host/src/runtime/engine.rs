//! The engine: one for each process, with the clock by which computing is measured.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use wasmtime::component::Linker;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::error::SandboxError;
use super::guest::Guest;
use super::{cache, imports};
use crate::limits::{CpuScheduler, Limits, size};
use crate::telemetry::{self, Telemetry};

/// How many sessions may run at once in one process. More wait for a place; each
/// place reserves address space, not memory.
const MOST_SESSIONS: u32 = 256;

/// Core instances inside one component: the guest itself and the adapters that
/// wit-component puts around it.
const MOST_CORE_INSTANCES: u32 = 16;

/// The engine that compiles and runs components. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox {
    pub(super) engine: Engine,
    pub(super) linker: Arc<Linker<Guest>>,
    /// For components of other tool chains.
    pub(super) void_cli: Arc<Linker<Guest>>,
    /// What was compiled or read from the cache so far.
    pub(super) compiled: Arc<Mutex<BTreeMap<cache::Key, Arc<cache::Slot>>>>,
    pub(super) cache: Option<Arc<cache::Cache>>,
    pub(super) places: Arc<Semaphore>,
    pub(super) scheduler: CpuScheduler,
    pub(super) telemetry: Telemetry,
    // Stops the ticker with the last clone.
    _ticker: Arc<Ticker>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Sets the engine up. No session can be given more memory or larger tables than
    /// `widest` has.
    ///
    /// # Errors
    ///
    /// When this machine cannot run it.
    pub fn new(widest: &Limits) -> Result<Self, SandboxError> {
        Self::with(&configuration(widest))
    }

    pub(super) fn with(configuration: &Config) -> Result<Self, SandboxError> {
        let engine = Engine::new(configuration).map_err(engine_error)?;
        let mut linker = Linker::new(&engine);
        imports::link(&mut linker).map_err(engine_error)?;
        let mut void_cli = Linker::new(&engine);
        imports::link_void_cli(&mut void_cli).map_err(engine_error)?;
        let scheduler = CpuScheduler::new();
        let ticker = Ticker::start(&engine, scheduler.clone());
        let ticker = ticker.map_err(|error| engine_error(error.into()))?;
        Ok(Self {
            engine,
            linker: Arc::new(linker),
            void_cli: Arc::new(void_cli),
            compiled: Arc::default(),
            cache: None,
            places: Arc::new(Semaphore::new(MOST_SESSIONS as usize)),
            scheduler,
            telemetry: Telemetry::default(),
            _ticker: Arc::new(ticker),
        })
    }
}

impl Sandbox {
    /// Keeps compiled code in a folder of its own, which is made if need be. Where it
    /// is not private to this user nothing is kept.
    #[must_use]
    pub fn with_cache(self, folder: &Path) -> Self {
        let cache = cache::Cache::open(folder);
        if cache.is_none() {
            telemetry::CompiledCodeNotKept { folder }.emit();
        }
        Self { cache: cache.map(Arc::new), ..self }
    }

    /// Whom is told what happens in it, and to whatever reads through it.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}

pub(super) fn configuration(limits: &Limits) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MOST_SESSIONS)
        .total_core_instances(MOST_SESSIONS * MOST_CORE_INSTANCES)
        .max_core_instances_per_component(MOST_CORE_INSTANCES)
        .total_memories(MOST_SESSIONS)
        .max_memories_per_component(1)
        .total_tables(MOST_SESSIONS * 4)
        .max_tables_per_component(4)
        .total_stacks(MOST_SESSIONS)
        .max_memory_size(size(limits.memory_bytes))
        .table_elements(size(limits.table_elements));
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

fn engine_error(error: wasmtime::Error) -> SandboxError {
    SandboxError::Engine(format!("{error:#}"))
}

/// The clock by which computing is measured: a thread that counts ticks while somebody
/// computes, and with each hands out turns to those who compute for long.
struct Ticker(CpuScheduler);

impl Ticker {
    fn start(engine: &Engine, scheduler: CpuScheduler) -> std::io::Result<Self> {
        let (turns, engine) = (scheduler.clone(), engine.weak());
        std::thread::Builder::new().name("signon-ticker".to_owned()).spawn(move || {
            turns.keep_time(|| {
                let engine = engine.upgrade();
                engine.inspect(Engine::increment_epoch).is_some()
            });
        })?;
        Ok(Self(scheduler))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.end();
    }
}
