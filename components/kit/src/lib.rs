//! What the guest components share: the generated contract, HTTP over
//! `wasi:http`, the streaming record reader, JSON with spans, redaction and
//! configuration errors.
//!
//! Everything but `http::wasi` and `shell` runs natively too, so that guests are tested,
//! fuzzed and measured without a sandbox.

pub mod answers;
pub mod auth;
pub mod bindings;
pub mod config;
pub mod digest;
pub mod domain;
pub mod event;
pub mod factors;
pub mod fields;
pub mod gathering;
pub mod http;
pub mod identity;
pub mod json;
mod lanes;
pub mod lines;
pub mod listing;
pub mod normalizer;
mod opening;
pub mod outcome;
pub mod passed_over;
pub mod people;
pub mod redact;
mod scanner;
pub mod secret;
#[cfg(target_arch = "wasm32")]
pub mod shell;
pub mod source;
pub mod text;
pub mod time;

pub use bindings::exports::signon::source::types as contract;
