//! Source component: the audit feed of an imaginary service, Acme. It shows what a
//! component is made of; `signon conform` holds it against the contract.
//!
//! `GET /audit/events?from=…&to=…&page=N` answers `{"events":[…],"next":N+1}`, without
//! `next` on the last page. Pages of a range that has passed never change.

use serde::{Deserialize, Serialize};
use signon_kit::auth::Basic;
use signon_kit::batch::BatchBuilder;
use signon_kit::config::Reader;
use signon_kit::contract::{
    AccessRule, Activity, Descriptor, Finding, Identity, Outcome, ReadOptions, Shape, SignOnEvent,
    SourceError, Stream, Throttle, TimeRange, UserKind, Windowed,
};
use signon_kit::fields::Fields;
use signon_kit::framer::{Framer, Row};
use signon_kit::http::{Body, Method, Request, Response, Transport};
use signon_kit::json::Parsed;
use signon_kit::json_framer::JsonFramer;
use signon_kit::normalizer::{FramedRecords, Normalizer, Records};
use signon_kit::redact::redact;
use signon_kit::session::{Flow, Pages, Service};
use signon_kit::source::{PagedSource, Settings};
use signon_kit::text::percent_encode;
use signon_kit::{cursor, digest, domain, event, response_errors, time, user_kinds};

const PATH: &str = "/audit/events";

/// The member of an answer that holds the rows.
const ROWS: &str = "events";

const SCHEMA: &str = r#"{
  "type": "object", "required": ["url"], "additionalProperties": false,
  "properties": {
    "url": { "description": "Where Acme answers.", "type": "string", "pattern": "^https?://" }
  }
}"#;

/// What to read. Everything that is wrong with it is told at once.
pub struct Config {
    origin: String,
}

impl Settings for Config {
    fn parse(text: &str) -> Result<Self, SourceError> {
        let mut reader = Reader::new(text)?;
        let url = reader.required_text("url", "https://audit.acme.example");
        let origin = url.trim_end_matches('/').to_ascii_lowercase();
        let host = origin.strip_prefix("https://").or(origin.strip_prefix("http://"));
        if !url.is_empty() && host.is_none_or(|host| host.is_empty() || host.contains(['/', '@'])) {
            reader.wrong(
                "url",
                "is no URL of a host alone",
                "write it like https://audit.acme.example",
            );
        }
        reader.finish(Self { origin })
    }

    fn streams(&self) -> Vec<Stream> {
        vec![Stream { id: "events".to_owned(), label: format!("events of {}", self.origin) }]
    }

    fn access(&self) -> Vec<AccessRule> {
        let methods = vec!["GET".to_owned()];
        vec![AccessRule { origin: self.origin.clone(), methods, path_prefix: PATH.to_owned() }]
    }
}

impl Config {
    fn request(&self, range: TimeRange, page: u32) -> Request {
        let date = |time_ms| percent_encode(&time::format(time_ms));
        let (from, to) = (date(range.start), date(range.end));
        let target = format!("{PATH}?from={from}&to={to}&page={page}");
        let headers = vec![("accept", "application/json".to_owned())];
        Request { method: Method::Get, origin: self.origin.clone(), target, headers, body: vec![] }
    }
}

/// Where reading stopped. Page 0 is the end.
#[derive(Clone, Serialize, Deserialize)]
struct Cursor {
    page: u32,
    /// Rows of the page that were read.
    rows: u64,
}

/// A reading of one range.
pub struct Reading {
    config: Config,
    range: TimeRange,
    options: ReadOptions,
    cursor: Cursor,
}

impl Reading {
    /// A reading from `cursor` on.
    pub fn open(
        config: Config,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self, SourceError> {
        let cursor = match cursor {
            Some(cursor) => cursor::decode("acme_audit", 1, cursor)?,
            None => Cursor { page: 1, rows: 0 },
        };
        Ok(Self { config, range, options, cursor })
    }

    /// Whether that row is one to take: others were read before the cursor was handed out.
    fn is_new(&mut self, number: u64) -> bool {
        let is_new = number >= self.cursor.rows;
        self.cursor.rows = self.cursor.rows.max(number + 1);
        is_new
    }
}

impl Pages for Reading {
    const SERVICE: Service = Service { name: "Acme", endpoint: "url" };

    type Framer = JsonFramer;

    fn request(&self) -> Request {
        self.config.request(self.range, self.cursor.page)
    }

    fn open<B: Body>(&mut self, response: Response<B>) -> Result<(JsonFramer, B), SourceError> {
        match response.status {
            200 => Ok((JsonFramer::new(ROWS), response.body)),
            status => {
                let wait = response_errors::retry_after(response.header("retry-after"));
                Err(refused(status, wait))
            }
        }
    }

    fn row(
        &mut self,
        batch: &mut BatchBuilder,
        Row { framer, bytes, number }: Row<'_, JsonFramer>,
    ) -> Result<Flow, SourceError> {
        if !framer.in_list() {
            return Err(SourceError::Malformed(
                "Acme answered 200 without a list; check url".into(),
            ));
        }
        if self.is_new(number) {
            take(batch, bytes, number, self.options);
        }
        Ok(Flow::On)
    }

    fn too_long(
        &mut self,
        batch: &mut BatchBuilder,
        length: usize,
        number: u64,
    ) -> Result<Flow, SourceError> {
        if self.is_new(number) {
            batch.reject_too_long(length, number);
        }
        Ok(Flow::On)
    }

    /// What stands around the rows says which page is next.
    fn envelope(&mut self, framer: &JsonFramer) {
        let envelope = Parsed::read(String::from_utf8_lossy(framer.envelope())).ok();
        let next = envelope.and_then(|found| found.root().get("next")?.scalar_text()?.parse().ok());
        self.cursor = Cursor { page: next.unwrap_or(0), rows: 0 };
    }

