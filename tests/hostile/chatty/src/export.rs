//! Everything it sees of its surroundings comes back from `check`.

use signon_kit::bindings::{Guest, GuestNormalizer, GuestSession, Normalizer, Session};
use signon_kit::contract::{
    AccessRule, Batch, BatchLimits, Cursor, Descriptor, Finding, ReadOptions, Selection, Severity,
    Shape, SourceError, Stream, TypeCount, Windowed,
};
use wasip2::cli::{environment, stderr, stdin, stdout, terminal_stdout};
use wasip2::filesystem::preopens;

struct Component;

signon_kit::bindings::export!(Component with_types_in signon_kit::bindings);

impl Guest for Component {
    type Session = Nothing;
    type Normalizer = Nothing;

    fn describe() -> Descriptor {
        Descriptor {
            name: "chatty".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Looks around".to_owned(),
            config_schema: "{}".to_owned(),
            identity_keys: vec![],
            kinds: Vec::new(),
            shape: Shape::Windowed(Windowed {
                granularity_seconds: 60,
                longest_range_seconds: 3600,
                smallest_retention_seconds: 86_400,
                largest_retention_seconds: 86_400,
                readings_seconds: vec![0],
            }),
        }
    }

    fn access(_config: String) -> Result<Vec<AccessRule>, SourceError> {
        Ok(vec![])
    }

    fn streams(_config: String) -> Result<Vec<Stream>, SourceError> {
        Ok(vec![])
    }

    fn check(_config: String) -> Result<Vec<Finding>, SourceError> {
        let said = stderr::get_stderr().blocking_write_and_flush(b"hello from\x1b[2J inside\n");
        for _ in 0..100 {
            let _ = stdout::get_stdout().blocking_write_and_flush(&[b'x'; 4096]);
        }
        let input = stdin::get_stdin().blocking_read(1);
        let problem = format!(
            "{} variables, {} arguments, {} folders, directory {:?}, terminal {}, input {}, said {}",
            environment::get_environment().len(),
            environment::get_arguments().len(),
            preopens::get_directories().len(),
            environment::initial_cwd(),
            terminal_stdout::get_terminal_stdout().is_some(),
            input.is_ok(),
            said.is_ok(),
        );
        let (path, fix) = (String::new(), "none".to_owned());
        Ok(vec![Finding { severity: Severity::Info, path, problem, fix }])
    }
}

struct Nothing;

fn not_here() -> SourceError {
    SourceError::Unavailable("this component only looks around".to_owned())
}

impl GuestSession for Nothing {
    fn open(
        _config: String,
        _stream: String,
        _selection: Selection,
        _cursor: Option<Cursor>,
        _options: ReadOptions,
    ) -> Result<Session, SourceError> {
        Err(not_here())
    }

    fn next(&self, _limits: BatchLimits) -> Result<Batch, SourceError> {
        Err(not_here())
    }
}

impl GuestNormalizer for Nothing {
    fn open(_options: ReadOptions) -> Result<Normalizer, SourceError> {
        Err(not_here())
    }

    fn push(&self, _chunk: Vec<u8>) {}

    fn next(&self, _limits: BatchLimits) -> Result<Batch, SourceError> {
        Err(not_here())
    }

    fn finish(&self) {}

    fn passed_over(&self) -> Vec<TypeCount> {
        Vec::new()
    }
}
