//! Nothing but a build script: what depends on this crate is built only on a machine
//! that can build the guests.
//!
//! A fresh machine often lacks the guests' target. This crate adds it where rustup is there,
//! and else says how to get it. It needs no other crate and so can run before anything
//! heavy, but cargo begins with what most crates wait for: `cargo install` comes to it
//! after about half of its units. So the README has people run `cargo xtask setup` before.
