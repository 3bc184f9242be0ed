//! Collects Oracle sign-on audit events through sandboxed WASM components.
//!
//! Data flows one way: the [`planner`] says which range to read, [`read`] has a session in the
//! [`runtime`] read it, the [`pipeline`] removes duplicates and makes lines, [`sinks`] take
//! them, and a commit to the [`state`] makes it so.

pub mod config;
pub mod conform;
mod crash;
pub mod credentials;
pub mod egress;
pub mod files;
pub mod ledger;
pub mod limits;
pub mod net;
pub mod payload;
pub mod permissions;
pub mod pipeline;
pub mod planner;
pub mod read;
pub mod report;
pub mod runtime;
mod schema;
pub mod shown;
pub mod sinks;
pub mod source;
pub mod state;
pub mod status;
pub mod telemetry;
#[cfg(test)]
mod testing;

pub use signon_contract as contract;
pub use signon_render as render;
