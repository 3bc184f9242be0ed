//! From a framed record to an event, or to the reason why it is none.

use std::borrow::Cow;

use signon_kit::contract::ReadOptions;
use signon_kit::gathering::Gathering;
use signon_kit::json::{Kind, Members, Node, Parsed, scalar};
use signon_kit::text::from_bytes;

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
    pub fn take<'a>(
        &self,
        gathering: &mut Gathering,
        bytes: &'a [u8],
        position: u64,
    ) -> Cow<'a, str> {
        match Head::read(bytes) {
            Ok(head) => {
                self.take_head(gathering, &head, bytes, position);
                head.id
            }
            Err(reason) => {
                gathering.reject(reason, position, bytes, None);
                Cow::Borrowed("")
            }
        }
    }

    fn take_head(&self, gathering: &mut Gathering, head: &Head<'_>, bytes: &[u8], position: u64) {
        match &head.event_type {
            Some(event_type) if normalize::names::is_sign_on(event_type) => {
                self.take_sign_on(gathering, &from_bytes(bytes), position);
            }
            Some(_) => gathering.filtered(),
            // No type at the top: perhaps records in a wrapper.
            None => self.take_wrapped(gathering, &from_bytes(bytes), position),
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
        let parsed = Parsed::read(text);
        let inner = parsed.as_ref().map(|parsed| unwrap(parsed.root())).unwrap_or_default();
        if inner.is_empty() {
            return gathering.reject(NO_TYPE.to_owned(), position, text.as_bytes(), None);
        }
        for record in inner {
            match Head::read(record.as_bytes()) {
                Ok(head) if head.event_type.is_some() => {
                    self.take_head(gathering, &head, record.as_bytes(), position);
                }
                Ok(_) => gathering.reject(NO_TYPE.to_owned(), position, record.as_bytes(), None),
                Err(reason) => gathering.reject(reason, position, record.as_bytes(), None),
            }
        }
    }
}

/// The id of a framed record, empty if it has none.
pub fn id_of(bytes: &[u8]) -> Cow<'_, str> {
    Head::read(bytes).map(|head| head.id).unwrap_or_default()
}

/// The texts of the records inside a wrapper.
fn unwrap(node: Node<'_>) -> Vec<&str> {
    if let Some(content) = node.get("logContent") {
        return vec![content.raw()];
    }
    if let Some(content) = node.get("data").and_then(|data| data.get("logContent")) {
        return vec![content.raw()];
    }
    let results = node.get("results").filter(|results| results.kind() == Kind::Array);
    let results = results.into_iter().flat_map(Node::children);
    results
        .flat_map(|result| {
            let inner = unwrap(result);
            if inner.is_empty() { vec![result.raw()] } else { inner }
        })
        .collect()
}

/// What decides about a record, read without reading the rest: what is inside the
/// values of a record that is passed over was never looked at.
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
    /// A reason when the bytes are no JSON object.
    fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let mut head = Head::default();
        for member in Members::of(bytes) {
            let (key, value) = member.map_err(|error| format!("not a JSON object: {error}"))?;
            match key.as_ref() {
                "eventType" | "type" => head.event_type = scalar(value),
                "eventId" | "id" | "eventID" => head.id = scalar(value).unwrap_or_default(),
                _ => {}
            }
        }
        Ok(head)
    }
}
