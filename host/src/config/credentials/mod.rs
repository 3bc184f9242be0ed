//! The `credentials` of a source.
//!
//! Invariant: no value of this table is ever shown, in whatever message.

mod basic;
mod config;
mod oauth2;
mod oci;
mod types;

pub use config::{ClientProof, CredentialsConfig};
pub(super) use types::CREDENTIALS;
