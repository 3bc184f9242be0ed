//! The command `signon` as its users run it: a real process, real files, a service
//! on loopback that verifies what Oracle verifies.
//!
//! Each room states laws of one part of the command. No test depends on the time
//! of day, on the internet or on another test: every one has a folder, a port and a
//! service of its own.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod backfill;
mod clock;
mod components;
mod configuration;
mod conform;
mod crash;
mod credentials;
mod demo;
mod examples;
mod faults;
mod files;
mod hostile_service;
mod inputs;
mod inspect;
mod kills;
mod ledger;
mod listed_fields;
mod mapping;
mod memory;
mod normalize;
mod operation;
mod outage;
mod preference;
mod refusals;
mod report;
mod run;
mod runtimes;
mod sdk;
mod services;
mod sinks;
mod starting;
mod support;
mod surface;
