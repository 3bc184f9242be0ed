//! Nothing: only the features that its Cargo.toml asks for.
//!
//! Cargo builds a crate once for each set of features. What tests bring with them (a
//! validator of schemas, the encoder of components) asks for more features of small crates
//! that wasmtime stands on, so that all of wasmtime was built once for the command and once
//! more for the tests. The command asks for the same ones through this crate.
