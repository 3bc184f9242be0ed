//! The keys of a sink that speaks OpenTelemetry's protocol.

use http::Uri;

use crate::schema::{Checked, Kind as _, Problems, Table, Words, keys, word};
use crate::sinks::remote::config::{
    AuthorizationConfig, ConnectionKeys, RemoteConfig, address, auth,
};

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

impl Words for OtlpEncoding {
    const WHAT: &'static str = "encoding";

    fn words() -> Vec<(&'static str, Self)> {
        vec![("protobuf", Self::Protobuf), ("json", Self::Json)]
    }
}

keys! {
    /// The keys of a sink that speaks OpenTelemetry's protocol.
    pub struct OtlpKeys {
        /// The server; `/v1/logs` is added.
        endpoint: Uri = address().needed("\"http://127.0.0.1:4318\"");
        /// What a body looks like.
        encoding: OtlpEncoding = word().or(OtlpEncoding::Protobuf);
        /// How requests are authorized: [bearer](#auth-bearer) or [basic](#auth-basic).
        auth: Option<AuthorizationConfig> = auth().optional("none");
        ..connection: ConnectionKeys;
    }
}

impl Checked for OtlpSinkConfig {
    type Keys = OtlpKeys;

    fn check(keys: OtlpKeys, table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let OtlpKeys { endpoint, encoding, auth, connection } = keys;
        let remote = RemoteConfig::new(endpoint, auth, connection, table, problems)?;
        Some(Self { remote, encoding })
    }
}
