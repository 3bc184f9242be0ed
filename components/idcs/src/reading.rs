//! From a framed row to an event, or to the reason why it is none.

use std::borrow::Cow;

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::ReadOptions;
use signon_kit::digest::content_id;
use signon_kit::json::{Members, Parsed};
use signon_kit::record_id::{Equals, is_no_secret, own_id, single_scalar};
use signon_kit::text::from_bytes;
use signon_kit::time;

use crate::cursor::RowDigest;
use crate::keyset::RowKey;
use crate::normalize::{self, Unreadable};

/// Takes one framed row, the `position`th of its page, into a batch under its key.
pub fn take(
    batch: &mut BatchBuilder,
    bytes: &[u8],
    key: RowKey,
    position: u64,
    options: ReadOptions,
) {
    let text = from_bytes(bytes);
    match normalize::row(&text, key, options) {
        Ok(event) if !options.classes.has(event.class) => {
            batch.filtered(&event.native_type);
        }
        Ok(event) => batch.event(event, text.len()),
        Err(Unreadable { reason, scrubbed }) => {
            batch.reject(reason, position, bytes, scrubbed);
        }
    }
}

/// What tells a framed row from others; `equals` names the rows of its page that have
/// no id. Decided here alone, for paging and for the event.
pub fn key(bytes: &[u8], equals: &mut Equals) -> RowKey {
    let Head { id, time } = Head::read(bytes).unwrap_or_default();
    let own = id.as_deref().filter(|id| is_no_secret(id)).and_then(own_id);
    let has_name = own.is_some();
    let name = own.unwrap_or_else(|| match normalize::clean(&from_bytes(bytes)) {
        Ok((clean, _)) => equals.name(clean.text()),
        // It becomes no event.
        Err(_) => content_id(bytes),
    });
    RowKey { id, digest: RowDigest::of(&name), name, has_name, time }
}

/// What an answer says besides its rows, with an empty list or none at all.
#[derive(Debug, Default, PartialEq)]
pub struct Envelope {
    /// How many rows fit the question.
    pub total: Option<u64>,
}

impl Envelope {
    /// Reads what stands around a list.
    pub fn read(bytes: &[u8]) -> Self {
        Self::parse(bytes).unwrap_or_default()
    }

    /// Reads an object that may be an answer without a list: `Resources` may be
    /// left out where nothing fits.
    pub fn of_nothing(bytes: &[u8]) -> Option<Self> {
        Self::parse(bytes).filter(|frame| frame.total == Some(0))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = from_bytes(bytes);
        let parsed = Parsed::read(text).ok()?;
        // Some answers of Oracle's write numbers as texts.
        let total = parsed.root().get("totalResults")?.scalar_text()?.trim().parse().ok();
        Some(Self { total })
    }
}

/// Id and time of a row, read without reading the rest: of members of the same name
/// the last that says something.
#[derive(Debug, Default)]
struct Head {
    id: Option<String>,
    time: Option<(i64, String)>,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut head = Head::default();
        for member in Members::of(bytes) {
            let (key, value) = member.ok()?;
            if key == "id" {
                head.id = single_scalar(value).map(Cow::into_owned).or(head.id);
            } else if normalize::is_time(&key) {
                let readable = single_scalar(value).and_then(|text| {
                    let time = time::parse(&text)?;
                    Some((time, text.into_owned()))
                });
                head.time = readable.or(head.time);
            }
        }
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_numbers_or_texts() {
        assert_eq!(Envelope::read(br#"{"totalResults":3,"Resources":[]}"#).total, Some(3));
        assert_eq!(Envelope::read(br#"{"Resources":[],"totalResults":"28"}"#).total, Some(28));
        for none in [&br#"{"totalResults":-1}"#[..], b"{}", b"[", br#"{"totalResults":null}"#] {
            assert_eq!(Envelope::read(none).total, None);
        }
        assert!(Envelope::of_nothing(br#"{"totalResults":0}"#).is_some());
        assert!(Envelope::of_nothing(br#"{"totalResults":1}"#).is_none());
    }

    #[test]
    fn a_key_is_id_and_time_whatever_else_is_there() {
        let row = br#"{"x":[{}],"id":"A","timeStamp":"2018-06-01T00:04:02.112Z"}"#;
        let key = |row: &[u8]| key(row, &mut Equals::default());
        assert_eq!(key(row).time.map(|(time, _)| time), Some(1_527_811_442_112));
        assert_eq!(key(row).id.as_deref(), Some("A"));
        let without = key(br#"{"timestamp":"x"}"#);
        assert_eq!((without.id, without.time), (None, None));
        assert_ne!(key(b"1").digest, key(b"2").digest);
        let twice = br#"{"id":"A","timestamp":1,"TimeStamp":"x","id":null,"timeStamp":[2]}"#;
        assert_eq!(key(twice).id.as_deref(), Some("A"));
        assert_eq!(key(twice).time, Some((2000, "2".to_owned())));
    }
}
