//! The signature as its users see it.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod authorization;
mod common;
mod dates_and_fingerprints;
mod keys;
mod oci_config;
mod round_trip;
mod secrets;
mod vectors;
mod verification;
