//! Laws of reading a range from a domain.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod answers;
mod domain;
mod walk;
