//! Readings: which range of a stream is read next, who reads when, and what becomes of a
//! reading that fails.
//!
//! Invariant: a reading holds a place, of those that all tenants share, while it reads, and no stream's
//! failure is another's.

mod attempts;
mod backfill;
mod bisection;
mod bounds;
mod clock;
mod context;
mod failure;
mod open_session;
mod prefetch;
mod range;
mod session_factory;
mod skew;
mod stream;

pub use clock::{Clock, SystemClock};
pub use context::Until;
pub(crate) use context::{SourceContext, millis};
pub use failure::GRACE;
pub(crate) use failure::stopped;
pub(crate) use session_factory::SandboxedSource;
#[cfg(test)]
pub(crate) use session_factory::{Session, SessionFactory};
pub(crate) use stream::StreamRun;
