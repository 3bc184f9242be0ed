//! From a framed record to an event, or to the reason why it is none.

use std::borrow::Cow;

use signon_kit::contract::ReadOptions;
use signon_kit::domain;
use signon_kit::gathering::Gathering;
use signon_kit::identity::{Equals, said};
use signon_kit::json::{self, Members, Node, Parsed};
use signon_kit::text::from_bytes;

use crate::normalize::{self, Known, Origin, TYPE_KEYS};

/// Why a record is rejected that has no type.
const NO_TYPE: &str = "no eventType and no type: not an audit record";

/// Takes framed records into a batch.
#[derive(Debug)]
pub struct Taker {
    /// Where the records were fetched.
    pub origin: Origin,
    /// What to put into events.
    pub options: ReadOptions,
    /// Names records without an id.
    pub equals: Equals,
}

impl Taker {
    /// Names nothing yet.
    pub fn new(origin: Origin, options: ReadOptions) -> Self {
        Self { origin, options, equals: Equals::default() }
    }

    /// Takes one framed record, the `position`th of its page, and gives back what tells
    /// it from others: its id, or that of the event made of it; empty if nothing was.
    pub fn take<'a>(
        &mut self,
        gathering: &mut Gathering,
        bytes: &'a [u8],
        position: u64,
    ) -> Cow<'a, str> {
        match Head::read(bytes) {
            Ok(head) => self.take_head(gathering, head, bytes, position),
            Err(reason) => {
                gathering.reject(reason, position, bytes, None);
                Cow::Borrowed("")
            }
        }
    }

    fn take_head<'a>(
        &mut self,
        gathering: &mut Gathering,
        head: Head<'a>,
        bytes: &'a [u8],
        position: u64,
    ) -> Cow<'a, str> {
        let made = match &head.kind {
            Kind::Known(event_type) if self.may_be_wanted(event_type, bytes) => {
                self.take_typed(gathering, bytes, (event_type, head.id.as_ref()), position)
            }
            Kind::Other(event_type) if self.options.classes.other => {
                self.take_typed(gathering, bytes, (event_type, head.id.as_ref()), position)
            }
            Kind::Known(_) | Kind::Other(_) => {
                gathering.filtered();
                String::new()
            }
            Kind::Wrapper { typed } => {
                self.take_wrapped(gathering, &from_bytes(bytes), position, *typed)
            }
        };
        match head.id {
            Some((_, id)) => id,
            None => Cow::Owned(made),
        }
    }

    /// Whether a record has to be read to tell. OCI's own service writes each question
    /// for users and groups, too; what no table knows and carries nothing of a domain is
    /// neither a sign-on nor about an account.
    fn may_be_wanted(&self, event_type: &str, bytes: &[u8]) -> bool {
        self.options.classes.other || domain::of_oci(event_type, "").is_some() || has_details(bytes)
    }

    /// Gives back the id of the event that the record became.
    fn take_typed(
        &mut self,
        gathering: &mut Gathering,
        bytes: &[u8],
        (event_type, id): (&str, Option<&Id<'_>>),
        position: u64,
    ) -> String {
        let text = from_bytes(bytes);
        let known = Known { event_type, id: id.map(|(key, id)| (*key, id.as_ref())) };
        match normalize::record(&text, known, &self.origin, self.options, &mut self.equals) {
            Ok(Some(event)) => {
                let id = event.native_id.clone();
                gathering.event(event, text.len());
                id
            }
            Ok(None) => {
                gathering.filtered();
                String::new()
            }
            Err(unreadable) => {
                let normalize::Unreadable { reason, scrubbed } = unreadable;
                gathering.reject(reason, position, bytes, scrubbed);
                String::new()
            }
        }
    }

    /// Records as Logging Search and its copies wrap them: `logContent`, `results`. What
    /// has a type of its own is a wrapper only if there is a sign-on in it.
    fn take_wrapped(
        &mut self,
        gathering: &mut Gathering,
        text: &str,
        position: u64,
        typed: bool,
    ) -> String {
        let parsed = Parsed::read(text);
        let inner = parsed.as_ref().map(|parsed| unwrap(parsed.root())).unwrap_or_default();
        let heads: Vec<_> = inner.iter().map(|record| Head::read(record.as_bytes())).collect();
        let is_sign_on = |head: &Head<'_>| matches!(head.kind, Kind::Known(_));
        if typed && !heads.iter().flatten().any(is_sign_on) {
            gathering.filtered();
            return String::new();
        }
        if inner.is_empty() {
            gathering.reject(NO_TYPE.to_owned(), position, text.as_bytes(), None);
            return String::new();
        }
        let mut ids = Vec::new();
        for (record, head) in inner.iter().zip(heads) {
            let bytes = record.as_bytes();
            match head {
                // Wrappers are not looked into twice.
                Ok(Head { kind: Kind::Wrapper { typed: true }, .. }) => gathering.filtered(),
                Ok(Head { kind: Kind::Wrapper { typed: false }, .. }) => {
                    gathering.reject(NO_TYPE.to_owned(), position, bytes, None);
                }
                Ok(head) => ids.push(self.take_head(gathering, head, bytes, position)),
                Err(reason) => gathering.reject(reason, position, bytes, None),
            }
        }
        ids.join("\n")
    }
}

