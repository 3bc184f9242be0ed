//! What a component may use. Every bound has a name that errors and the
//! configuration share, a default that fits the built-in components with room to
//! spare, and a most that an operator may raise it to.

mod clock;
mod cpu_scheduler;
mod fair_share;
mod threads;

use std::time::Duration;

use wasmtime::ResourceLimiter;

pub(crate) use cpu_scheduler::{Allowance, Claim, CpuScheduler};
pub(crate) use fair_share::{FairShare, First, Share, Urgency};
pub use threads::runtime;
pub(crate) use threads::{cores, off_the_threads};

/// Length of a CPU tick.
pub const TICK: Duration = Duration::from_millis(10);

/// A limit by its name, to be read or set.
#[derive(Debug)]
pub enum Limit<'l> {
    /// A count, or bytes.
    Number {
        /// Its value.
        value: &'l mut u64,
        /// The most it can be raised to.
        most: u64,
    },
    /// A span of time.
    Time {
        /// Its value.
        value: &'l mut Duration,
        /// The most it can be raised to.
        most: Duration,
    },
}

/// From one list: the fields, their defaults, their names and their mosts.
macro_rules! limits {
    ($($(#[doc = $help:literal])* $name:ident: $kind:ident = $default:expr, up to $most:expr;)*) => {
        /// Bounds of one session. Exceeding one ends that session and nothing else.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Limits {
            $($(#[doc = $help])* pub $name: limits!(@type $kind),)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            /// The name of every limit, as configuration and errors write it.
            pub const NAMES: &[&str] = &[$(stringify!($name),)*];

            /// What each bounds.
            pub const HELP: &[&str] = &[$(concat!($($help),*),)*];

            /// The limit of that name.
            pub fn by_name(&mut self, name: &str) -> Option<Limit<'_>> {
                match name {
                    $(stringify!($name) => {
                        Some(Limit::$kind { value: &mut self.$name, most: $most })
                    })*
                    _ => None,
                }
            }

            /// Every limit as wide as it can be made: for a process whose sources may
            /// raise theirs while it runs.
            pub fn widest() -> Self {
                Self { $($name: $most,)* }
            }
        }
    };
    (@type Number) => { u64 };
    (@type Time) => { Duration };
}

limits! {
    /// Linear memory in bytes. The built-ins stay below 32 MiB on a page of 60 MB.
    memory_bytes: Number = 64 << 20, up to 4 << 30;
    /// Elements of each table; a Rust guest has a few hundred.
    table_elements: Number = 10_000, up to 1_000_000;
    /// Epoch ticks of computing in one call; waiting does not count. A tick is
    /// 10 ms.
    cpu_ticks: Number = 1_000, up to 360_000;
    /// Wall time of one call, waiting included. Above it a service trickles.
    wall_time: Time = Duration::from_secs(300), up to Duration::from_secs(3_600);
    /// Things of the host that a session holds at once (requests, header fields,
    /// bodies, timers), and its own resources. The built-ins hold about ten.
    handles: Number = 256, up to 100_000;
    /// Random bytes in one call; a guest needs a few.
    random_bytes: Number = 4 << 10, up to 1 << 20;
    /// Bytes lifted out of the guest in one call.
    lifted_bytes: Number = 64 << 20, up to 1 << 30;
    /// Sessions of a source at once; more wait for one to end.
    sessions: Number = 8, up to 256;
    /// Requests of a session under way at once. The built-ins make one.
    requests: Number = 8, up to 256;
    /// Requests in one call: beyond this it turns in circles. An honest one is asked for
    /// two seconds' worth of pages, or passes over some empty ones.
    call_requests: Number = 1_000, up to 1_000_000;
    /// Bytes of all header fields of a request or response.
    header_bytes: Number = 128 << 10, up to 1 << 20;
    /// Bytes of a request body.
    request_bytes: Number = 1 << 20, up to 64 << 20;
    /// Bytes of a response body. A page of 20,000 audit events has 60 MB.
    response_bytes: Number = 1 << 30, up to 1 << 40;
    /// From the request to the head of the response.
    first_byte: Time = Duration::from_secs(120), up to Duration::from_secs(3_600);
    /// Between two pieces of a response body.
    between_bytes: Time = Duration::from_secs(60), up to Duration::from_secs(3_600);
    /// From the request to the end of the response: a page that is read slower than
    /// this is asked for anew.
    response_time: Time = Duration::from_secs(1_800), up to Duration::from_secs(86_400);
    /// Streams, access rules and findings that one call answers with.
    list_items: Number = 10_000, up to 1_000_000;
    /// Events and rejects of a batch. The host asks for 1,000 events.
    batch_events: Number = 10_000, up to 100_000;
    /// Bytes of text of a batch. The host asks for 8 MiB; one record may come on top.
    batch_bytes: Number = 32 << 20, up to 1 << 30;
    /// Bytes of one text of an event, a stream or a finding. The host asks for texts
    /// of 16 KiB at most.
    text_bytes: Number = 64 << 10, up to 16 << 20;
    /// Bytes of a record's `raw` or `unmapped`, each.
    record_bytes: Number = 16 << 20, up to 256 << 20;
    /// Findings of a batch or a check.
    findings: Number = 1_000, up to 100_000;
    /// Bytes of a cursor; the contract says 4 KiB.
    cursor_bytes: Number = 4 << 10, up to 1 << 20;
    /// Batches in a row without a record and without a new cursor, beyond which a
    /// session spins.
    barren_batches: Number = 1_000, up to 1_000_000;
    /// Bytes of a component's file. The built-ins have a little more than one MiB.
    component_bytes: Number = 16 << 20, up to 256 << 20;
}

impl Limits {
    /// The value of a limit, as the configuration would write it.
    pub fn shown(&self, name: &str) -> String {
        match self.clone().by_name(name) {
            Some(Limit::Number { value, .. }) => value.to_string(),
            Some(Limit::Time { value, .. }) if value.subsec_millis() == 0 => {
                format!("\"{}s\"", value.as_secs())
            }
            Some(Limit::Time { value, .. }) => format!("{value:?}"),
            None => String::new(),
        }
    }
}

/// A size as this machine counts; a limit beyond that bounds nothing.
pub(crate) fn size(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Watches memory and tables of one store, and remembers what was refused so
/// that the trap which follows can be named.
#[derive(Debug)]
pub(crate) struct Meter {
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
            memory_bytes: size(limits.memory_bytes),
            table_elements: size(limits.table_elements),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_found_by_its_name_and_no_default_is_above_its_most() {
        let mut limits = Limits::default();
        for name in Limits::NAMES {
            match limits.by_name(name).unwrap() {
                Limit::Number { value, most } => assert!(0 < *value && *value <= most, "{name}"),
                Limit::Time { value, most } => assert!(!value.is_zero() && *value <= most),
            }
            assert!(!limits.shown(name).is_empty());
        }
        assert!(limits.by_name("memory").is_none());
    }
}
