//! One AuditEvents row to one neutral event.
//!
//! Secrets leave the text first (one-time codes of text messages stand in these
//! rows in clear); only the redacted text is read further. Every row with a time
//! becomes an event: what is no sign-on is told by its activity, not left out.

use signon_kit::contract::{EventClass, ReadOptions, SignOnEvent};
use signon_kit::domain::{self, Head, Kind, Record};
use signon_kit::fields::Fields;
use signon_kit::json::{self, Parsed};
use signon_kit::redact::redact;

use crate::keyset::RowKey;

pub use signon_kit::record_id::ID_FROM_CONTENT;

/// Type of a row that was fetched without its `eventId`.
const NO_TYPE: &str = "AuditEvent";

/// A row that cannot become an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// Why.
    pub reason: String,
    /// The row without its secrets; `None` where it could not be scrubbed.
    pub scrubbed: Option<String>,
}

/// Whether a member of a row is when it happened; clients and exports spell it in
/// several ways.
pub fn is_time(key: &str) -> bool {
    key.eq_ignore_ascii_case("timestamp")
}

/// A row without its secrets, and the JSON Pointers of what was taken out.
///
/// # Errors
///
/// [`Unreadable`] for what is no JSON.
pub fn clean(text: &str) -> Result<(Parsed<'_>, Vec<String>), Unreadable> {
    let unreadable = |reason: String| Unreadable { reason, scrubbed: None };
    let parsed = Parsed::read(text).map_err(|error| unreadable(format!("not JSON: {error}")))?;
    Ok(redact(parsed, &[]))
}

/// Makes an event of a row's text, under its key.
///
/// # Errors
///
/// [`Unreadable`] for what is no JSON object or has no time.
pub fn row(text: &str, key: RowKey, options: ReadOptions) -> Result<SignOnEvent, Unreadable> {
    let (clean, redacted) = clean(text)?;
    let mut event = read(Fields::new(&clean, options.text_limit), &clean, key)?;
    event.raw = options.keep_raw.then(|| clean.text().to_owned());
    event.redacted = redacted;
    Ok(event)
}

fn read(mut f: Fields<'_>, parsed: &Parsed<'_>, key: RowKey) -> Result<SignOnEvent, Unreadable> {
    let unreadable = |reason: &str| Unreadable {
        reason: reason.to_owned(),
        scrubbed: Some(parsed.text().to_owned()),
    };
    if parsed.root().kind() != json::Kind::Object {
        return Err(unreadable("not a JSON object"));
    }
    let time = time(&mut f, key.time)
        .ok_or_else(|| unreadable("no readable timestamp: not an AuditEvents row"))?;
    let mut labels = Vec::new();
    match key.id.filter(|_| key.has_name) {
        Some(id) => {
            f.take_saying(&["id"], &id);
        }
        None => labels.push(ID_FROM_CONTENT.to_owned()),
    }
    let record = Record::bare(f);
    let event_id = domain::event_id(&record);
    // What does not say what it is must not be passed over.
    let untold = Kind { class: EventClass::SignOn, activity: None, protocol: None };
    let head = Head {
        native_id: key.name,
        native_type: event_id.as_deref().unwrap_or(NO_TYPE).to_owned(),
        kind: event_id.is_none().then_some(untold),
        time,
        labels,
        ..Head::default()
    };
    let mut event = domain::event(record, head);
    // It is the type.
    event.domain_event_id = None;
    Ok(event)
}

/// When it happened; when it was stored, for a row fetched without that.
fn time(f: &mut Fields<'_>, known: Option<(i64, String)>) -> Option<(i64, String)> {
    match known {
        Some((time, text)) => {
            f.take_where(is_time, &text);
            Some((time, text.trim().to_owned()))
        }
        None => f.any_time(&["meta", "created"]),
    }
}
