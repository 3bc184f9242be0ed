//! One audit record to one neutral event.
//!
//! Secrets leave the text first; only the redacted text is read further. Three
//! shapes of the same record are understood: ListEvents (CloudEvents 0.1),
//! Logging (CloudEvents 1.0) and the Events service (`eventID`, lower-case types).
//! Both generations of sign-on records are: the tenancy's own, with a status and a
//! `login_result`, and the identity domain's, with `additionalDetails`.

use signon_kit::contract::{ReadOptions, SignOnEvent};
use signon_kit::domain::{self, Head, Record};
use signon_kit::fields::Fields;
use signon_kit::json::Parsed;
use signon_kit::record_id::Equals;
use signon_kit::redact::{Keep, List, MARK, redact};
use signon_kit::text::cut;

/// Where a record has the attributes of the AuditEvent that it was made of.
const DETAILS: [&str; 2] = ["data", "additionalDetails"];

/// Maps in which whoever asked or answered chose the names, and the AuditEvent in a text.
const LISTS: [List<'static>; 5] = [
    (&["data", "request", "headers"], Keep::Headers),
    (&["data", "request", "parameters"], Keep::Parameters),
    (&["data", "response", "headers"], Keep::Headers),
    (&["data", "response", "payload"], Keep::Payload),
    (&["data", "additionalDetails", "auditEventMapValue"], Keep::Record),
];

pub use signon_kit::record_id::ID_FROM_CONTENT;

/// Where records have their type.
pub const TYPE_KEYS: [&str; 2] = ["eventType", "type"];

/// Where a record was fetched, which it does not say itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// Region identifier.
    pub region: Option<String>,
    /// Realm key.
    pub realm: Option<String>,
}

/// What was decided about a record when it was recognized, and is not decided again.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Its type.
    pub event_type: &'a str,
    /// The member that says its id, and what it says.
    pub id: Option<(&'static str, &'a str)>,
}

/// A sign-on record that cannot become an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// Why.
    pub reason: String,
    /// The record without its secrets; `None` where it could not be scrubbed.
    pub scrubbed: Option<String>,
}

/// Makes an event of a record's text; `equals` names it where it has no id. `None` for
/// one of a class that was not asked for.
///
/// # Errors
///
/// [`Unreadable`] for what is no JSON object or has no time.
pub fn record(
    text: &str,
    known: Known<'_>,
    origin: &Origin,
    options: ReadOptions,
    equals: &mut Equals,
) -> Result<Option<SignOnEvent>, Unreadable> {
    let unreadable = |reason: String| Unreadable { reason, scrubbed: None };
    let parsed = Parsed::read(text).map_err(|error| unreadable(format!("not JSON: {error}")))?;
    let (clean, redacted) = redact(parsed, &LISTS);
    let mut event = read(&clean, known, origin, options)?;
    if !options.classes.has(event.class) {
        return Ok(None);
    }
    if event.native_id.is_empty() {
        event.native_id = equals.name(clean.text());
    }
    event.native_type = cut(event.native_type, options.text_limit as usize).into_owned();
    event.raw = options.keep_raw.then(|| clean.text().to_owned());
    event.redacted = redacted;
    Ok(Some(event))
}

/// The event, without an id where the record has none.
fn read(
    clean: &Parsed<'_>,
    known: Known<'_>,
    origin: &Origin,
    options: ReadOptions,
) -> Result<SignOnEvent, Unreadable> {
    let mut f = Fields::new(clean, options.text_limit);
    let mut labels = Vec::new();
    let is_clean = f.take_saying(&TYPE_KEYS, known.event_type);
    let native_type = if is_clean { known.event_type.trim() } else { MARK }.to_owned();
    let native_id = known.id.and_then(|(key, id)| f.own_id(key, id)).unwrap_or_default();
    if native_id.is_empty() {
        labels.push(ID_FROM_CONTENT.to_owned());
    }
    let time = time(&mut f).ok_or_else(|| Unreadable {
        reason: "no readable eventTime, time or responseTime".to_owned(),
        scrubbed: Some(clean.text().to_owned()),
    })?;
    let name = f
        .text(&["data", "eventName"])
        .unwrap_or_else(|| domain::event_name(&native_type).to_owned());
    let kind = domain::of_oci(&native_type, &name);
    // A text that is no AuditEvent stays what it is.
    let inner = Record::inner_text(clean, &DETAILS).and_then(|text| Parsed::read(text).ok());
    let inner = inner.as_ref().map(|inner| Fields::new(inner, options.text_limit));
    let head = Head {
        native_id,
        native_type,
        native_name: Some(name),
        kind,
        time,
        labels,
        realm: origin.realm.clone(),
        region: origin.region.clone(),
    };
    Ok(domain::event(Record::of_oci(f, &DETAILS, inner), head))
}

/// The first place that holds a time, and its text.
fn time(f: &mut Fields<'_>) -> Option<(i64, String)> {
    let places: [&[&str]; 4] = [
        &["eventTime"],
        &["time"],
        &["data", "response", "responseTime"],
        &["oracle", "ingestedtime"],
    ];
    let readable = places.iter().find_map(|place| {
        let text = f.peek(place)?;
        f.time(place).map(|time| (time, text.into_owned()))
    });
    readable.or_else(|| places.iter().find_map(|place| f.any_time(place)))
}