    fn end_page<T: Transport>(
        &mut self,
        _: &mut BatchBuilder,
        framer: &JsonFramer,
        _: &mut T,
    ) -> Result<Flow, SourceError> {
        if framer.is_blank() {
            return Err(SourceError::Malformed("Acme answered 200 with nothing; check url".into()));
        }
        Ok(if self.is_finished() { Flow::End } else { Flow::On })
    }

    fn cursor(&self) -> Vec<u8> {
        cursor::encode(1, &self.cursor)
    }

    fn is_finished(&self) -> bool {
        self.cursor.page == 0
    }
}

/// What a status means, and what an operator should do.
fn refused(status: u16, retry_after_ms: Option<u64>) -> SourceError {
    let said = format!("Acme answered {status}");
    match status {
        401 => SourceError::Unauthorized(format!("{said}; check the credentials")),
        403 => SourceError::Forbidden(format!("{said}; grant the account the role auditor")),
        429 => {
            SourceError::Throttled(Throttle { message: format!("{said}; later"), retry_after_ms })
        }
        500..=599 => SourceError::Unavailable(format!("{said}; the range is tried again later")),
        _ => SourceError::Malformed(format!("{said}; check url")),
    }
}

fn take(batch: &mut BatchBuilder, bytes: &[u8], position: u64, options: ReadOptions) {
    let text = String::from_utf8_lossy(bytes);
    match read(&text, options) {
        Ok(event) => batch.event(event, bytes.len()),
        Err(reason) => batch.reject(reason, position, bytes, None),
    }
}

/// One row to one event. Secrets leave the text before anything else is read.
fn read(text: &str, options: ReadOptions) -> Result<SignOnEvent, String> {
    let parsed = Parsed::read(text).map_err(|error| format!("not JSON: {error}"))?;
    let (clean, redacted) = redact(parsed, &[]);
    let mut fields = Fields::new(&clean, options.text_limit);
    let original = fields.peek(&["time"]).ok_or("no time")?.into_owned();
    let moment = fields.time(&["time"]).ok_or("no readable time")?;
    let id = fields.id(&["id"]).unwrap_or_else(|| digest::content_id(clean.text()));
    let kind = fields.text(&["action"]).unwrap_or_default();
    let mut made = event::blank(id, kind, moment, original);
    made.activity = match made.native_type.as_str() {
        "login" => Activity::Logon,
        "logout" => Activity::Logoff,
        other => Activity::Other(other.to_owned()),
    };
    made.outcome = match fields.text(&["result"]).as_deref() {
        Some("ok") => Outcome::Success,
        Some("failed") => Outcome::Failure,
        Some(other) => Outcome::Other(other.to_owned()),
        None => Outcome::Unknown,
    };
    let source = domain::hops(&fields.text(&["ip"]).unwrap_or_default());
    (made.source_addresses, made.source_port) = (source.addresses, source.port);
    made.user = fields.text(&["user"]).map(|name| Identity {
        email: Some(name.clone()).filter(|name| user_kinds::is_email(name)),
        name: Some(name),
        uid: None,
        uid_alt: None,
        display_name: None,
        domain: None,
        dn: None,
        kind: UserKind::User,
    });
    // Everything that was not taken goes along.
    made.unmapped = fields.unmapped();
    made.raw = options.keep_raw.then(|| clean.text().to_owned());
    made.redacted = redacted;
    Ok(made)
}

/// Rows in bytes from elsewhere.
pub struct Rows {
    options: ReadOptions,
}

impl Records for Rows {
    type Framer = JsonFramer;

    fn take(&mut self, batch: &mut BatchBuilder, row: Row<'_, JsonFramer>) -> u64 {
        take(batch, row.bytes, row.number, self.options);
        1
    }
}

/// What this component says about itself.
pub fn descriptor() -> Descriptor {
    Descriptor {
        name: "acme_audit".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Sign-ons from the audit feed of Acme".to_owned(),
        config_schema: SCHEMA.to_owned(),
        identity_keys: vec![],
        kinds: Vec::new(),
        shape: Shape::Windowed(Windowed {
            granularity_seconds: 1,
            longest_range_seconds: 3600,
            smallest_retention_seconds: 30 * 86_400,
            largest_retention_seconds: 30 * 86_400,
            readings_seconds: vec![0, 600],
        }),
    }
}

/// This source, as a component where it is compiled for a sandbox.
pub struct Acme;

signon_kit::export_source!(Acme);

impl PagedSource for Acme {
    type Config = Config;
    /// The host attaches credentials.
    type Credential = Basic;
    type Pages = Reading;
    type Frames = FramedRecords<Rows>;

    fn descriptor() -> Descriptor {
        descriptor()
    }

    fn credential(_: &Config) -> Option<Basic> {
        None
    }

    fn check<T: Transport>(
        config: &Config,
        transport: &mut T,
        now_ms: i64,
    ) -> Result<Vec<Finding>, SourceError> {
        let end = now_ms.div_euclid(1000) * 1000;
        let request = config.request(TimeRange { start: end - 1000, end }, 1);
        let error = match transport.send(&request) {
            Ok(response) if response.status == 200 => return Ok(vec![]),
            Ok(response) => refused(response.status, None),
            Err(error) => response_errors::transport(error, "url"),
        };
        Ok(vec![response_errors::finding(error, "")])
    }

    fn open(
        config: Config,
        _: &str,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Reading, SourceError> {
        Reading::open(config, range, cursor, options)
    }

    fn normalizer(options: ReadOptions) -> Normalizer<FramedRecords<Rows>> {
        Normalizer::of(JsonFramer::new(ROWS).by_lines(), Rows { options })
    }
}
