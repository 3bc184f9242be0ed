//! What every sink needs that speaks HTTP: whom to trust, how to prove who we are,
//! how much to send at once and how long to try.
//!
//! Invariant: the values of headers and of `auth` are secrets; no message shows
//! them, and none of an address but scheme, host and path.

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use crate::schema::{
    Checked, Field, Hushed, Kind, Name, PATH, Parsed, PartDescription, Problems, SecretSource,
    SecretText, Span, Table, Variant, Variants, Words, hushed, keys, secret, table_of, whole, word,
};

/// Time for one request unless the configuration says otherwise: what common load
/// balancers give a server.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a batch is tried unless the configuration says otherwise, before its
/// source is told to wait: a restart of the receiver passes unseen.
const RETRY_FOR: Duration = Duration::from_secs(120);

/// Longest of both, so that a stopped process is not waited for in vain.
const LONGEST: Duration = Duration::from_secs(3600);

/// Events in a request unless the configuration says otherwise.
const BATCH_EVENTS: usize = 1_000;

/// Bytes in a request before compression unless the configuration says otherwise:
/// what nginx takes as it is shipped, 1 MiB, with room.
const BATCH_BYTES: usize = 1_000_000;

/// Most bytes in a request: a batch of the collector is 8 MiB of records.
const MOST_BATCH_BYTES: u64 = 64 << 20;

/// Headers that belong to the transport.
const OURS: &[&str] = &[
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A receiver that is spoken to over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteConfig {
    /// Where requests go: `http` or `https`, without user information.
    pub uri: Uri,
    /// Headers of every request.
    pub headers: Vec<(HeaderName, SecretText)>,
    /// How requests are authorized.
    pub authorization: Option<AuthorizationConfig>,
    /// Certificates.
    pub tls: TlsConfig,
    /// Longest time for one request.
    pub timeout: Duration,
    /// How long a batch is tried before its source has to wait.
    pub retry_for: Duration,
    /// How bodies are compressed.
    pub compression: Compression,
    /// Most events in a request.
    pub batch_events: usize,
    /// Most bytes in a request before compression; a single event may be larger.
    pub batch_bytes: usize,
}

/// The `Authorization` header of every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizationConfig {
    /// `Bearer` and a token.
    Bearer(SecretSource),
    /// `Basic`.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: SecretSource,
    },
    /// `Splunk` and a token.
    Splunk(SecretSource),
}

/// Certificates, all of them PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// Authorities to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Our own certificate chain and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// How bodies are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// `Content-Encoding: gzip`.
    Gzip,
}

/// An address, which may hold a token in its query or user information.
pub fn address() -> Hushed<Parsed<Uri>> {
    hushed(Parsed {
        parse: |text| {
            let uri: Uri = text.parse().ok()?;
            let is_ours = matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
                && uri.host().is_some_and(|host| !host.is_empty());
            is_ours.then_some(uri)
        },
        title: "address",
        expected: "an address like \"https://host:8443/path\", without user and password",
        pattern: "^[Hh][Tt][Tt][Pp][Ss]?://[^@/?#]+([/?#]|$)",
    })
}

const AUTH_TYPES: &[Variant<AuthorizationConfig>] = &[
    Variant::of::<BearerKeys>("bearer", "`Bearer` and a token."),
    Variant::of::<BasicKeys>("basic", "A user and a password."),
];

/// `auth`.
pub fn auth() -> Hushed<Variants<AuthorizationConfig>> {
    hushed(Variants { what: "type of auth", example: "\"bearer\"", all: AUTH_TYPES })
}

/// What is said of the tables within these sinks.
pub fn describe_tables() -> Vec<(String, &'static str, PartDescription)> {
    let auth = AUTH_TYPES.iter();
    let auth = auth.map(|kind| (format!("auth: {}", kind.name), kind.help, (kind.describe)()));
    let tls = ("tls".to_owned(), "Certificates, PEM.", TlsConfig::describe_checked());
    auth.chain([tls]).collect()
}

keys! {
    /// Keys of `auth`.
    pub struct BearerKeys {
        /// The token.
        token: SecretSource = secret(false);
    }
}

impl From<BearerKeys> for AuthorizationConfig {
    fn from(BearerKeys { token }: BearerKeys) -> Self {
        Self::Bearer(token)
    }
}

keys! {
    /// Keys of `auth`.
    pub struct BasicKeys {
        /// User name.
        username: String = Name.needed("\"signon\"");
        /// Password.
        password: SecretSource = secret(false);
    }
}

impl From<BasicKeys> for AuthorizationConfig {
    fn from(BasicKeys { username, password }: BasicKeys) -> Self {
        Self::Basic { username, password }
    }
}

