//! Laws of reading a range from a domain.

mod domain;
mod keyset;
mod response_errors;
