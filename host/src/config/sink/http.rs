//! `type = "http"`

use super::remote::{self, Auth, RemoteConfig};
use crate::config::paths::Folders;
use crate::config::reader::{Problems, Table};

pub const KEYS: &[&str] = &[
    "type",
    "inputs",
    "format",
    "keep",
    "uri",
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

/// Reads the keys.
pub fn read(
    table: &mut Table<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<HttpSinkConfig> {
    let example = "uri = \"https://collector.example/events\"";
    let auth = Auth::Key(table.get("auth"));
    let remote = remote::read(table, ("uri", example), auth, folders, problems);
    let encoding = match table.get("encoding") {
        None => Some(BodyEncoding::Ndjson),
        Some(field) => match field.text(problems) {
            Some("ndjson") => Some(BodyEncoding::Ndjson),
            Some("json_array") => Some(BodyEncoding::JsonArray),
            Some(_) => {
                field.unknown(problems, "encoding", &["ndjson", "json_array"], "");
                None
            }
            None => None,
        },
    };
    Some(HttpSinkConfig { remote: remote?, encoding: encoding? })
}
