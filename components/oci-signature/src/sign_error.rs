//! Why a request cannot be signed.

use thiserror::Error;

use crate::AuthorizationError;

/// Why a request was not signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignError {
    /// A part of the request that would not arrive as it was signed.
    #[error("cannot sign the request: its {part} {problem}")]
    Part {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// POST, PUT and PATCH sign their body even if it is empty.
    #[error(
        "cannot sign the request: POST, PUT and PATCH sign their body even if it is empty; pass \
         the empty body as a signed one"
    )]
    BodyNotGiven,
    /// The key id cannot stand in a header.
    #[error("cannot sign the request: {0}; check tenancy, user and session token")]
    KeyId(AuthorizationError),
    /// The key's numbers fit together but do not work: the primes are none.
    #[error(
        "cannot sign the request: the private key does not work; test it with \
         `openssl rsa -in KEY.pem -noout -check`"
    )]
    Key,
}
