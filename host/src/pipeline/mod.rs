//! From a page of events to a commit: accept (select, claim, take out duplicates, pair),
//! deliver, commit.
//!
//! Invariant: position and ids move only in a commit, and a commit is written only after
//! every sink of the source has taken the batch. Whatever happens in between (a crash, a
//! failing sink, a failing commit) leaves the position where it was, and the batch comes
//! again.

mod accept;
mod claims;
mod deliver;
mod error;
mod outlet;
mod pairs;
mod position;
mod preference;
mod seen;
mod select;

pub(crate) use accept::{Acceptance, Fresh};
pub(crate) use claims::Claims;
pub(crate) use deliver::{Probes, deliver};
pub use error::CollectError;
pub(crate) use outlet::Outlet;
#[cfg(test)]
pub(crate) use pairs::NEAR_MS;
pub(crate) use position::{Batch, Delta, Position, Slot};
pub(crate) use preference::{Preference, Preferences};
pub(crate) use seen::Seen;
pub(crate) use select::Filter;
