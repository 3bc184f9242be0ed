//! OpenTelemetry's protocol over HTTP: `<endpoint>/v1/logs`, protobuf or JSON.
//!
//! Invariant: the log records are those of the format `otel`, whichever the coding,
//! and whose they are stands once, at the resource around the records of a source.
//! Answers are read as the protocol says: 429, 502, 503 and 504 may be tried again,
//! and a partial success never is: its batch is copied to the dead letters, for the
//! server does not say which of its records it rejected. One in which nothing
//! succeeded is a refusal.

mod config;
mod messages;
mod record;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, Uri};
use prost::Message as _;
use serde::Deserialize;
use serde_json::json;

use super::kind::SinkType;
use super::remote::config::RemoteConfig;
use super::remote::{
    Answer, AnswerKind, NoAnswer, Protocol, RemoteClient, RemoteType, below, by_status,
    content_type, shown,
};
use super::{Line, SinkError};
use crate::render::{Format, Owner};
pub use config::{OtlpEncoding, OtlpSinkConfig};
use messages::{ExportRequest, ExportResponse, KeyValue, Resource, ResourceLogs, Scope, ScopeLogs};

/// Where log records go, below the endpoint.
const PATH: &str = "/v1/logs";

/// Name of the resource and of the instrumentation scope.
const NAME: &str = "signon";

/// Ours.
const VERSION: &str = env!("CARGO_PKG_VERSION");

impl SinkType for OtlpSinkConfig {
    const NAME: &'static str = "otlp";
    const HELP: &'static str =
        "The receiver's answer, partial success included: OTLP/HTTP, protobuf or JSON.";
    const ONLY_FORMAT: Option<Format> = Some(Format::Otel);
}

impl RemoteType for OtlpSinkConfig {
    type Protocol = OtlpProtocol;

    // There is a place for it around the records of a source.
    const TELLS_OWNER: bool = false;

    fn remote(&self) -> &RemoteConfig {
        &self.remote
    }

    fn protocol(&self) -> OtlpProtocol {
        OtlpProtocol { uri: below(&self.remote.uri, PATH), encoding: self.encoding }
    }
}

/// What receivers of OTLP understand.
#[derive(Debug)]
pub struct OtlpProtocol {
    uri: Uri,
    encoding: OtlpEncoding,
}

impl OtlpProtocol {
    fn json(lines: &[&Line]) -> Vec<u8> {
        let bytes: usize = lines.iter().map(|line| line.text.len() + 1).sum();
        let mut body = Vec::with_capacity(bytes + 512);
        body.extend_from_slice(b"{\"resourceLogs\":[");
        for (index, (owner, lines)) in by_owner(lines).into_iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            let attribute = |(key, value)| json!({ "key": key, "value": { "stringValue": value } });
            let attributes: Vec<_> = resource(owner).map(attribute).collect();
            let scope = json!({ "name": NAME, "version": VERSION });
            let head = format!(
                "{{\"resource\":{},\"scopeLogs\":[{{\"scope\":{scope},\"logRecords\":[",
                json!({ "attributes": attributes })
            );
            body.extend_from_slice(head.as_bytes());
            for (index, line) in lines.iter().enumerate() {
                if index > 0 {
                    body.push(b',');
                }
                body.extend_from_slice(line.text.as_bytes());
            }
            body.extend_from_slice(b"]}]}");
        }
        body.extend_from_slice(b"]}");
        body
    }

    fn protobuf(lines: &[&Line]) -> Vec<u8> {
        let attribute = |(key, value): (String, &str)| KeyValue {
            key,
            value: Some(record::text(value.into())),
        };
        let logs = |(owner, lines): (&Owner, Vec<&Line>)| {
            let record = |line: &&Line| record::record(&line.text, line.time);
            let scope = Scope { name: NAME.to_owned(), version: VERSION.to_owned() };
            let log_records = lines.iter().map(record).collect();
            ResourceLogs {
                resource: Some(Resource { attributes: resource(owner).map(attribute).collect() }),
                scope_logs: vec![ScopeLogs { scope: Some(scope), log_records }],
            }
        };
        let resource_logs = by_owner(lines).into_iter().map(logs).collect();
        ExportRequest { resource_logs }.encode_to_vec()
    }

    /// Whether part of a batch was rejected. An answer without a body, or with one
    /// of another coding, says no such thing.
    fn rejected(&self, answer: &Answer) -> Option<(u64, String)> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Response {
            partial_success: Option<Partial>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        #[derive(Default)]
        struct Partial {
            rejected_log_records: serde_json::Value,
            error_message: String,
        }
        let (rejected, message) = match self.encoding {
            OtlpEncoding::Protobuf => {
                let partial = ExportResponse::decode(answer.body.clone()).ok()?.partial_success?;
                (u64::try_from(partial.rejected_log_records).ok()?, partial.error_message)
            }
            OtlpEncoding::Json => {
                let partial = serde_json::from_slice::<Response>(&answer.body).ok()?;
                let partial = partial.partial_success?;
                // 64 bits are a text in OTLP/JSON; some servers write a number.
                let rejected = match &partial.rejected_log_records {
                    serde_json::Value::String(digits) => digits.parse().ok()?,
                    value => value.as_u64()?,
                };
                (rejected, partial.error_message)
            }
        };
        // Nothing rejected with a message is a warning.
        (rejected > 0).then(|| (rejected, answer.clean(&message)))
    }
}

