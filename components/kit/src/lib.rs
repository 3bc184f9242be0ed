//! What the guest components share: the generated contract, HTTP over
//! `wasi:http`, the streaming record reader, JSON with spans, redaction and
//! configuration errors.
//!
//! Everything but `http::wasi` runs natively too, so that guests are tested,
//! fuzzed and measured without a sandbox.

pub mod bindings;
pub mod config;
pub mod factors;
pub mod fields;
pub mod gathering;
pub mod http;
pub mod json;
pub mod listing;
pub mod outcome;
pub mod people;
pub mod records;
pub mod redact;
pub mod text;
pub mod time;

pub use bindings::exports::signon::source::types as contract;
