//! Why there is no response.

use std::net::IpAddr;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The name resolves to an address that is not granted.
    #[error("{address} is not a public address")]
    Prohibited {
        /// The address.
        address: IpAddr,
    },
    /// Everything else, in words.
    #[error("{0}")]
    Failed(String),
    /// A root certificate cannot be used.
    #[error("no usable root certificate: {0}")]
    Roots(String),
}
