//! What a guest is, natively: the contract without its generated types, so that
//! one shell carries all of them into a sandbox.

use crate::auth::Authorize;
use crate::config::invalid;
use crate::contract::{
    AccessRule, Descriptor, Finding, ReadOptions, SourceError, Stream, TimeRange,
};
use crate::http::Transport;
use crate::normalizer::{Frames, Normalizer};
use crate::session::{Pages, Reads};

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

/// The settings of a source, checked whole before anything is asked.
pub trait Settings: Sized {
    /// Reads and checks them.
    ///
    /// # Errors
    ///
    /// `invalid-config` with everything that is wrong.
    fn parse(text: &str) -> Result<Self, SourceError>;

    /// The requests they need.
    fn access(&self) -> Vec<AccessRule>;

    /// What they expand to.
    fn streams(&self) -> Vec<Stream>;
}

/// A source that is read page by page: what a guest gives, natively.
pub trait PagedSource: 'static {
    /// The settings.
    type Config: Settings;
    /// What a runtime without credentials needs.
    type Credential: Authorize;
    /// A reading of one range.
    type Pages: Pages;
    /// Records in bytes from elsewhere.
    type Frames: Frames;

    /// What the component says about itself.
    fn descriptor() -> Descriptor;

    /// What signs requests, where nobody else does.
    fn credential(config: &Self::Config) -> Option<Self::Credential>;

    /// Tries these settings with a few cheap requests; `now_ms` is the time of day.
    ///
    /// # Errors
    ///
    /// `invalid-config`
    fn check<T: Transport>(
        config: &Self::Config,
        transport: &mut T,
        now_ms: i64,
    ) -> Result<Vec<Finding>, SourceError>;

    /// The pages of a range from a cursor on; the stream is one of these settings.
    ///
    /// # Errors
    ///
    /// `invalid-config`, `cursor-expired`
    fn open(
        config: Self::Config,
        stream: &str,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self::Pages, SourceError>;

    /// A normalizer at the start of its bytes.
    fn normalizer(options: ReadOptions) -> Normalizer<Self::Frames>;
}

/// The pages of one of a configuration's streams.
///
/// # Errors
///
/// `invalid-config` for a stream it does not have, and what opening it says.
pub fn open<S: PagedSource>(
    config: S::Config,
    stream: &str,
    range: TimeRange,
    cursor: Option<&[u8]>,
    options: ReadOptions,
) -> Result<S::Pages, SourceError> {
    if !config.streams().iter().any(|known| known.id == stream) {
        return Err(no_such_stream(stream));
    }
    S::open(config, stream, range, cursor, options)
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
