//! From a framed record to an event, or to the reason why it is none.

use std::borrow::Cow;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use signon_kit::contract::ReadOptions;
use signon_kit::gathering::Gathering;
use signon_kit::json::{Key, Node, Value};

use crate::normalize::{self, Origin};

/// Why a record is rejected that has no type.
const NO_TYPE: &str = "no eventType and no type: not an audit record";

/// Takes framed records into a batch.
#[derive(Debug)]
pub struct Taker {
    /// Where the records were fetched.
    pub origin: Origin,
    /// What to put into events.
    pub options: ReadOptions,
}

impl Taker {
    /// Takes one framed record, the `position`th of its page, and gives back its
    /// id, which is empty if it has none.
    pub fn take(&self, gathering: &mut Gathering, bytes: &[u8], position: u64) -> String {
        let text = String::from_utf8_lossy(bytes);
        match Head::read(&text) {
            Ok(head) => {
                self.take_head(gathering, &head, &text, position);
                head.id.into_owned()
            }
            Err(reason) => {
                gathering.reject(reason, position, bytes, None);
                String::new()
            }
        }
    }

    fn take_head(&self, gathering: &mut Gathering, head: &Head<'_>, text: &str, position: u64) {
        match &head.event_type {
            Some(event_type) if normalize::names::is_sign_on(event_type) => {
                self.take_sign_on(gathering, text, position);
            }
            Some(_) => gathering.filtered(),
            // No type at the top: perhaps records in a wrapper.
            None => self.take_wrapped(gathering, text, position),
        }
    }

    fn take_sign_on(&self, gathering: &mut Gathering, text: &str, position: u64) {
        match normalize::record(text, &self.origin, self.options) {
            Ok(event) => gathering.event(event, text.len()),
            Err(unreadable) => {
                let normalize::Unreadable { reason, scrubbed } = unreadable;
                gathering.reject(reason, position, text.as_bytes(), scrubbed);
            }
        }
    }

    /// Records as Logging Search and its copies wrap them: `logContent`, `results`.
    fn take_wrapped(&self, gathering: &mut Gathering, text: &str, position: u64) {
        let inner = Node::parse(text).map(|node| unwrap(&node)).unwrap_or_default();
        if inner.is_empty() {
            return gathering.reject(NO_TYPE.to_owned(), position, text.as_bytes(), None);
        }
        for record in inner {
            match Head::read(record) {
                Ok(head) if head.event_type.is_some() => {
                    self.take_head(gathering, &head, record, position);
                }
                Ok(_) => gathering.reject(NO_TYPE.to_owned(), position, record.as_bytes(), None),
                Err(reason) => gathering.reject(reason, position, record.as_bytes(), None),
            }
        }
    }
}

/// The id of a framed record, empty if it has none.
pub fn id_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    Head::read(&text).map(|head| head.id.into_owned()).unwrap_or_default()
}

/// The texts of the records inside a wrapper.
fn unwrap<'a>(node: &Node<'a>) -> Vec<&'a str> {
    if let Some(content) = node.get("logContent") {
        return vec![content.raw];
    }
    if let Some(content) = node.get("data").and_then(|data| data.get("logContent")) {
        return vec![content.raw];
    }
    match node.get("results").map(|results| &results.value) {
        Some(Value::Array(results)) => results
            .iter()
            .flat_map(|result| {
                let inner = unwrap(result);
                if inner.is_empty() { vec![result.raw] } else { inner }
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// What decides about a record, read without reading the rest.
#[derive(Debug, Default)]
struct Head<'a> {
    event_type: Option<Cow<'a, str>>,
    /// The record's id, empty if it has none.
    id: Cow<'a, str>,
}

impl<'a> Head<'a> {
    /// Reads type and id of a record.
    ///
    /// # Errors
    ///
    /// A reason when the text is no JSON object.
    fn read(text: &'a str) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        deserializer
            .deserialize_map(HeadVisitor)
            .and_then(|head| deserializer.end().map(|()| head))
            .map_err(|error| format!("not a JSON object: {error}"))
    }
}

struct HeadVisitor;

impl<'de> Visitor<'de> for HeadVisitor {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Head<'de>, A::Error> {
        let mut head = Head::default();
        while let Some(key) = access.next_key::<Key<'de>>()? {
            match key.0.as_ref() {
                "eventType" | "type" => head.event_type = text(access.next_value()?),
                "eventId" | "id" | "eventID" => {
                    head.id = text(access.next_value()?).unwrap_or_default();
                }
                _ => {
                    access.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(head)
    }
}

fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    Node::parse(raw.get()).ok().and_then(|node| node.scalar_text())
}
