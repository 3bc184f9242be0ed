//! Source component: the audit feed of an imaginary service, Acme. It shows what a
//! component is made of; `signon conform` holds it against the contract.
//!
//! `GET /audit/events?from=…&to=…&page=N` answers `{"events":[…],"next":N+1}`, without
//! `next` on the last page. Pages of a range that has passed never change.

use serde::{Deserialize, Serialize};
use signon_kit::response_errors;
use signon_kit::config::Reader;
use signon_kit::contract::{
    AccessRule, Activity, Batch, BatchLimits, Descriptor, Finding, Identity, Outcome, Progress,
    ReadOptions, Shape, SignOnEvent, SourceError, Stream, Throttle, TimeRange, UserKind, Windowed,
};
use signon_kit::domain;
use signon_kit::fields::Fields;
use signon_kit::batch::BatchBuilder;
use signon_kit::http::{Body as _, Method, Request, Transport};
use signon_kit::json::Parsed;
use signon_kit::json_framer::{JsonFramer, Framed};
use signon_kit::normalizer::{Frames, Normalizer, Taken};
use signon_kit::redact::redact;
use signon_kit::source::{Reads, no_such_stream};
use signon_kit::text::percent_encode;
use signon_kit::{digest, event, time, user_kinds};

const PATH: &str = "/audit/events";

const SCHEMA: &str = r#"{
  "type": "object", "required": ["url"], "additionalProperties": false,
  "properties": {
    "url": { "description": "Where Acme answers.", "type": "string", "pattern": "^https?://" }
  }
}"#;

/// What to read.
pub struct Config {
    origin: String,
}

impl Config {
    /// Reads the settings; everything that is wrong is told at once.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
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
struct Position {
    version: u32,
    page: u32,
    /// Rows of the page that were read.
    rows: u64,
}

/// A reading under way.
pub struct Session<T: Transport> {
    transport: T,
    config: Config,
    range: TimeRange,
    options: ReadOptions,
    position: Position,
    /// The page under way: what is left of its body, and its rows so far.
    page: Option<(T::Body, JsonFramer, u64)>,
    failed: Option<SourceError>,
}

impl<T: Transport> Session<T> {
    /// A reading from `cursor` on. Makes no request yet.
    pub fn open(
        transport: T,
        config: Config,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self, SourceError> {
        let position = match cursor.map(serde_json::from_slice::<Position>) {
            None => Position { version: 1, page: 1, rows: 0 },
            Some(Ok(position)) if position.version == 1 => position,
            Some(_) => return Err(SourceError::CursorExpired("no cursor of acme-audit 1".into())),
        };
        Ok(Self { transport, config, range, options, position, page: None, failed: None })
    }

    fn step(&mut self, batch: &mut BatchBuilder) -> Result<(), SourceError> {
        let unavailable = |error| response_errors::transport(error, "url");
        let Some((body, reader, rows)) = &mut self.page else {
            let request = self.config.request(self.range, self.position.page);
            let response = self.transport.send(&request).map_err(unavailable)?;
            if response.status != 200 {
                let wait = response_errors::retry_after(response.header("retry-after"));
                return Err(refused(response.status, wait));
            }
            self.page = Some((response.body, JsonFramer::new("events"), 0));
            return Ok(());
        };
        match reader.next().map_err(|error| SourceError::Unavailable(error.to_string()))? {
            Framed::Row(_) if !reader.in_list() => {
                return Err(SourceError::Malformed(
                    "Acme answered 200 without a list; check url".into(),
                ));
            }
            Framed::Row(span) => {
                *rows += 1;
                // Read before the cursor was handed out.
                if *rows > self.position.rows {
                    self.position.rows = *rows;
                    take(batch, reader.bytes(span), *rows - 1, self.options);
                }
            }
            Framed::TooLong(length) => {
                *rows += 1;
                if *rows > self.position.rows {
                    self.position.rows = *rows;
                    batch.reject_too_long(length, *rows - 1);
                }
            }
            // An answer is not read by lines.
            Framed::Broken(_) => {}
            Framed::Envelope => {
                let frame = Parsed::read(String::from_utf8_lossy(reader.envelope())).ok();
                let next =
                    frame.and_then(|frame| frame.root().get("next")?.scalar_text()?.parse().ok());
                self.position = Position { version: 1, page: next.unwrap_or(0), rows: 0 };
                self.page = None;
            }
            Framed::NeedMore => {
                if !reader.push_with(|buffer| body.read(buffer)).map_err(unavailable)? {
                    reader.finish();
                }
            }
            Framed::End => {
                return Err(SourceError::Malformed(
                    "Acme answered 200 with nothing; check url".into(),
                ));
            }
        }
        Ok(())
    }
}

impl<T: Transport> Reads for Session<T> {
    fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError> {
        if let Some(error) = self.failed.clone() {
            return Err(error);
        }
        let started = self.transport.elapsed_ms();
        let mut batch = BatchBuilder::new(limits);
        let is_late = |now: u64| now.saturating_sub(started) >= limits.soft_deadline_ms.into();
        while self.position.page != 0 && !batch.is_full() {
            if let Err(error) = self.step(&mut batch) {
                self.failed = Some(error.clone());
                // What was read is returned first, the error by the next call.
                if batch.is_empty() {
                    return Err(error);
                }
                break;
            }
            if is_late(self.transport.elapsed_ms()) && !batch.is_empty() {
                break;
            }
        }
        let progress = if self.position.page == 0 { Progress::Finished } else { Progress::More };
        Ok(batch.into_batch(serde_json::to_vec(&self.position).ok(), progress))
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
    reader: JsonFramer,
    options: ReadOptions,
    rows: u64,
}

impl Frames for Rows {
    fn push(&mut self, chunk: &[u8]) {
        self.reader.push(chunk);
    }

