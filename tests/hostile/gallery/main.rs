//! The gallery of hostile components: every attack that is known, done to the
//! sandbox for real, with an honest tenant at work beside it.
//!
//! The attacks are in `guest/`, one component file for all. A test states what an
//! attack may do at most: it is denied, or its session ends with an error that names
//! the limit, the source and the setting. `docs/sandbox.md` lists them; `table`
//! holds that list against these tests.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod addresses;
mod answers;
mod declared;
mod echoes;
mod evil;
mod floods;
mod headers;
mod machine;
mod many;
mod responses;
mod stage;
mod table;
