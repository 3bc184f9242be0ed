//! The record itself, on one line.
//!
//! A record that does not tell its own id, or is no JSON object, gets one member
//! more, [`OURS`], so that every line can be traced to its event. Records of the
//! known Oracle APIs with an id never need it and stay as they are.

use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{Object, compact_object, line};
use crate::contract::SignOnEvent;

/// Where records keep their id: ListEvents `eventId`, Logging and identity domains
/// `id`, the Events service and Access Manager `eventID`. The order is that in
/// which sources look for it.
const ID_KEYS: [&str; 3] = ["eventId", "id", "eventID"];

/// The member that this room adds where it must.
const OURS: &str = "signon";

/// What [`OURS`] holds.
#[derive(Debug, Deserialize)]
struct Ours {
    native_id: String,
}

/// The record, or what stands in for it.
pub fn render(event: &SignOnEvent) -> String {
    let Some(line) = event.raw.as_deref().and_then(compact_object) else {
        return stand_in(event);
    };
    match Record::read(&line) {
        Some(record) if record.id().as_deref() == Some(&*event.native_id) => line,
        Some(Record { ours: None, .. }) => with_id(line, event),
        // A second member of our name would be read differently by everybody.
        _ => stand_in(event),
    }
}

/// The record with its id added.
fn with_id(mut record: String, event: &SignOnEvent) -> String {
    let addition = line(|o| o.object(OURS, |o| native_id(o, event)));
    record.pop();
    if record.len() > 1 {
        record.push(',');
    }
    record.push_str(&addition[1..]);
    record
}

/// A line for an event whose record was not kept or is no JSON object.
fn stand_in(event: &SignOnEvent) -> String {
    line(|o| {
        o.object(OURS, |o| {
            native_id(o, event);
            o.text("native_type", &*event.native_type);
            o.text("original_time", &*event.original_time);
            o.text("text", event.raw.as_deref());
        });
    })
}

fn native_id(o: &mut Object<'_>, event: &SignOnEvent) {
    // Even an empty id is written: the line must say that it is empty.
    let quoted = serde_json::Value::from(&*event.native_id).to_string();
    o.json("native_id", &quoted);
}

/// Reads the id back.
pub fn event_id(line: &str) -> Option<String> {
    Record::read(line)?.id()
}

/// The members of a record's top level that may tell its id, as JSON; of members
/// with the same name the last, as sources read them.
#[derive(Debug, Default)]
struct Record<'a> {
    ids: [Option<&'a str>; ID_KEYS.len()],
    ours: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// `None` for what is no whole JSON object.
    fn read(text: &'a str) -> Option<Self> {
        let mut json = serde_json::Deserializer::from_str(text);
        let record = json.deserialize_map(Members).ok()?;
        json.end().ok()?;
        Some(record)
    }

    fn id(&self) -> Option<String> {
        match self.ours {
            Some(ours) => Some(serde_json::from_str::<Ours>(ours).ok()?.native_id),
            None => self.ids.iter().flatten().find_map(|json| scalar(json)),
        }
    }
}

/// The text of a scalar, or of an array of just one; blanks around it do not
/// count and empty is absent. The rule by which sources read an id.
fn scalar(json: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    let text = match value {
        serde_json::Value::String(text) => text.trim().to_owned(),
        serde_json::Value::Array(one) if one.len() == 1 => one[0].as_str()?.trim().to_owned(),
        // As written: a 64-bit id must not become a float.
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => json.trim().to_owned(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Record<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record<'de>, A::Error> {
        let mut record = Record::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let id = ID_KEYS.iter().position(|known| *known == key);
            let slot = match id {
                Some(at) => Some(&mut record.ids[at]),
                None if key == OURS => Some(&mut record.ours),
                None => None,
            };
            match slot {
                Some(slot) => *slot = Some(map.next_value::<&'de RawValue>()?.get()),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_read_as_sources_read_it() {
        for (text, id) in [
            (r#"{"eventId":"a","id":"b"}"#, Some("a")),
            (r#"{"eventId":null,"id":" b "}"#, Some("b")),
            (r#"{"eventID":9007199254740993}"#, Some("9007199254740993")),
            (r#"{"id":["one"]}"#, Some("one")),
            (r#"{"id":"a","id":"b"}"#, Some("b")),
            (r#"{"data":{"id":"deep"}}"#, None),
            (r#"{"id":{}}"#, None),
            (r#"{"id":"torn"#, None),
            (r#"{"id":"a"}{"id":"b"}"#, None),
            ("[]", None),
        ] {
            assert_eq!(event_id(text).as_deref(), id, "{text}");
        }
    }
}
