//! Readings: which range of a stream is read next, who reads when, and what becomes of a
//! reading that fails.
//!
//! Invariant: a reading holds a place of the scheduler while it reads, and no stream's
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
pub use context::Until;
pub(crate) use context::{SourceContext, millis};
pub(crate) use failure::stopped;
pub use range::GRACE;
pub(crate) use scheduler::ReadScheduler;
pub(crate) use session_factory::SandboxedSource;
#[cfg(test)]
pub(crate) use session_factory::{Session, SessionFactory};
pub(crate) use stream::StreamRun;
