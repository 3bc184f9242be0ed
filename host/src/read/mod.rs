//! Readings: which range of a stream is read next, who reads when, and what becomes of a
//! reading that fails.
//!
//! Invariant: a reading holds a place of the [scheduler] while it reads, and no stream's
//! failure is another's.

mod backfill;
mod bisection;
mod bounds;
mod clock;
mod context;
mod failure;
mod prefetch;
mod range;
mod scheduler;
mod session_factory;
mod skew;
mod stream;

pub use clock::{Clock, SystemClock};
pub(crate) use context::{Shared, millis};
pub(crate) use failure::told;
pub use range::GRACE;
pub(crate) use scheduler::Turns;
pub(crate) use session_factory::SandboxedSource;
#[cfg(test)]
pub(crate) use session_factory::{Opener, Session};
pub(crate) use stream::StreamRun;
