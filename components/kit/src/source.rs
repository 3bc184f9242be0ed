//! What a guest is, natively: the contract without its generated types, so that
//! one shell carries all of them into a sandbox.

use crate::contract::{
    AccessRule, Batch, BatchLimits, Descriptor, Finding, ReadOptions, Severity, SourceError,
    Stream, TimeRange,
};
use crate::normalizer::{Frames, Normalizer};

/// Hands out what was read, batch by batch.
pub trait Reads {
    /// Reads on until the limits are reached.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError>;
}

/// A source that is read by ranges of time. Configurations are JSON text.
pub trait Source: 'static {
    /// A reading of one range.
    type Session: Reads;
    /// Records in bytes from elsewhere.
    type Frames: Frames;

    /// What the component says about itself.
    fn descriptor() -> Descriptor;

    /// The requests a configuration needs.
    ///
    /// # Errors
    ///
    /// `invalid-config`
    fn access(config: &str) -> Result<Vec<AccessRule>, SourceError>;

    /// What a configuration expands to.
    ///
    /// # Errors
    ///
    /// `invalid-config`
    fn streams(config: &str) -> Result<Vec<Stream>, SourceError>;

    /// Tries a configuration with a few cheap requests; `now_ms` is the time of day.
    ///
    /// # Errors
    ///
    /// `invalid-config`
    fn check(config: &str, now_ms: i64) -> Result<Vec<Finding>, SourceError>;

    /// A reading of a stream's range from a cursor on.
    ///
    /// # Errors
    ///
    /// `invalid-config`, `cursor-expired`
    fn open(
        config: &str,
        stream: &str,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self::Session, SourceError>;

    /// A normalizer at the start of its bytes.
    fn normalizer(options: ReadOptions) -> Normalizer<Self::Frames>;
}

/// The error for a stream that a configuration does not have.
pub fn no_such_stream(stream: &str) -> SourceError {
    invalid(
        format!("no stream {stream:?} in this configuration"),
        "open one of the streams that `streams` lists",
    )
}

/// The error for what a component that is asked for a range was given.
pub fn no_range(name: &str) -> SourceError {
    invalid(format!("{name} is read by time range, not as a log"), "select a range")
}

/// `invalid-config` about the request as a whole, and not about a key.
pub fn invalid(problem: impl Into<String>, fix: impl Into<String>) -> SourceError {
    SourceError::InvalidConfig(vec![Finding {
        severity: Severity::Error,
        path: String::new(),
        problem: problem.into(),
        fix: fix.into(),
    }])
}
