//! The thin shell around a [`Source`] that a sandbox calls. A guest names itself, with
//! [`export_source!`](crate::export_source).

use std::cell::RefCell;
use std::marker::PhantomData;

use crate::auth::Authorized;
use crate::bindings::{Guest, GuestNormalizer, GuestSession, Normalizer, Session};
use crate::contract::{
    AccessRule, Batch, BatchLimits, Cursor, Descriptor, Finding, ReadOptions, Selection,
    SourceError, Stream, TimeRange, TypeCount,
};
use crate::http::wasi::{WasiTransport, wall_clock_ms};
use crate::session::Reads;
use crate::source::{self, PagedSource, Settings, Source, no_range};

/// A source as a component.
#[derive(Debug)]
pub struct Shell<S>(PhantomData<S>);

impl<S: Source> Guest for Shell<S> {
    type Session = SessionShell<S>;
    type Normalizer = NormalizerShell<S>;

    fn describe() -> Descriptor {
        S::descriptor()
    }

    fn access(config: String) -> Result<Vec<AccessRule>, SourceError> {
        S::access(&config)
    }

    fn streams(config: String) -> Result<Vec<Stream>, SourceError> {
        S::streams(&config)
    }

    fn check(config: String) -> Result<Vec<Finding>, SourceError> {
        S::check(&config, wall_clock_ms())
    }
}

/// A source that is read page by page, with the sandbox's HTTP.
#[derive(Debug)]
pub struct Paged<S>(PhantomData<S>);

impl<S: PagedSource> Source for Paged<S> {
    type Session = crate::session::Session<Authorized<WasiTransport, S::Credential>, S::Pages>;
    type Frames = S::Frames;

    fn descriptor() -> Descriptor {
        S::descriptor()
    }

    fn access(config: &str) -> Result<Vec<AccessRule>, SourceError> {
        S::Config::parse(config).map(|config| config.access())
    }

    fn streams(config: &str) -> Result<Vec<Stream>, SourceError> {
        S::Config::parse(config).map(|config| config.streams())
    }

    fn check(config: &str, now_ms: i64) -> Result<Vec<Finding>, SourceError> {
        let config = S::Config::parse(config)?;
        S::check(&config, &mut transport::<S>(&config), now_ms)
    }

    fn open(
        config: &str,
        stream: &str,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self::Session, SourceError> {
        let config = S::Config::parse(config)?;
        let transport = transport::<S>(&config);
        let pages = source::open::<S>(config, stream, range, cursor, options)?;
        Ok(crate::session::Session::new(transport, pages))
    }

    fn normalizer(options: ReadOptions) -> crate::normalizer::Normalizer<S::Frames> {
        S::normalizer(options)
    }
}

fn transport<S: PagedSource>(config: &S::Config) -> Authorized<WasiTransport, S::Credential> {
    Authorized::new(WasiTransport, S::credential(config))
}

/// A session as a resource.
#[derive(Debug)]
pub struct SessionShell<S: Source>(RefCell<S::Session>);

impl<S: Source> GuestSession for SessionShell<S> {
    fn open(
        config: String,
        stream: String,
        selection: Selection,
        cursor: Option<Cursor>,
        options: ReadOptions,
    ) -> Result<Session, SourceError> {
        let Selection::Range(range) = selection else {
            return Err(no_range(&S::descriptor().name));
        };
        let session = S::open(&config, &stream, range, cursor.as_deref(), options)?;
        Ok(Session::new(Self(RefCell::new(session))))
    }

    fn next(&self, limits: BatchLimits) -> Result<Batch, SourceError> {
        self.0.borrow_mut().next(limits)
    }
}

/// A normalizer as a resource.
#[derive(Debug)]
pub struct NormalizerShell<S: Source>(RefCell<crate::normalizer::Normalizer<S::Frames>>);

impl<S: Source> GuestNormalizer for NormalizerShell<S> {
    fn open(options: ReadOptions) -> Result<Normalizer, SourceError> {
        Ok(Normalizer::new(Self(RefCell::new(S::normalizer(options)))))
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

    fn passed_over(&self) -> Vec<TypeCount> {
        self.0.borrow().passed_over()
    }
}
