//! A component that attacks whoever runs it.
//!
//! One file holds all attacks; `attack` in its configuration chooses. What an attack
//! saw of the host comes back as a finding, so that a test can tell a denial from
//! an accident. Built by the tests alone, never shipped.

#![allow(
    unsafe_code,
    reason = "the generated exports are `unsafe(no_mangle)`; attacks lie to them"
)]

#[cfg(target_arch = "wasm32")]
mod answers;
#[cfg(target_arch = "wasm32")]
mod export;
#[cfg(target_arch = "wasm32")]
mod requests;
#[cfg(target_arch = "wasm32")]
mod resources;
