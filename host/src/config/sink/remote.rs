//! What every sink needs that speaks HTTP: whom to trust, how to prove who we are,
//! how much to send at once and how long to try.
//!
//! Invariant: the values of headers and of `auth` are secrets; no message shows
//! them, and none of an address but scheme, host and path.

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use zeroize::Zeroizing;

use super::number::number;
use crate::config::credentials::{SecretSource, SecretText, secret_source};
use crate::config::duration::duration;
use crate::config::paths::Folders;
use crate::config::reader::{Field, Problems, Table};

/// Time for one request unless the configuration says otherwise: what common load
/// balancers give a server.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a batch is tried unless the configuration says otherwise, before its
/// source is told to wait: a restart of the receiver passes unseen.
const RETRY_FOR: Duration = Duration::from_secs(120);

/// Longest of both, so that a stopped process is not waited for in vain.
const LONGEST: Duration = Duration::from_secs(3600);

/// Events in a request unless the configuration says otherwise.
const BATCH_EVENTS: u64 = 1_000;

/// Bytes in a request before compression unless the configuration says otherwise:
/// what nginx takes as it is shipped, 1 MiB, with room.
const BATCH_BYTES: u64 = 1_000_000;

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

/// Where the authorization is written.
pub enum Auth<'a> {
    /// In the key `auth`, if it is there.
    Key(Option<Field<'a>>),
    /// In keys of the sink's own.
    Elsewhere,
}

/// Reads the keys that all these sinks share. The address has another name in each;
/// `auth` is the field of that key where there is one.
pub fn read(
    table: &mut Table<'_>,
    (address, example): (&'static str, &str),
    auth: Auth<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<RemoteConfig> {
    let uri = table.require(problems, address, example);
    let uri = uri.and_then(|field| uri_of(&field, problems));
    let has_auth = !matches!(auth, Auth::Key(None));
    let authorization = match auth {
        Auth::Key(Some(field)) => authorization(&field, folders, problems).map(Some),
        Auth::Key(None) | Auth::Elsewhere => Some(None),
    };
    let headers = match table.get("headers") {
        Some(field) => headers(&field, has_auth, problems),
        None => Some(Vec::new()),
    };
    let tls = match table.get("tls") {
        Some(field) => tls(&field, folders, problems),
        None => Some(TlsConfig::default()),
    };
    let timeout = span(table, "timeout", TIMEOUT, problems);
    let retry_for = span(table, "retry_for", RETRY_FOR, problems);
    let compression = match table.get("compression") {
        Some(field) => compression(&field, problems),
        None => Some(Compression::None),
    };
    let events = number(table, "batch_events", BATCH_EVENTS, 1..=100_000, problems);
    let bytes = number(table, "batch_bytes", BATCH_BYTES, 1_000..=MOST_BATCH_BYTES, problems);
    Some(RemoteConfig {
        uri: uri?,
        headers: headers?,
        authorization: authorization?,
        tls: tls?,
        timeout: timeout?,
        retry_for: retry_for?,
        compression: compression?,
        batch_events: usize::try_from(events?).ok()?,
        batch_bytes: usize::try_from(bytes?).ok()?,
    })
}

fn uri_of(field: &Field<'_>, problems: &mut Problems) -> Option<Uri> {
    // It may hold a token in its query or user information.
    let field = Field { secret: true, ..field.clone() };
    let uri: Option<Uri> = field.text(problems)?.parse().ok();
    let uri = uri.filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && uri.host().is_some_and(|host| !host.is_empty())
    });
    if uri.is_none() {
        let expected = "an address like \"https://host:8443/path\", without user and password";
        field.expected(problems, expected);
    }
    uri
}

fn span(
    table: &Table<'_>,
    key: &'static str,
    default: Duration,
    problems: &mut Problems,
) -> Option<Duration> {
    let Some(field) = table.get(key) else { return Some(default) };
    let span = duration(&field, problems)?;
    if span.is_zero() || span > LONGEST {
        field.expected(problems, "a time span from \"1s\" to \"1h\"");
        return None;
    }
    Some(span)
}

fn compression(field: &Field<'_>, problems: &mut Problems) -> Option<Compression> {
    match field.text(problems)? {
        "none" => Some(Compression::None),
        "gzip" => Some(Compression::Gzip),
        _ => {
            field.unknown(problems, "compression", &["none", "gzip"], "");
            None
        }
    }
}

fn headers(
    field: &Field<'_>,
    has_auth: bool,
    problems: &mut Problems,
) -> Option<Vec<(HeaderName, SecretText)>> {
    let field = Field { secret: true, ..field.clone() };
    let entries = field.entries(problems);
    let headers: Vec<Option<_>> =
        entries.into_iter().map(|(name, value)| header(name, &value, has_auth, problems)).collect();
    headers.into_iter().collect()
}

fn header(
    name: &str,
    value: &Field<'_>,
    has_auth: bool,
    problems: &mut Problems,
) -> Option<(HeaderName, SecretText)> {
    let wrong = |problems: &mut Problems, message: &str| {
        problems.add(value.key_place, &value.path, message);
        None
    };
    let Ok(parsed) = HeaderName::try_from(name) else {
        return wrong(problems, "is no name of a header");
    };
    if OURS.contains(&parsed.as_str()) {
        return wrong(problems, "this header belongs to the transport; remove it");
    }
    if has_auth && parsed == http::header::AUTHORIZATION {
        return wrong(problems, "auth sets this header already; remove one of them");
    }
    let text = Zeroizing::new(value.text(problems)?.to_owned());
    if HeaderValue::from_str(&text).is_err() {
        return wrong(problems, "is no value of a header: visible ASCII characters only");
    }
    Some((parsed, SecretText::new(text)))
}

fn authorization(
    field: &Field<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<AuthorizationConfig> {
    const BEARER: &[&str] = &["type", "token", "token_file"];
    const BASIC: &[&str] = &["type", "username", "password", "password_file"];
    let field = Field { secret: true, ..field.clone() };
    let kind = field.table(problems, &["type"])?.require(problems, "type", "type = \"bearer\"")?;
    match kind.text(problems)? {
        "bearer" => {
            let mut table = field.table(problems, BEARER)?;
            let token = secret_source(&mut table, "token", "token_file", folders, problems);
            table.finish(problems);
            Some(AuthorizationConfig::Bearer(token?))
        }
        "basic" => {
            let mut table = field.table(problems, BASIC)?;
            let username = table.require(problems, "username", "username = \"signon\"");
            let username = username.and_then(|field| field.name(problems).map(str::to_owned));
            let password =
                secret_source(&mut table, "password", "password_file", folders, problems);
            table.finish(problems);
            Some(AuthorizationConfig::Basic { username: username?, password: password? })
        }
        _ => {
            kind.unknown(problems, "type of auth", &["bearer", "basic"], "");
            None
        }
    }
}

fn tls(field: &Field<'_>, folders: Folders<'_>, problems: &mut Problems) -> Option<TlsConfig> {
    let mut table = field.table(problems, &["ca_file", "cert_file", "key_file"])?;
    let mut path = |key| match table.get(key) {
        Some(field) => folders.path(&field, problems).map(Some),
        None => Some(None),
    };
    let (ca, cert, key) = (path("ca_file"), path("cert_file"), path("key_file"));
    let identity = match (cert?, key?) {
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
    table.finish(problems);
    Some(TlsConfig { ca_file: ca?, identity })
}
