//! `type = "otlp"`

use super::remote::{self, Auth, RemoteConfig};
use crate::config::paths::Folders;
use crate::config::reader::{Problems, Table};

pub const KEYS: &[&str] = &[
    "type",
    "inputs",
    "format",
    "keep",
    "endpoint",
    "encoding",
    "compression",
    "headers",
    "auth",
    "tls",
    "timeout",
    "retry_for",
    "batch_events",
    "batch_bytes",
];

/// The only format that OpenTelemetry's protocol carries.
pub const FORMAT: &str = "otel";

/// A receiver of OpenTelemetry's protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpSinkConfig {
    /// How it is reached; requests go to `/v1/logs` below it.
    pub remote: RemoteConfig,
    /// What a body looks like.
    pub encoding: OtlpEncoding,
}

/// What a body looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpEncoding {
    /// Binary protobuf.
    Protobuf,
    /// OTLP/JSON.
    Json,
}

/// Reads the keys.
pub fn read(
    table: &mut Table<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<OtlpSinkConfig> {
    if let Some(field) = table.get("format") {
        let format = field.text(problems)?;
        if format != FORMAT {
            field.wrong(problems, "this sink always sends format \"otel\"; remove the key");
            return None;
        }
    }
    let example = "endpoint = \"http://127.0.0.1:4318\"";
    let auth = Auth::Key(table.get("auth"));
    let remote = remote::read(table, ("endpoint", example), auth, folders, problems);
    let encoding = match table.get("encoding") {
        None => Some(OtlpEncoding::Protobuf),
        Some(field) => match field.text(problems) {
            Some("protobuf") => Some(OtlpEncoding::Protobuf),
            Some("json") => Some(OtlpEncoding::Json),
            Some(_) => {
                field.unknown(problems, "encoding", &["protobuf", "json"], "");
                None
            }
            None => None,
        },
    };
    Some(OtlpSinkConfig { remote: remote?, encoding: encoding? })
}
