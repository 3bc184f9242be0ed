//! The hostile component, in three editions, and one that other tool chains might
//! make.

/// Every attack, one chosen by the configuration.
pub const HOSTILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile.wasm"));

/// The same, declaring a table of a million elements.
pub const GIANT_TABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/giant-table.wasm"));

/// The same, declaring a memory of a gigabyte.
pub const GIANT_MEMORY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/giant-memory.wasm"));

/// Imports a command line and a file system, and tells what is in them.
pub const CHATTY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/chatty.wasm"));
