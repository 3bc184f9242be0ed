//! Finds a compiler for the guests.
//!
//! The guests are made for `wasm32-unknown-unknown`, whose std asks its host for
//! nothing. Where that std comes from differs from machine to machine;
//! [`GuestToolchain`] says what was found. Used by `xtask` (which may install what is
//! missing), by `guest-check` (which may ask rustup) and by build scripts (which only look).

mod machine;
mod search;
mod toolchain;
mod version;

pub use machine::{Compiler, Machine};
pub use search::{find, install};
pub use toolchain::{COMPILER_VARIABLE, GuestToolchain, StdSource, ToolchainError};
pub use version::{Version, needed};

/// The target of the guests.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Every built-in component, by cargo package.
pub const GUESTS: [&str; 3] = ["oci-audit", "idcs", "oam"];
