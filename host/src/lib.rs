//! Collects Oracle sign-on audit events through sandboxed WASM components.
//!
//! Data flows one way: [`plan`] says which range to read, a session in the
//! [`sandbox`] reads it, [`collect`] removes duplicates, [`render`] makes lines,
//! [`deliver`] hands them to sinks, and a commit to the [`state`] makes it so.

pub mod collect;
pub mod config;
pub mod conform;
pub mod contract;
mod crash;
pub mod deliver;
pub mod files;
pub mod ledger;
pub mod payload;
pub mod permissions;
pub mod plan;
pub mod render;
pub mod sandbox;
pub mod shown;
pub mod state;
pub mod telemetry;
#[cfg(test)]
mod testing;
