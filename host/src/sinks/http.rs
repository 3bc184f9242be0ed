//! Batches in the bodies of plain HTTP requests. Any 2xx acknowledges.

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Uri};

use super::kind::SinkType;
use super::remote::config::{AuthorizationConfig, ConnectionKeys, RemoteConfig, address, auth};
use super::remote::{
    Answer, AnswerKind, NoAnswer, Protocol, RemoteClient, RemoteType, by_status, content_type,
    shown,
};
use super::{Line, SinkError};
use crate::schema::{Checked, Kind as _, Problems, Table, Words, keys, word};

/// Of which source the events of a batch are, where they are of one.
const SOURCE: &str = "signon-source";

/// Of which tenant.
const TENANT: &str = "signon-tenant";

/// A receiver of plain HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSinkConfig {
    /// How it is reached.
    pub remote: RemoteConfig,
    /// What a body looks like.
    pub encoding: BodyEncoding,
}

/// What a body looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEncoding {
    /// A JSON object a line.
    Ndjson,
    /// One JSON array.
    JsonArray,
}

impl Words for BodyEncoding {
    const WHAT: &'static str = "encoding";

    fn words() -> Vec<(&'static str, Self)> {
        vec![("ndjson", Self::Ndjson), ("json_array", Self::JsonArray)]
    }
}

keys! {
    /// The keys of a sink that posts.
    pub struct HttpKeys {
        /// Where batches are posted.
        uri: Uri = address().needed("\"https://collector.example/events\"");
        /// What a body looks like: a JSON object a line, or one JSON array.
        encoding: BodyEncoding = word().or(BodyEncoding::Ndjson);
        /// How requests are authorized: [bearer](#auth-bearer) or [basic](#auth-basic).
        auth: Option<AuthorizationConfig> = auth().optional("none");
        ..connection: ConnectionKeys;
    }
}

impl Checked for HttpSinkConfig {
    type Keys = HttpKeys;

    fn check(keys: HttpKeys, table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let HttpKeys { uri, encoding, auth, connection } = keys;
        let remote = RemoteConfig::new(uri, auth, connection, table, problems)?;
        Some(Self { remote, encoding })
    }
}

impl SinkType for HttpSinkConfig {
    const NAME: &'static str = "http";
    const HELP: &'static str = "The receiver's 2xx: NDJSON or JSON array, gzip, headers, bearer \
        or basic, own authority and client certificate.";
}

impl RemoteType for HttpSinkConfig {
    type Protocol = HttpProtocol;

    fn remote(&self) -> &RemoteConfig {
        &self.remote
    }

    fn protocol(&self) -> HttpProtocol {
        HttpProtocol { uri: self.remote.uri.clone(), encoding: self.encoding }
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
