//! From framed bytes to a batch: the one place where records are counted.
//!
//! Invariant: `received = events + filtered + rejected`, because every record
//! ends in exactly one of the three.

use std::borrow::Cow;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use signon_kit::contract::{
    Batch, BatchLimits, Counts, Progress, ReadOptions, Reject, SignOnEvent,
};
use signon_kit::json::{Key, Node, Value};
use signon_kit::text::hex;

use crate::normalize::{self, Origin};

/// Most rejects a batch carries in full; the count goes on.
const MOST_REJECTS: usize = 100;

/// A batch being filled.
#[derive(Debug)]
pub struct Gathering {
    limits: BatchLimits,
    events: Vec<SignOnEvent>,
    bytes: u64,
    counts: Counts,
    rejects: Vec<Reject>,
}

impl Gathering {
    /// An empty batch.
    pub fn new(limits: BatchLimits) -> Self {
        Self {
            limits,
            events: Vec::new(),
            bytes: 0,
            counts: Counts { received: 0, filtered: 0, rejected: 0 },
            rejects: Vec::new(),
        }
    }

    /// Whether the batch has reached its limits.
    pub fn is_full(&self) -> bool {
        self.events.len() as u64 >= u64::from(self.limits.events.max(1))
            || self.bytes >= self.limits.bytes.max(1)
    }

    /// Whether no record went in yet.
    pub fn is_empty(&self) -> bool {
        self.counts.received == 0
    }

    /// The finished batch.
    pub fn into_batch(self, cursor: Option<Vec<u8>>, progress: Progress) -> Batch {
        Batch {
            events: self.events,
            cursor,
            progress,
            counts: self.counts,
            rejects: self.rejects,
            source_total: None,
            earliest_available: None,
            findings: Vec::new(),
        }
    }

    /// Takes one framed record.
    pub fn take(&mut self, bytes: &[u8], position: u64, origin: &Origin, options: ReadOptions) {
        let text = String::from_utf8_lossy(bytes);
        match Head::read(&text) {
            Ok(head) if head.is_sign_on() => self.take_record(&text, position, origin, options),
            Ok(head) if head.event_type.is_some() => {
                self.counts.received += 1;
                self.counts.filtered += 1;
            }
            // No type at the top: perhaps a record in a wrapper.
            Ok(_) => self.take_wrapped(&text, position, origin, options),
            Err(reason) => self.reject(reason, position, bytes, None),
        }
    }

    /// Takes a record that was too long to be held.
    pub fn take_too_long(&mut self, length: usize, position: u64) {
        self.reject(
            format!("the record has {length} bytes, too many to read"),
            position,
            b"",
            None,
        );
    }

    fn take_record(&mut self, text: &str, position: u64, origin: &Origin, options: ReadOptions) {
        match normalize::record(text, origin, options) {
            Ok(event) => {
                self.counts.received += 1;
                self.bytes += text.len() as u64;
                self.events.push(event);
            }
            Err(unreadable) => {
                self.reject(unreadable.reason, position, text.as_bytes(), unreadable.scrubbed);
            }
        }
    }

    /// Records as Logging Search and its copies wrap them: `logContent`, `results`.
    fn take_wrapped(&mut self, text: &str, position: u64, origin: &Origin, options: ReadOptions) {
        let Ok(node) = Node::parse(text) else {
            return self.reject("not JSON".to_owned(), position, text.as_bytes(), None);
        };
        let inner = unwrap(&node);
        if inner.is_empty() {
            let reason = "no eventType and no type: not an audit record".to_owned();
            return self.reject(reason, position, text.as_bytes(), None);
        }
        for record in inner {
            match Head::read(record) {
                Ok(head) if head.is_sign_on() => {
                    self.take_record(record, position, origin, options);
                }
                Ok(head) if head.event_type.is_some() => {
                    self.counts.received += 1;
                    self.counts.filtered += 1;
                }
                _ => self.reject(
                    "no eventType and no type: not an audit record".to_owned(),
                    position,
                    record.as_bytes(),
                    None,
                ),
            }
        }
    }

    fn reject(&mut self, reason: String, position: u64, bytes: &[u8], text: Option<String>) {
        self.counts.received += 1;
        self.counts.rejected += 1;
        if self.rejects.len() < MOST_REJECTS {
            let digest = hex(&Sha256::digest(bytes));
            self.rejects.push(Reject { reason, position, digest, text });
        }
    }
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
pub struct Head<'a> {
    event_type: Option<Cow<'a, str>>,
    /// The record's id, empty if it has none.
    pub id: Cow<'a, str>,
}

impl<'a> Head<'a> {
    /// Reads type and id of a record.
    ///
    /// # Errors
    ///
    /// A reason when the text is no JSON object.
    pub fn read(text: &'a str) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        deserializer
            .deserialize_map(HeadVisitor)
            .and_then(|head| deserializer.end().map(|()| head))
            .map_err(|error| format!("not a JSON object: {error}"))
    }

    fn is_sign_on(&self) -> bool {
        self.event_type.as_deref().is_some_and(normalize::names::is_sign_on)
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
