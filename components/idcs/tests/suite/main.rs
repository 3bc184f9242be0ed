//! The component, natively: everything but the sandbox.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod auth;
mod laws;
mod normalizer;
mod session;
