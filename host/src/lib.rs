//! Collects Oracle sign-on audit events through sandboxed WASM components.

pub mod contract;
pub mod sandbox;
pub mod telemetry;
