//! Builds the guest components.
//!
//! The guests are made for `wasm32-unknown-unknown`, whose std asks its host for
//! nothing. Where that std comes from differs from machine to machine; [`Road`]
//! says which way was found. Used by `xtask` (which may install what is missing)
//! and by the build script of the bundle (which may not).

mod build;
mod road;

pub use build::{BuildError, build_guests};
pub use road::{Road, RoadError, find, install};

/// The target of the guests.
pub const TARGET: &str = "wasm32-unknown-unknown";
