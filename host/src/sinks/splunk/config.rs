//! The keys of a sink that speaks to Splunk's HTTP Event Collector.

use std::time::Duration;

use http::Uri;
use serde_json::{Value as Json, json};

use crate::schema::{
    Checked, Field, Kind, Name, Problems, SPAN, SecretSource, Shown, Table, Value, keys,
    or_variable, secret,
};
use crate::sinks::remote::config::{AuthorizationConfig, ConnectionKeys, RemoteConfig, address};

/// `sourcetype` unless the configuration says otherwise.
const SOURCETYPE: &str = "oracle:signon";

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

/// True, false, or `auto`.
struct AcknowledgementKind;

impl Kind for AcknowledgementKind {
    type Value = Acknowledgement;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Acknowledgement> {
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

    fn schema(&self) -> Json {
        or_variable(json!({ "title": "`true`, `false`, `auto`", "enum": [true, false, "auto"] }))
    }
}

impl Shown for AcknowledgementKind {
    fn shown(&self, value: &Acknowledgement) -> Json {
        match value {
            Acknowledgement::Required => true.into(),
            Acknowledgement::Off => false.into(),
            Acknowledgement::Automatic => "auto".into(),
        }
    }
}

keys! {
    /// The keys of a sink that speaks to a HTTP Event Collector.
    pub struct SplunkKeys {
        /// The server; `/services/collector` is added.
        endpoint: Uri = address().needed("\"https://splunk.example:8088\"");
        /// The collector's token.
        token: SecretSource = secret(false);
        /// Whether the indexers are asked: yes, and the token must be made for it; no; or
        /// if the token offers it.
        acknowledgement: Acknowledgement =
            AcknowledgementKind.or(Acknowledgement::Automatic);
        /// How long indexers are asked before the batch is sent again.
        acknowledgement_timeout: Duration = SPAN.or(ACKNOWLEDGEMENT_TIMEOUT);
        /// Index of every event.
        index: Option<String> = Name.optional("the token's own");
        /// `host` of every event.
        host: Option<String> = Name.optional("none");
        /// `source` of every event.
        source: Option<String> = Name.optional("the id of our source");
        /// `sourcetype` of every event.
        sourcetype: String = Name.or(SOURCETYPE.to_owned());
        ..connection: ConnectionKeys;
    }
}

impl Checked for SplunkSinkConfig {
    type Keys = SplunkKeys;

    fn check(keys: SplunkKeys, table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let authorization = Some(AuthorizationConfig::Splunk(keys.token));
        Some(Self {
            remote: RemoteConfig::new(
                keys.endpoint,
                authorization,
                keys.connection,
                table,
                problems,
            )?,
            acknowledgement: keys.acknowledgement,
            acknowledgement_timeout: keys.acknowledgement_timeout,
            index: keys.index,
            host: keys.host,
            source: keys.source,
            sourcetype: keys.sourcetype,
        })
    }
}
