//! The thin shell around this crate that the sandbox calls.
#![allow(unsafe_code, reason = "the generated exports are `unsafe(no_mangle)` functions")]

use std::cell::RefCell;

use signon_kit::bindings::{Guest, GuestNormalizer, GuestSession, Normalizer, Session};
use signon_kit::contract::{
    AccessRule, Batch, BatchLimits, Cursor, Descriptor, Finding, ReadOptions, Selection, Severity,
    SourceError, Stream,
};
use signon_kit::http::wasi::{WasiTransport, wall_clock_ms};

use crate::config::Config;

struct Component;

signon_kit::bindings::export!(Component with_types_in signon_kit::bindings);

impl Guest for Component {
    type Session = SessionExport;
    type Normalizer = NormalizerExport;

    fn describe() -> Descriptor {
        crate::descriptor()
    }

    fn access(config: String) -> Result<Vec<AccessRule>, SourceError> {
        Config::parse(&config).map(|config| config.access())
    }

    fn streams(config: String) -> Result<Vec<Stream>, SourceError> {
        Config::parse(&config).map(|config| config.streams())
    }

    fn check(config: String) -> Result<Vec<Finding>, SourceError> {
        let config = Config::parse(&config)?;
        Ok(crate::check::check(&config, &mut WasiTransport, wall_clock_ms()))
    }
}

struct SessionExport(RefCell<crate::session::Session<WasiTransport>>);

impl GuestSession for SessionExport {
    fn open(
        config: String,
        stream: String,
        selection: Selection,
        cursor: Option<Cursor>,
        options: ReadOptions,
    ) -> Result<Session, SourceError> {
        let config = Config::parse(&config)?;
        config.check_stream(&stream)?;
        let Selection::Range(range) = selection else {
            return Err(SourceError::InvalidConfig(vec![Finding {
                severity: Severity::Error,
                path: String::new(),
                problem: "idcs is read by time range, not as a log".to_owned(),
                fix: "select a range".to_owned(),
            }]));
        };
        let session = crate::session::Session::open(
            WasiTransport,
            config,
            range,
            cursor.as_deref(),
            options,
        )?;
        Ok(Session::new(Self(RefCell::new(session))))
    }

    fn next(&self, limits: BatchLimits) -> Result<Batch, SourceError> {
        self.0.borrow_mut().next(limits)
    }
}

struct NormalizerExport(RefCell<crate::normalizer::Normalizer>);

impl GuestNormalizer for NormalizerExport {
    fn open(options: ReadOptions) -> Result<Normalizer, SourceError> {
        let normalizer = crate::normalizer::Normalizer::new(options);
        Ok(Normalizer::new(Self(RefCell::new(normalizer))))
    }

    fn push(&self, chunk: Vec<u8>) {
        self.0.borrow_mut().push(&chunk);
    }

    fn next(&self, limits: BatchLimits) -> Result<Batch, SourceError> {
        self.0.borrow_mut().next(limits)
    }

    fn finish(&self) {
        self.0.borrow_mut().finish();
    }
}
