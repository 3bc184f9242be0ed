//! Nothing but a build script: what depends on this crate is built only on a machine
//! that can build the guests.
//!
//! A fresh machine often lacks the guests' target. Without this crate cargo finds that
//! out in the bundle's build script, after seven minutes of compiling; this one needs no
//! other crate and runs among the first. It adds the target where rustup is there, and
//! else says how to get it.
