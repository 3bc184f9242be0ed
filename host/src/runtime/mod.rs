//! Runs components that nobody has to trust.
//!
//! One [`Sandbox`] per process holds the engine; a [`LoadedComponent`] is compiled
//! code; a session is one store of its own that dies with it, so an idle source
//! holds nothing. What a component can do is: compute within its
//! [limits](crate::limits), ask for the time and random bytes, and ask for requests to be
//! made ([`crate::egress`]).

mod cache;
mod descriptor;
mod engine;
mod error;
mod event_text;
mod failure;
mod guest;
mod guest_log;
mod imports;
mod instance;
mod load;
mod normalizer;
mod pure;
mod response_errors;
mod session;
mod weight;
#[cfg(test)]
mod work_tests;

pub use engine::Sandbox;
pub use error::{SandboxError, describe, describe_finding};
pub(crate) use event_text::event_bytes;
pub use imports::Imports;
pub use load::{ComponentFile, LoadedComponent};
pub use normalizer::NormalizerInstance;
pub use session::{SessionInstance, SessionRequest};