    fn finish(&mut self) {
        self.reader.finish();
    }

    fn take(&mut self, batch: &mut BatchBuilder) -> Result<Taken, String> {
        match self.reader.next().map_err(|error| error.to_string())? {
            Framed::Row(span) => {
                take(batch, self.reader.bytes(span), self.rows, self.options)
            }
            Framed::Broken(span) => {
                batch.reject_broken(self.rows, self.reader.bytes(span));
            }
            Framed::TooLong(length) => batch.reject_too_long(length, self.rows),
            Framed::Envelope => return Ok(Taken::Something),
            Framed::NeedMore => return Ok(Taken::NeedMore),
            Framed::End => return Ok(Taken::End),
        }
        self.rows += 1;
        Ok(Taken::Something)
    }
}

/// What this component says about itself.
pub fn descriptor() -> Descriptor {
    Descriptor {
        name: "acme-audit".to_owned(),
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

/// This guest as a component.
#[cfg(target_arch = "wasm32")]
mod export {
    use super::*;
    use signon_kit::http::wasi::WasiTransport;

    struct Acme;
    type Component = signon_kit::shell::Shell<Acme>;
    signon_kit::bindings::export!(Component with_types_in signon_kit::bindings);

    impl signon_kit::source::Source for Acme {
        type Session = Session<WasiTransport>;
        type Frames = Rows;

        fn descriptor() -> Descriptor {
            descriptor()
        }

        fn access(config: &str) -> Result<Vec<AccessRule>, SourceError> {
            Config::parse(config).map(|config| config.access())
        }

        fn streams(config: &str) -> Result<Vec<Stream>, SourceError> {
            Config::parse(config).map(|config| config.streams())
        }

        fn check(config: &str, now_ms: i64) -> Result<Vec<Finding>, SourceError> {
            let config = Config::parse(config)?;
            let end = now_ms.div_euclid(1000) * 1000;
            let request = config.request(TimeRange { start: end - 1000, end }, 1);
            let error = match WasiTransport.send(&request) {
                Ok(response) if response.status == 200 => return Ok(vec![]),
                Ok(response) => refused(response.status, None),
                Err(error) => response_errors::transport(error, "url"),
            };
            Ok(vec![response_errors::finding(error, "")])
        }

        fn open(
            config: &str,
            stream: &str,
            range: TimeRange,
            cursor: Option<&[u8]>,
            options: ReadOptions,
        ) -> Result<Self::Session, SourceError> {
            let config = Config::parse(config)?;
            if !config.streams().iter().any(|known| known.id == stream) {
                return Err(no_such_stream(stream));
            }
            Session::open(WasiTransport, config, range, cursor, options)
        }

        fn normalizer(options: ReadOptions) -> Normalizer<Rows> {
            Normalizer::over(Rows {
                reader: JsonFramer::new("events").by_lines(),
                options,
                rows: 0,
            })
        }
    }
}
