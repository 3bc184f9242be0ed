//! A component as other tool chains make them: it imports a command line and a file
//! system, looks what is in them, and writes to stderr. Built by the tests alone.

#![allow(unsafe_code, reason = "the generated exports are `unsafe(no_mangle)` functions")]

#[cfg(target_arch = "wasm32")]
mod export;
