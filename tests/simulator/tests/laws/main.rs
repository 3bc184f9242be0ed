//! The simulator from outside: what a client may rely on, and what it must
//! withstand. Every request is signed with `oci-signature` and goes over a
//! socket; time is the simulator's own.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod client;
mod faults;
mod files;
mod listing;
mod records;
mod refusals;
