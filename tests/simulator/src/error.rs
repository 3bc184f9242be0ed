//! What can keep the simulator from starting or from writing its files.
//!
//! One flat enum, read by operators: every message names the thing and the fix.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::faults::FaultError;

/// Why the simulator did not start, or did not write a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulatorError {
    /// The address is reachable from other machines.
    #[error(
        "refusing to listen on {0}: the simulator serves loopback only, use 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {source}; use port 0 for any free port")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// An option has a value that makes no sense.
    #[error("option `{option}`: {reason}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What is wrong and what is expected.
        reason: String,
    },
    /// A fault specification cannot be read.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The records file cannot be read.
    #[error("cannot read the records file {path}: {source}")]
    ReadEvents {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The records file holds something that is no record of the service.
    #[error("records file {path}, {place}: {reason}")]
    InvalidEvents {
        /// The file.
        path: PathBuf,
        /// Which record or line, counted from 1.
        place: String,
        /// What is wrong and what is expected.
        reason: String,
    },
    /// A key or a certificate could not be made.
    #[error("cannot make the simulator's {what}: {reason}")]
    Identity {
        /// Which key or certificate.
        what: &'static str,
        /// What the library said.
        reason: String,
    },
    /// A file or directory cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A path cannot be put into a configuration file.
    #[error(
        "the path {0} holds line breaks or is not UTF-8, choose another directory for the configuration"
    )]
    UnusablePath(PathBuf),
    /// A background task died; its panic message is on standard error.
    #[error("the {0} task stopped unexpectedly")]
    Task(&'static str),
}
