//! The position of this component: a key into the rows sorted by time, and how
//! far the page behind that key was read.
//!
//! Keys do not shift as offsets do when rows arrive or are purged. Order inside a
//! page is not trusted ([`signon_kit::resume`]).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use signon_kit::contract::SourceError;
use signon_kit::cursor;
use signon_kit::range::SecondRange;
use signon_kit::text::hex;

/// Version of the form below; another one is refused as expired.
const VERSION: u32 = 1;

/// Most rows of one millisecond that a cursor remembers: 2 KiB of the 4 it may
/// have. The rest would be read again, and the host removes it.
const MOST_SEEN: usize = 128;

/// Which page comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageKey {
    /// At the rows from that millisecond on, by time.
    From(i64),
    /// At the rows of one millisecond, by id.
    At {
        /// The millisecond.
        at: i64,
        /// The id behind which to go on.
        after: Option<String>,
    },
}

/// A position inside a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which page.
    pub page_key: PageKey,
    /// Rows of the key's millisecond that were read before this page and may
    /// come again.
    pub seen: BTreeSet<RowDigest>,
    /// Rows of the page that were read.
    pub rows: u64,
    /// Digest of their ids; empty when there are none.
    pub head: String,
    /// How many rows the first answer said the range holds.
    pub total: Option<u64>,
}

/// The cursor as it is written.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    #[serde(rename = "t")]
    time: i64,
    #[serde(rename = "eq", default, skip_serializing_if = "std::ops::Not::not")]
    moment: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    seen: String,
    #[serde(rename = "n")]
    rows: u64,
    head: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

impl Cursor {
    /// The start of a range.
    pub fn start(time: i64) -> Self {
        Self::at_page(PageKey::From(time), BTreeSet::new(), None)
    }

    /// The start of a page.
    pub fn at_page(page_key: PageKey, seen: BTreeSet<RowDigest>, total: Option<u64>) -> Self {
        Self { page_key, seen, rows: 0, head: String::new(), total }
    }

    /// This position after some rows of the page.
    #[must_use]
    pub fn after_rows(&self, (rows, head): (u64, String)) -> Self {
        Self { rows, head, ..self.clone() }
    }

    /// Reads a cursor of a range.
    ///
    /// # Errors
    ///
    /// `cursor-expired` when it is not one of this version and range: the host
    /// then reads the range again from its start.
    pub fn decode(cursor: &[u8], range: SecondRange) -> Result<Self, SourceError> {
        let written: Written = cursor::decode("idcs", VERSION, cursor)?;
        // The end itself is where a finished reading stands.
        if !(range.start()..=range.end()).contains(&written.time) {
            return Err(SourceError::CursorExpired(
                "the cursor belongs to another range".to_owned(),
            ));
        }
        let seen = written.seen.as_bytes().chunks(RowDigest::DIGITS);
        let page_key = if written.moment {
            PageKey::At { at: written.time, after: written.after }
        } else {
            PageKey::From(written.time)
        };
        Ok(Self {
            page_key,
            seen: seen
                .map(RowDigest::parse)
                .collect::<Option<_>>()
                .ok_or_else(|| cursor::expired("idcs"))?,
            rows: written.rows,
            head: written.head,
            total: written.total,
        })
    }

    /// Writes a cursor.
    pub fn encode(&self) -> Vec<u8> {
        let (time, moment, after) = match &self.page_key {
            PageKey::From(time) => (*time, false, None),
            PageKey::At { at, after } => (*at, true, after.clone()),
        };
        let written = Written {
            time,
            moment,
            after,
            seen: self.seen.iter().take(MOST_SEEN).map(|digest| digest.text()).collect(),
            rows: self.rows,
            head: self.head.clone(),
            total: self.total,
        };
        cursor::encode(VERSION, &written)
    }
}

/// Stands for the id of a row. 64 bits: among the rows of one millisecond chance
/// does not make two the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowDigest(u64);

impl RowDigest {
    const DIGITS: usize = 16;

    /// The digest of an id.
    pub fn of(id: &str) -> Self {
        let digest = Sha256::digest(id);
        let mut head = [0; 8];
        head.copy_from_slice(&digest[..8]);
        Self(u64::from_be_bytes(head))
    }

    /// Sixteen hex digits.
    pub fn text(self) -> String {
        hex(&self.0.to_be_bytes())
    }

    fn parse(digits: &[u8]) -> Option<Self> {
        let digits = std::str::from_utf8(digits).ok()?;
        let whole = digits.len() == Self::DIGITS;
        whole.then(|| u64::from_str_radix(digits, 16).ok().map(Self)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use signon_kit::contract::TimeRange;

    use super::*;

    fn range() -> SecondRange {
        TimeRange { start: 1000, end: 9000 }.try_into().unwrap()
    }

    #[test]
    fn a_cursor_reads_back_and_a_foreign_one_is_expired() {
        let head = || (1, "0123456789abcdef".repeat(2));
        let seen: BTreeSet<RowDigest> = ["a", "b"].map(RowDigest::of).into_iter().collect();
        for page_key in [
            PageKey::From(1000),
            PageKey::At { at: 2001, after: None },
            PageKey::At { at: 2001, after: Some("\"\u{1}ü".to_owned()) },
        ] {
            let position = Cursor::at_page(page_key, seen.clone(), Some(7)).after_rows(head());
            assert_eq!(Cursor::decode(&position.encode(), range()).unwrap(), position);
        }
        for foreign in [
            &b""[..],
            b"{}",
            b"\xff",
            br#"{"v":2,"t":2000,"n":0,"head":""}"#,
            br#"{"v":1,"t":2000,"n":0,"head":"","seen":"xyz"}"#,
            br#"{"v":1,"t":9001,"n":0,"head":""}"#,
        ] {
            let read = Cursor::decode(foreign, range());
            assert!(matches!(read, Err(SourceError::CursorExpired(_))), "{read:?}");
        }
    }

    #[test]
    fn a_cursor_stays_small_however_many_rows_share_a_moment() {
        let seen = (0..5000).map(|n| RowDigest::of(&n.to_string())).collect();
        let page_key =
            PageKey::At { at: i64::MAX, after: Some("\u{1}".repeat(crate::keyset::LONGEST_ID)) };
        let head = || (1, "0123456789abcdef".repeat(2));
        let position =
            Cursor::at_page(page_key, seen, Some(u64::MAX)).after_rows((u64::MAX, head().1));
        assert!(position.encode().len() < 4096, "{}", position.encode().len());
    }
}
