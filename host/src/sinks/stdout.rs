//! Lines on standard output, for a pipe.
//!
//! A pipe cannot acknowledge: what was written counts as delivered, and is lost if
//! the reader dies with it unread. Use the file sink where that matters.

use std::io::Write as _;
use std::sync::Arc;

use async_trait::async_trait;

use super::kind::{OpenSink, SinkContext, SinkType};
use super::{Health, Line, Receipt, Sink, SinkError};
use crate::render::Format;
use crate::schema::keys;
use crate::shown;
use crate::telemetry::SinkTelemetry;

/// Writes to standard output.
#[derive(Debug)]
pub struct StdoutSink {
    id: String,
    format: Format,
    health: Health,
}

impl StdoutSink {
    /// A sink of that id and format.
    pub fn new(id: &str, format: Format) -> Self {
        Self { id: id.to_owned(), format, health: Health::default() }
    }
}

keys! {
    /// Standard output has no keys of its own.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct StdoutSinkConfig {}
}

impl SinkType for StdoutSinkConfig {
    const NAME: &'static str = "stdout";
    const HELP: &'static str = "None: what was written to the pipe counts as delivered.";
}

#[async_trait]
impl OpenSink for StdoutSinkConfig {
    async fn open(
        &self,
        id: SinkTelemetry,
        format: Format,
        _: &SinkContext,
    ) -> Result<Arc<dyn Sink>, SinkError> {
        Ok(Arc::new(StdoutSink::new(id.id(), format)))
    }

    async fn check(&self, _: SinkTelemetry, _: Format) -> Result<(), SinkError> {
        Ok(())
    }
}

struct Written;

impl Receipt for Written {
    fn settle(self: Box<Self>) {}
}

#[async_trait]
impl Sink for StdoutSink {
    fn id(&self) -> &str {
        &self.id
    }

    fn format(&self) -> Format {
        self.format
    }

    fn health(&self) -> &Health {
        &self.health
    }

    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        let mut text = String::new();
        for line in lines {
            // Who looks at a terminal is no pipe: the same JSON, which moves no cursor.
            text.push_str(&shown::json(&line.text));
            text.push('\n');
        }
        let written = tokio::task::spawn_blocking(move || {
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        });
        match written.await {
            Ok(Ok(())) => Ok(Box::new(Written)),
            Ok(Err(error)) => Err(SinkError::Stdout(error)),
            Err(error) => Err(SinkError::Stdout(std::io::Error::other(error))),
        }
    }
}
