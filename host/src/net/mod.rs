//! Connections to whatever we are a client of: resolved, checked, dialled, read within
//! bounds.
//!
//! Invariant: an address is checked in the same breath in which it is connected to, and
//! nothing is read without a bound.

mod address;
pub(crate) mod body;
mod client;
mod error;
mod resolver;
mod roots;
mod stream;
mod wire;
mod work;

pub use address::is_public;
pub use client::{HttpClient, PrivateAddresses};
pub use error::ClientError;
pub use resolver::{Addresses, Resolver, SystemResolver};
pub(crate) use wire::{Counting, Room};
