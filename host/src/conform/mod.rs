//! Holds a component against the contract, for whoever writes one.
//!
//! Every law is one the collector relies on: if it is broken, events get lost or come
//! twice, and nobody notices. Invariant: each law is told of, as kept, as broken or
//! as not tried with the reason; none is passed over in silence.

mod examine;
mod normalizer;
mod pure;
mod session;
mod settings;
mod subject;
mod verdict;

pub use examine::examine;
pub use subject::{Service, Subject};
pub use verdict::{Outcome, Verdict};
