//! Builds the guest components.
//!
//! The guests are made for `wasm32-unknown-unknown`, whose std asks its host for
//! nothing. Where that std comes from differs from machine to machine; [`Road`]
//! says which way was found. Used by `xtask` (which may install what is missing)
//! and by the build script of the bundle (which may not).

#[cfg(feature = "build")]
mod build;
mod machine;
mod road;
mod version;

#[cfg(feature = "build")]
pub use build::{BuildError, build_guests};
pub use machine::{COMPILER_VARIABLE, Compiler, Machine};
pub use road::{Road, RoadError, StdSource, find, install};
pub use version::{Version, needed};

/// The target of the guests.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Every built-in component, by cargo package.
pub const GUESTS: [&str; 3] = ["oci-audit", "idcs", "oam"];