impl Words for Compression {
    const WHAT: &'static str = "compression";

    fn words() -> Vec<(&'static str, Self)> {
        vec![("none", Self::None), ("gzip", Self::Gzip)]
    }
}

fn span() -> Span {
    Span::within(Duration::from_secs(1)..=LONGEST)
}

keys! {
    /// The keys that all these sinks share.
    pub struct ConnectionKeys {
        /// Compression of bodies.
        compression: Compression = word().or(Compression::None);
        /// Names and values of more headers; values are secrets.
        headers: Option<Vec<(HeaderName, SecretText)>> = hushed(Headers).optional("none");
        /// Certificates, PEM: an authority beside the system's; our own certificate and
        /// its key.
        tls: Option<TlsConfig> = table_of().optional("the system's");
        /// Longest time for one request.
        timeout: Duration = span().or(TIMEOUT);
        /// How long a batch is tried before its source is told to wait.
        retry_for: Duration = span().or(RETRY_FOR);
        /// Most events in a request.
        batch_events: usize = whole(1..=100_000).or(BATCH_EVENTS);
        /// Most bytes in a request, before compression; one event may be larger.
        batch_bytes: usize = whole(1_000..=MOST_BATCH_BYTES).or(BATCH_BYTES);
    }
}

impl RemoteConfig {
    /// Of what a sink's table says.
    pub fn new(
        uri: Uri,
        authorization: Option<AuthorizationConfig>,
        keys: ConnectionKeys,
        table: &Table<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let headers = keys.headers.unwrap_or_default();
        let is_ours = |name: &str| http::header::AUTHORIZATION.as_str().eq_ignore_ascii_case(name);
        let field = table.get("headers").filter(|_| authorization.is_some());
        let entries = field.map(|field| field.entries(problems)).unwrap_or_default();
        if let Some((_, value)) = entries.iter().find(|(name, _)| is_ours(name)) {
            let message = "auth sets this header already; remove one of them";
            value.wrong_key(problems, message);
            return None;
        }
        Some(Self {
            uri,
            headers,
            authorization,
            tls: keys.tls.unwrap_or_default(),
            timeout: keys.timeout,
            retry_for: keys.retry_for,
            compression: keys.compression,
            batch_events: keys.batch_events,
            batch_bytes: keys.batch_bytes,
        })
    }
}

/// Headers by name.
struct Headers;

impl Kind for Headers {
    type Value = Vec<(HeaderName, SecretText)>;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Self::Value> {
        if !field.is_table() {
            field.expected(problems, "a table");
            return None;
        }
        let entries = field.entries(problems);
        let headers: Vec<Option<_>> =
            entries.into_iter().map(|(name, value)| header(name, &value, problems)).collect();
        headers.into_iter().collect()
    }

    fn schema(&self) -> Json {
        json!({
            "title": "table: text",
            "type": "object",
            "additionalProperties": { "type": "string" },
        })
    }
}

fn header(
    name: &str,
    value: &Field<'_>,
    problems: &mut Problems,
) -> Option<(HeaderName, SecretText)> {
    let wrong = |problems: &mut Problems, message: &str| {
        value.wrong_key(problems, message);
        None
    };
    let Ok(parsed) = HeaderName::try_from(name) else {
        return wrong(problems, "is no name of a header");
    };
    if OURS.contains(&parsed.as_str()) {
        return wrong(problems, "this header belongs to the transport; remove it");
    }
    let text = Zeroizing::new(value.text(problems)?.to_owned());
    if HeaderValue::from_str(&text).is_err() {
        return wrong(problems, "is no value of a header: visible ASCII characters only");
    }
    Some((parsed, SecretText::new(text)))
}

keys! {
    /// Certificates, all of them PEM.
    pub struct TlsKeys {
        /// Authorities to trust beside the system's.
        ca_file: Option<PathBuf> = PATH.optional("none");
        /// Our own certificate chain.
        cert_file: Option<PathBuf> = PATH.optional("none");
        /// Its key.
        key_file: Option<PathBuf> = PATH.optional("none");
    }
}

impl Checked for TlsConfig {
    type Keys = TlsKeys;

    fn check(keys: TlsKeys, table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let identity = match (keys.cert_file, keys.key_file) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            (Some(_), None) => {
                table.require(problems, "key_file", "the key of cert_file");
                return None;
            }
            (None, Some(_)) => {
                table.require(problems, "cert_file", "the certificate of key_file");
                return None;
            }
        };
        Some(Self { ca_file: keys.ca_file, identity })
    }

    fn rules() -> Vec<Json> {
        vec![json!({ "dependencies": { "cert_file": ["key_file"], "key_file": ["cert_file"] } })]
    }
}
