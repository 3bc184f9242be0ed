//! `type = "splunk_hec"`

use std::time::Duration;

use super::remote::{self, Auth, AuthorizationConfig, RemoteConfig};
use crate::config::credentials::secret_source;
use crate::config::document::Value;
use crate::config::duration::duration;
use crate::config::paths::Folders;
use crate::config::reader::{Field, Problems, Table};

pub const KEYS: &[&str] = &[
    "type",
    "inputs",
    "format",
    "keep",
    "endpoint",
    "token",
    "token_file",
    "acknowledgement",
    "acknowledgement_timeout",
    "index",
    "host",
    "source",
    "sourcetype",
    "compression",
    "headers",
    "tls",
    "timeout",
    "retry_for",
    "batch_events",
    "batch_bytes",
];

/// How long the indexers are waited for unless the configuration says otherwise:
/// Splunk's own clients give up after five minutes; ours sends again earlier.
const ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_secs(120);

/// A Splunk HTTP Event Collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplunkSinkConfig {
    /// How it is reached; requests go to `/services/collector` below it.
    pub remote: RemoteConfig,
    /// Whether the indexers are asked.
    pub acknowledgement: Acknowledgement,
    /// How long they are asked before the batch is sent again.
    pub acknowledgement_timeout: Duration,
    /// Index; the token's own if not given.
    pub index: Option<String>,
    /// `host` of every event.
    pub host: Option<String>,
    /// `source` of every event; the id of our source if not given.
    pub source: Option<String>,
    /// `sourcetype` of every event.
    pub sourcetype: String,
}

/// Whether the indexers are asked if they have the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledgement {
    /// Yes, and the token must be made for it.
    Required,
    /// No: what the collector took counts as delivered.
    Off,
    /// If the token is made for it.
    Automatic,
}

/// Reads the keys.
pub fn read(
    table: &mut Table<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<SplunkSinkConfig> {
    let example = "endpoint = \"https://splunk.example:8088\"";
    let remote = remote::read(table, ("endpoint", example), Auth::Elsewhere, folders, problems);
    let token = secret_source(table, "token", "token_file", folders, problems);
    let acknowledgement = match table.get("acknowledgement") {
        Some(field) => acknowledgement(&field, problems),
        None => Some(Acknowledgement::Automatic),
    };
    let timeout = match table.get("acknowledgement_timeout") {
        Some(field) => duration(&field, problems),
        None => Some(ACKNOWLEDGEMENT_TIMEOUT),
    };
    let mut name = |key| match table.get(key) {
        Some(field) => field.name(problems).map(|text| Some(text.to_owned())),
        None => Some(None),
    };
    let (index, host, source, sourcetype) =
        (name("index"), name("host"), name("source"), name("sourcetype"));
    let mut remote = remote?;
    remote.authorization = Some(AuthorizationConfig::Splunk(token?));
    Some(SplunkSinkConfig {
        remote,
        acknowledgement: acknowledgement?,
        acknowledgement_timeout: timeout?,
        index: index?,
        host: host?,
        source: source?,
        sourcetype: sourcetype?.unwrap_or_else(|| "oracle:signon".to_owned()),
    })
}

fn acknowledgement(field: &Field<'_>, problems: &mut Problems) -> Option<Acknowledgement> {
    match &field.node.value {
        Value::Boolean(true) => Some(Acknowledgement::Required),
        Value::Boolean(false) => Some(Acknowledgement::Off),
        Value::Text(text) if text.text.as_str() == "auto" => Some(Acknowledgement::Automatic),
        _ => {
            field.expected(problems, "true, false or \"auto\"");
            None
        }
    }
}
