//! From a framed record to an event, or to the reason why it is none.

use std::borrow::Cow;
use std::collections::VecDeque;

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::ReadOptions;
use signon_kit::domain;
use signon_kit::json::Members;
use signon_kit::record_id::{Equals, single_scalar};
use signon_kit::text::from_bytes;

use crate::normalize::{self, Known, Origin, TYPE_KEYS};
use crate::wrapped::{self, Piece};

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
    /// it from others: its id, or those of the events made of it; empty if nothing was.
    pub fn take<'a>(
        &mut self,
        batch: &mut BatchBuilder,
        bytes: &'a [u8],
        position: u64,
    ) -> Cow<'a, str> {
        let pieces = match self.take_or_open(batch, bytes, position) {
            Taking::Told(id) => return id,
            Taking::Pieces(pieces) => pieces,
        };
        let take = |(piece, position)| self.take_piece(batch, &piece, position);
        let ids: Vec<String> = pieces.into_iter().zip(position..).map(take).collect();
        Cow::Owned(ids.join("\n"))
    }

    /// The same, but what is in a wrapper is left to be taken.
    pub fn take_or_open<'a>(
        &mut self,
        batch: &mut BatchBuilder,
        bytes: &'a [u8],
        position: u64,
    ) -> Taking<'a> {
        let head = match Head::read(bytes) {
            Ok(head) => head,
            Err(reason) => {
                batch.reject(reason, position, bytes, None);
                return Taking::Told(Cow::Borrowed(""));
            }
        };
        match &head.kind {
            Kind::Wrapper(record_type) => open(batch, bytes, record_type.as_deref()),
            _ => Taking::Told(self.take_head(batch, head, bytes, position)),
        }
    }

    /// Takes what was found in a wrapper, and gives back the id of what was made of it.
    pub fn take_piece(&mut self, batch: &mut BatchBuilder, piece: &Piece, position: u64) -> String {
        let Piece { bytes, region, refused, .. } = piece;
        let head = match refused {
            Some(reason) => Err(reason.clone()),
            None => Head::read(bytes),
        };
        match head {
            Ok(head) => {
                let own = self.origin.clone();
                if own.region.is_none() {
                    self.origin.region.clone_from(region);
                }
                let id = self.take_head(batch, head, bytes, position).into_owned();
                self.origin = own;
                id
            }
            Err(reason) => {
                batch.reject(reason, position, bytes, None);
                String::new()
            }
        }
    }

    fn take_head<'a>(
        &mut self,
        batch: &mut BatchBuilder,
        head: Head<'a>,
        bytes: &'a [u8],
        position: u64,
    ) -> Cow<'a, str> {
        let made = match &head.kind {
            Kind::Known(event_type) if self.may_be_wanted(event_type, bytes) => {
                self.take_typed(batch, bytes, (event_type, head.id.as_ref()), position)
            }
            Kind::Other(event_type) if self.options.classes.other => {
                self.take_typed(batch, bytes, (event_type, head.id.as_ref()), position)
            }
            Kind::Known(event_type) | Kind::Other(event_type) => {
                batch.filtered(event_type);
                String::new()
            }
            // Of a wrapper in a wrapper what is in it was taken.
            Kind::Wrapper(event_type) => {
                batch.filtered(event_type.as_deref().unwrap_or_default());
                String::new()
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
        batch: &mut BatchBuilder,
        bytes: &[u8],
        (event_type, id): (&str, Option<&Id<'_>>),
        position: u64,
    ) -> String {
        let text = from_bytes(bytes);
        let known = Known { event_type, id: id.map(|(key, id)| (*key, id.as_ref())) };
        match normalize::record(&text, known, &self.origin, self.options, &mut self.equals) {
            Ok(Some(event)) => {
                let id = event.native_id.clone();
                batch.event(event, text.len());
                id
            }
            Ok(None) => {
                batch.filtered(event_type);
                String::new()
            }
            Err(unreadable) => {
                let normalize::Unreadable { reason, scrubbed } = unreadable;
                batch.reject(reason, position, bytes, scrubbed);
                String::new()
            }
        }
    }
}

/// What became of a framed record.
#[derive(Debug)]
pub enum Taking<'a> {
    /// It was taken; its id.
    Told(Cow<'a, str>),
    /// It is a wrapper of these, which are to be taken.
    Pieces(VecDeque<Piece>),
}

/// Looks into a wrapper. What has a type of its own is one only if there is a sign-on in
/// it.
fn open<'a>(batch: &mut BatchBuilder, bytes: &[u8], record_type: Option<&str>) -> Taking<'a> {
    let found = wrapped::open(bytes);
    if let Some(record_type) = record_type {
        let is_sign_on = |piece: &Piece| {
            let head = Head::read(&piece.bytes);
            piece.refused.is_none() && matches!(head, Ok(Head { kind: Kind::Known(_), .. }))
        };
        if !found.pieces.iter().any(is_sign_on) {
            batch.filtered(record_type);
            return Taking::Told(Cow::Borrowed(""));
        }
    }
    batch.findings.extend(found.findings);
    Taking::Pieces(found.pieces)
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
    Wrapper(Option<Cow<'a, str>>),
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
        let (mut kind, mut id) = (Kind::Wrapper(None), None::<(usize, Cow<'a, str>)>);
        let (mut wraps, mut place_of_type) = (false, usize::MAX);
        for member in Members::of(bytes) {
            let (key, value) = member.map_err(|error| format!("not a JSON object: {error}"))?;
            let place = |keys: &[&str]| keys.iter().position(|known| *known == key);
            if let Some(place) = place(&TYPE_KEYS) {
                match single_scalar(value) {
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
                    && let Some(text) = single_scalar(value)
                {
                    id = Some((place, text));
                }
            } else if WRAPPER_KEYS.contains(&key.as_ref()) {
                wraps |= matches!(value.first(), Some(b'{' | b'['));
            }
        }
        let kind = match kind {
            Kind::Other(event_type) if wraps => Kind::Wrapper(Some(event_type)),
            kind => kind,
        };
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
