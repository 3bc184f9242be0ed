//! Laws of reading a range from a domain.

mod answers;
mod domain;
mod walk;
