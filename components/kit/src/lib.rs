//! What the guest components share: the generated contract, HTTP over
//! `wasi:http`, the streaming record reader, JSON with spans, redaction and
//! configuration errors.
//!
//! Everything but `http::wasi` and `shell` runs natively too, so that guests are tested,
//! fuzzed and measured without a sandbox.

pub mod auth;
pub mod batch;
pub mod bindings;
pub mod config;
pub mod cursor;
pub mod digest;
pub mod domain;
pub mod endpoint;
pub mod event;
mod export;
pub mod factors;
pub mod fields;
pub mod framer;
pub mod http;
pub mod json;
pub mod json_framer;
pub mod lines;
mod magic_bytes;
pub mod normalizer;
pub mod outcome;
pub mod passed_over;
pub mod range;
pub mod record_id;
pub mod redact;
pub mod response_errors;
pub mod resume;
mod scanner;
pub mod secret;
pub mod session;
#[cfg(target_arch = "wasm32")]
pub mod shell;
mod simd;
pub mod source;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod time;
pub mod user_kinds;

pub use bindings::exports::signon::source::types as contract;
