//! Sources: built from the configuration, started, watched and stopped.
//!
//! Invariant: a source that cannot start or fails does so alone.

mod builder;
mod changes;
mod collector;
mod credentials;
mod outlets;
mod process;
mod starting;
mod supervisor;
#[cfg(test)]
mod tests;

pub use builder::{ReadySource, check, fingerprint, open};
pub use collector::Collector;
pub use process::{Components, Orders, Summary};
