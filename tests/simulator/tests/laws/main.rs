//! The simulator from outside: what a client may rely on, and what it must
//! withstand. Every request goes over a socket, those to OCI signed with
//! `oci-signature`; time is the simulator's own.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod client;
mod domain;
mod faults;
mod files;
mod idcs_faults;
mod idcs_search;
mod idcs_token;
mod listing;
mod oam;
mod oam_rendering;
mod records;
mod refusals;
mod services;
mod web;
