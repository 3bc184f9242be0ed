//! Batches in the bodies of plain HTTP requests. Any 2xx acknowledges.

use std::path::Path;

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Uri};

use super::remote::{
    Answer, AnswerKind, HttpDelivery, NoAnswer, Protocol, RemoteClient, RemoteSink, by_status,
    content_type, shown,
};
use super::{Line, SinkError};
use crate::config::{BodyEncoding, HttpSinkConfig};
use crate::render::Format;
use crate::telemetry::SinkTelemetry;

/// Of which source the events of a batch are, where they are of one.
const SOURCE: &str = "signon-source";

/// Of which tenant.
const TENANT: &str = "signon-tenant";

/// A sink that posts.
pub type HttpSink = RemoteSink<HttpProtocol>;

impl HttpSink {
    /// A sink that posts to the configured address.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be used.
    pub fn open(
        id: impl Into<SinkTelemetry>,
        format: Format,
        config: &HttpSinkConfig,
        data_dir: &Path,
    ) -> Result<Self, SinkError> {
        let protocol = HttpProtocol { uri: config.remote.uri.clone(), encoding: config.encoding };
        Ok(Self::new(HttpDelivery::new(id, protocol, &config.remote, data_dir)?, format))
    }
}

/// What plain receivers understand.
#[derive(Debug)]
pub struct HttpProtocol {
    uri: Uri,
    encoding: BodyEncoding,
}

#[async_trait]
impl Protocol for HttpProtocol {
    fn uri(&self) -> &Uri {
        &self.uri
    }

    fn headers(&self) -> HeaderMap {
        content_type(match self.encoding {
            BodyEncoding::Ndjson => "application/x-ndjson",
            BodyEncoding::JsonArray => "application/json",
        })
    }

    fn headers_of(&self, lines: &[&Line]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let Some((first, others)) = lines.split_first() else { return headers };
        if others.iter().any(|line| line.owner != first.owner) {
            return headers;
        }
        let owner = &first.owner;
        for (name, value) in [(SOURCE, &owner.source), (TENANT, &owner.tenant)] {
            // A tenant has no control characters, so it is a value as it is, in UTF-8.
            let value = HeaderValue::from_bytes(value.as_bytes()).ok();
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                headers.insert(name, value);
            }
        }
        headers
    }

    fn encode(&self, lines: &[&Line]) -> Vec<u8> {
        let bytes: usize = lines.iter().map(|line| line.text.len() + 1).sum();
        let mut body = Vec::with_capacity(bytes + 2);
        let (open, between, close): (&[u8], u8, &[u8]) = match self.encoding {
            BodyEncoding::Ndjson => (b"", b'\n', b"\n"),
            BodyEncoding::JsonArray => (b"[", b',', b"]"),
        };
        body.extend_from_slice(open);
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                body.push(between);
            }
            body.extend_from_slice(line.text.as_bytes());
        }
        body.extend_from_slice(close);
        body
    }

    async fn judge(&self, _: &RemoteClient, answer: &Answer) -> Result<AnswerKind, SinkError> {
        Ok(by_status(answer.status))
    }

    /// Only connects: what a plain receiver would make of a request without events
    /// nobody knows.
    async fn probe(&self, client: &RemoteClient) -> Result<(), SinkError> {
        client.connect().await.map_err(|NoAnswer(problem)| SinkError::Unavailable {
            uri: shown(&self.uri),
            problem,
            tried: std::time::Duration::ZERO,
        })
    }
}
