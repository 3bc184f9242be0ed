//! A source that breaks one law after the other, for the test of the kit that finds
//! them.
#![cfg(target_arch = "wasm32")]

use signon_kit::auth::Surroundings as _;
use signon_kit::contract::{
    AccessRule, Batch, BatchLimits, Descriptor, Finding, Progress, ReadOptions, Shape, SourceError,
    Stream, TimeRange, Windowed,
};
use signon_kit::event::blank;
use signon_kit::batch::BatchBuilder;
use signon_kit::http::wasi::WasiTransport;
use signon_kit::normalizer::{Frames, Normalizer, Taken};
use signon_kit::session::Reads;
use signon_kit::source::Source;

struct Broken;
type Component = signon_kit::shell::Shell<Broken>;
signon_kit::bindings::export!(Component with_types_in signon_kit::bindings);

struct Session {
    next: u8,
}

impl Reads for Session {
    /// More events than asked for.
    fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError> {
        let mut batch = BatchBuilder::new(limits);
        let end = (self.next + 4).min(20);
        for id in self.next..end {
            batch.event(blank(id.to_string(), "login".into(), 0, "x".into()), 10);
        }
        // One too far: whoever resumes misses an event.
        let cursor = vec![end + 1];
        self.next = end;
        let progress = if end == 20 { Progress::Finished } else { Progress::More };
        Ok(batch.into_batch(Some(cursor), progress))
    }
}

/// A record is whatever comes in one piece, and has no id.
struct Chunks(Vec<Vec<u8>>, bool);

impl Frames for Chunks {
    fn push(&mut self, chunk: &[u8]) {
        self.0.push(chunk.to_vec());
    }

    fn finish(&mut self) {
        self.1 = true;
    }

    fn take(&mut self, batch: &mut BatchBuilder) -> Result<Taken, String> {
        let Some(chunk) = self.0.pop() else {
            return Ok(if self.1 { Taken::End } else { Taken::NeedMore });
        };
        // Deep nesting is its end.
        assert!(!chunk.starts_with(b"[[["), "too deep");
        batch.event(blank(String::new(), "login".into(), 0, "x".into()), chunk.len());
        Ok(Taken::Something)
    }
}

impl Source for Broken {
    type Session = Session;
    type Frames = Chunks;

    fn descriptor() -> Descriptor {
        let mut number = [0; 8];
        WasiTransport.random(&mut number);
        Descriptor {
            name: "broken".to_owned(),
            version: "0.1.0".to_owned(),
            summary: format!("Says something else every time: {number:?}"),
            config_schema:
                r#"{"type":"object","required":["url"],"properties":{"url":{"type":"string"}}}"#
                    .to_owned(),
            identity_keys: vec![],
            kinds: Vec::new(),
        shape: Shape::Windowed(Windowed {
                granularity_seconds: 1,
                longest_range_seconds: 3600,
                smallest_retention_seconds: 86_400,
                largest_retention_seconds: 86_400,
                readings_seconds: vec![0],
            }),
        }
    }

    /// Whatever the settings are.
    fn access(_: &str) -> Result<Vec<AccessRule>, SourceError> {
        let methods = vec!["GET".to_owned()];
        Ok(vec![AccessRule {
            origin: "http://127.0.0.1:1".to_owned(),
            methods,
            path_prefix: "/x".to_owned(),
        }])
    }

    /// Two streams of one id.
    fn streams(_: &str) -> Result<Vec<Stream>, SourceError> {
        let stream = Stream { id: "one".to_owned(), label: "One".to_owned() };
        Ok(vec![stream.clone(), stream])
    }

    fn check(_: &str, _: i64) -> Result<Vec<Finding>, SourceError> {
        Ok(vec![])
    }

    /// Any stream, any cursor.
    fn open(
        _: &str,
        _: &str,
        _: TimeRange,
        cursor: Option<&[u8]>,
        _: ReadOptions,
    ) -> Result<Session, SourceError> {
        Ok(Session { next: cursor.and_then(|cursor| cursor.first().copied()).unwrap_or(0).min(20) })
    }

    fn normalizer(_: ReadOptions) -> Normalizer<Chunks> {
        Normalizer::over(Chunks(vec![], false))
    }
}
