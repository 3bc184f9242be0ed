//! Runs components that nobody has to trust.
//!
//! One [`Sandbox`] per process holds the engine; a [`LoadedComponent`] is compiled
//! code; a session is one store of its own that dies with it, so an idle source
//! holds nothing. What a component can do is: compute within [`Limits`], ask for
//! the time and random bytes, and knock at the [`door`].

pub mod credentials;
pub mod door;
mod error;
mod instance;
mod limits;
mod load;

use std::sync::Arc;

use wasmtime::component::Linker;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

pub use error::{SandboxError, describe, describe_finding};
pub use instance::{NormalizerInstance, SessionInstance, SessionRequest};
pub use limits::{Limits, TICK};
pub use load::LoadedComponent;

use instance::Guest;

/// How many sessions may run at once in one process. More wait for a place; each
/// place reserves address space, not memory.
const MOST_SESSIONS: u32 = 256;

/// Core instances inside one component: the guest itself and the adapters that
/// wit-component puts around it.
const MOST_CORE_INSTANCES: u32 = 16;

/// The engine that compiles and runs components. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox {
    engine: Engine,
    linker: Arc<Linker<Guest>>,
    places: Arc<tokio::sync::Semaphore>,
    // Stops the ticker with the last clone.
    _ticker: Arc<Ticker>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Sets the engine up. `limits` bounds what any session can be given later.
    ///
    /// # Errors
    ///
    /// When this machine cannot run it.
    pub fn new(limits: &Limits) -> Result<Self, SandboxError> {
        let engine = Engine::new(&configuration(limits)).map_err(engine_error)?;
        let mut linker = Linker::new(&engine);
        load::link(&mut linker).map_err(engine_error)?;
        let ticker = Ticker::start(&engine).map_err(|error| engine_error(error.into()))?;
        Ok(Self {
            engine,
            linker: Arc::new(linker),
            places: Arc::new(tokio::sync::Semaphore::new(MOST_SESSIONS as usize)),
            _ticker: Arc::new(ticker),
        })
    }
}

fn configuration(limits: &Limits) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MOST_SESSIONS)
        .total_core_instances(MOST_SESSIONS * MOST_CORE_INSTANCES)
        .max_core_instances_per_component(MOST_CORE_INSTANCES)
        .total_memories(MOST_SESSIONS)
        .max_memories_per_component(1)
        .total_tables(MOST_SESSIONS * 4)
        .max_tables_per_component(4)
        .total_stacks(MOST_SESSIONS)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements);
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

/// The clock by which computing is measured: a thread that counts ticks.
struct Ticker {
    stop: Arc<std::sync::atomic::AtomicBool>,
}

impl Ticker {
    fn start(engine: &Engine) -> std::io::Result<Self> {
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (stopped, engine) = (stop.clone(), engine.weak());
        std::thread::Builder::new().name("signon-ticker".to_owned()).spawn(move || {
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })?;
        Ok(Self { stop })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
