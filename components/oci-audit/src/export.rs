//! This guest as a component.
#![allow(unsafe_code, reason = "the generated exports are `unsafe(no_mangle)` functions")]

use signon_kit::auth::Authorized;
use signon_kit::contract::{
    AccessRule, Descriptor, Finding, ReadOptions, SourceError, Stream, TimeRange,
};
use signon_kit::http::wasi::WasiTransport;
use signon_kit::normalizer::Normalizer;
use signon_kit::shell::Shell;
use signon_kit::source::Source;

use crate::auth::{ApiKey, Signature};
use crate::config::Config;
use crate::normalizer::Records;
use crate::session::Session;

struct OciAudit;

type Component = Shell<OciAudit>;

signon_kit::bindings::export!(Component with_types_in signon_kit::bindings);

impl Source for OciAudit {
    type Session = Session<Authorized<WasiTransport, Signature>>;
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
        let config = Config::parse(config)?;
        crate::check::check(&config, &mut transport(&config), now_ms)
    }

    fn open(
        config: &str,
        stream: &str,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self::Session, SourceError> {
        let config = Config::parse(config)?;
        Session::open(transport(&config), config.place(stream)?, range, cursor, options)
    }

    fn normalizer(options: ReadOptions) -> Normalizer<Records> {
        crate::normalizer::open(options)
    }
}

fn transport(config: &Config) -> Authorized<WasiTransport, Signature> {
    Authorized::new(WasiTransport, config.auth.as_ref().and_then(ApiKey::signer))
}