/// Lines by whose they are, in the order in which these come.
fn by_owner<'l>(lines: &[&'l Line]) -> Vec<(&'l Owner, Vec<&'l Line>)> {
    let mut groups: Vec<(&Owner, Vec<&Line>)> = Vec::new();
    for line in lines {
        let owner = &*line.owner;
        // A batch is of one source; dead letters are of a few.
        match groups.iter_mut().find(|(known, _)| std::ptr::eq(*known, owner) || *known == owner) {
            Some((_, group)) => group.push(line),
            None => groups.push((owner, vec![line])),
        }
    }
    groups
}

/// What stands at the resource around somebody's records.
fn resource(owner: &Owner) -> impl Iterator<Item = (String, &str)> {
    let ours = [("service.name", NAME), ("service.version", VERSION)];
    ours.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(owner.attributes())
}

#[async_trait]
impl Protocol for OtlpProtocol {
    fn uri(&self) -> &Uri {
        &self.uri
    }

    fn headers(&self) -> HeaderMap {
        content_type(match self.encoding {
            OtlpEncoding::Protobuf => "application/x-protobuf",
            OtlpEncoding::Json => "application/json",
        })
    }

    fn encode(&self, lines: &[&Line]) -> Vec<u8> {
        match self.encoding {
            OtlpEncoding::Protobuf => Self::protobuf(lines),
            OtlpEncoding::Json => Self::json(lines),
        }
    }

    async fn judge(&self, _: &RemoteClient, answer: &Answer) -> Result<AnswerKind, SinkError> {
        Ok(match (answer.status.as_u16(), by_status(answer.status)) {
            // Without its body nobody knows whether all was taken.
            (_, AnswerKind::Accepted) if !answer.is_whole => AnswerKind::Later,
            (_, AnswerKind::Accepted) => match self.rejected(answer) {
                Some((rejected, reason)) => AnswerKind::AcceptedInPart { rejected, reason },
                None => AnswerKind::Accepted,
            },
            (429 | 502 | 503 | 504, _) => AnswerKind::Later,
            (_, AnswerKind::Later) => AnswerKind::Down,
            (_, verdict) => verdict,
        })
    }

    /// A request without records, which the protocol allows, shows whether address
    /// and credentials are right.
    async fn probe(&self, client: &RemoteClient) -> Result<(), SinkError> {
        let unavailable = |problem| SinkError::Unavailable {
            uri: shown(&self.uri),
            problem,
            tried: Duration::ZERO,
        };
        let body = client.pack(match self.encoding {
            OtlpEncoding::Protobuf => Vec::new(),
            OtlpEncoding::Json => b"{}".to_vec(),
        });
        let answer = match client.post(&self.uri, self.headers(), body).await? {
            Ok(answer) => answer,
            Err(NoAnswer(problem)) => return Err(unavailable(problem)),
        };
        match by_status(answer.status) {
            AnswerKind::Denied { fix } => {
                let (uri, answer) = (shown(&self.uri), answer.shown);
                Err(SinkError::Denied { uri, answer, fix: fix.to_owned() })
            }
            AnswerKind::Later => Err(unavailable(answer.shown)),
            // A server that dislikes empty requests is there all the same.
            _ => Ok(()),
        }
    }
}