/// The texts of the records inside a wrapper.
fn unwrap(node: Node<'_>) -> Vec<&str> {
    if let Some(content) = node.get("logContent") {
        return vec![content.raw()];
    }
    if let Some(content) = node.get("data").and_then(|data| data.get("logContent")) {
        return vec![content.raw()];
    }
    let results = node.get("results").filter(|results| results.kind() == json::Kind::Array);
    let results = results.into_iter().flat_map(Node::children);
    results
        .flat_map(|result| {
            let inner = unwrap(result);
            if inner.is_empty() { vec![result.raw()] } else { inner }
        })
        .collect()
}

/// Where records have their id, the first of them before the others.
const ID_KEYS: [&str; 3] = ["eventId", "id", "eventID"];

/// Members that hold records.
const WRAPPER_KEYS: [&str; 2] = ["logContent", "results"];

/// The member that says the id, and what it says.
type Id<'a> = (&'static str, Cow<'a, str>);

/// What a record is.
#[derive(Debug, Clone, PartialEq)]
enum Kind<'a> {
    /// Of a service that writes sign-ons or account changes, by its type.
    Known(Cow<'a, str>),
    /// Something else, by its type.
    Other(Cow<'a, str>),
    /// Perhaps records in a wrapper: it holds some, or says no type.
    Wrapper { typed: bool },
}

/// What decides about a record, read without reading the rest: what is inside the
/// values of a record that is passed over was never looked at.
///
/// Invariant: no member beside it makes a sign-on something else. Of several types a
/// sign-on's counts; members that say nothing hide none that do.
#[derive(Debug)]
struct Head<'a> {
    kind: Kind<'a>,
    id: Option<Id<'a>>,
}

impl<'a> Head<'a> {
    /// Reads type and id of a record.
    ///
    /// # Errors
    ///
    /// A reason when the bytes are no JSON object.
    fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let (mut kind, mut id) = (Kind::Wrapper { typed: false }, None::<(usize, Cow<'a, str>)>);
        let (mut wraps, mut place_of_type) = (false, usize::MAX);
        for member in Members::of(bytes) {
            let (key, value) = member.map_err(|error| format!("not a JSON object: {error}"))?;
            let place = |keys: &[&str]| keys.iter().position(|known| *known == key);
            if let Some(place) = place(&TYPE_KEYS) {
                match said(value) {
                    Some(event_type)
                        if place <= place_of_type
                            && domain::known_service(event_type.trim()).is_some() =>
                    {
                        (kind, place_of_type) = (Kind::Known(event_type), place);
                    }
                    Some(event_type) if place_of_type == usize::MAX => {
                        kind = Kind::Other(event_type);
                    }
                    _ => {}
                }
            } else if let Some(place) = place(&ID_KEYS) {
                // Of the same name the last, as most parsers do.
                if id.as_ref().is_none_or(|(known, _)| place <= *known)
                    && let Some(text) = said(value)
                {
                    id = Some((place, text));
                }
            } else if WRAPPER_KEYS.contains(&key.as_ref()) {
                wraps |= matches!(value.first(), Some(b'{' | b'['));
            }
        }
        if wraps && matches!(kind, Kind::Other(_)) {
            kind = Kind::Wrapper { typed: true };
        }
        Ok(Self { kind, id: id.map(|(place, text)| (ID_KEYS[place], text)) })
    }
}

/// Whether a record carries attributes of an identity domain's event.
fn has_details(bytes: &[u8]) -> bool {
    const KEY: &[u8] = b"\"additionalDetails\"";
    memchr::memmem::find_iter(bytes, KEY).any(|at| {
        let mut behind = bytes[at + KEY.len()..].iter().filter(|byte| !byte.is_ascii_whitespace());
        behind.next() == Some(&b':') && !matches!(behind.next(), Some(b'n') | None)
    })
}
