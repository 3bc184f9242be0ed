//! What a component may use. Every bound has a default that fits the built-in
//! components with room to spare, and a name that errors repeat.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// Bounds of one session. Exceeding one ends that session and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Linear memory in bytes. The built-ins stay below 32 MiB on a page of 60 MB.
    pub memory_bytes: usize,
    /// Elements of each table; a Rust guest has a few hundred.
    pub table_elements: usize,
    /// Epoch ticks of computing in one call; waiting does not count. A tick is
    /// [`TICK`].
    pub cpu_ticks: u64,
    /// Wall time of one call, waiting included. Above it a service trickles.
    pub wall_time: Duration,
    /// Bytes of all header fields of a request or response.
    pub header_bytes: usize,
    /// Bytes of a request body.
    pub request_bytes: usize,
    /// Bytes of a response body. A page of 20,000 audit events has 60 MB.
    pub response_bytes: u64,
    /// From the request to the head of the response.
    pub first_byte: Duration,
    /// Between two pieces of a response body.
    pub between_bytes: Duration,
    /// Bytes of a cursor; the contract says 4 KiB.
    pub cursor_bytes: usize,
    /// Bytes lifted out of the guest in one call, beyond which it traps.
    pub lifted_bytes: usize,
}

/// Length of a CPU tick.
pub const TICK: Duration = Duration::from_millis(10);

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            table_elements: 10_000,
            cpu_ticks: 1_000,
            wall_time: Duration::from_secs(300),
            header_bytes: 128 << 10,
            request_bytes: 1 << 20,
            response_bytes: 1 << 30,
            first_byte: Duration::from_secs(120),
            between_bytes: Duration::from_secs(60),
            cursor_bytes: 4 << 10,
            lifted_bytes: 64 << 20,
        }
    }
}

/// Watches memory and tables of one store, and remembers what was refused so
/// that the trap which follows can be named.
#[derive(Debug)]
pub(super) struct Meter {
    memory_bytes: usize,
    table_elements: usize,
    /// Most linear memory held so far, in bytes.
    pub peak_memory: usize,
    /// The limit that was refused last.
    pub refused: Option<&'static str>,
}

impl Meter {
    pub fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes: limits.memory_bytes,
            table_elements: limits.table_elements,
            peak_memory: 0,
            refused: None,
        }
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.memory_bytes {
            self.refused = Some("memory_bytes");
            return Ok(false);
        }
        self.peak_memory = self.peak_memory.max(desired);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = desired <= self.table_elements;
        if !fits {
            self.refused = Some("table_elements");
        }
        Ok(fits)
    }
}
