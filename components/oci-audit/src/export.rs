//! This guest as a component.
#![allow(unsafe_code, reason = "the generated exports are `unsafe(no_mangle)` functions")]

use signon_kit::contract::{
    AccessRule, Descriptor, Finding, ReadOptions, SourceError, Stream, TimeRange,
};
use signon_kit::http::wasi::WasiTransport;
use signon_kit::normalizer::Normalizer;
use signon_kit::shell::Shell;
use signon_kit::source::Source;

use crate::config::Config;
use crate::normalizer::Records;
use crate::session::Session;

struct OciAudit;

type Component = Shell<OciAudit>;

signon_kit::bindings::export!(Component with_types_in signon_kit::bindings);

impl Source for OciAudit {
    type Session = Session<WasiTransport>;
    type Frames = Records;

    fn descriptor() -> Descriptor {
        crate::descriptor()
    }

    fn access(config: &str) -> Result<Vec<AccessRule>, SourceError> {
        Config::parse(config).map(|config| config.access())
    }

    fn streams(config: &str) -> Result<Vec<Stream>, SourceError> {
        Config::parse(config).map(|config| config.streams())
    }

    fn check(config: &str, now_ms: i64) -> Result<Vec<Finding>, SourceError> {
        crate::check::check(&Config::parse(config)?, &mut WasiTransport, now_ms)
    }

    fn open(
        config: &str,
        stream: &str,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self::Session, SourceError> {
        let place = Config::parse(config)?.place(stream)?;
        Session::open(WasiTransport, place, range, cursor, options)
    }

    fn normalizer(options: ReadOptions) -> Normalizer<Records> {
        crate::normalizer::open(options)
    }
}
