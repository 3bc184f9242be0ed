//! The position of this component: which page, how many records from its beginning on,
//! and a digest of their ids. Where sign-ons have no id the page is one before the first
//! of them, and the records of several pages count.
//!
//! Order inside a page is documented nowhere and never trusted: on resuming, the
//! first records of the page are skipped only if they are the same ones in the
//! same order. Otherwise the page is returned whole and the host removes what it
//! has.

use serde::{Deserialize, Serialize};
use signon_kit::contract::SourceError;
use signon_kit::digest::HeadDigest;

/// Version of the form below; another one is refused as expired.
const VERSION: u32 = 1;

/// A position inside a range.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "v")]
    version: u32,
    /// Token of the page; `None` for the first.
    pub page: Option<String>,
    /// Records read from its beginning on.
    #[serde(rename = "n")]
    pub records: u64,
    /// Digest of their ids; empty when there are none.
    pub head: String,
}

impl Cursor {
    /// The position in a page after some records.
    pub fn new(page: Option<String>, records: u64, head: &HeadDigest) -> Self {
        let head = if records == 0 { String::new() } else { head.text() };
        Self::recognized(page, records, head)
    }

    /// The position of a cursor whose records are still to be recognized.
    pub fn recognized(page: Option<String>, records: u64, head: String) -> Self {
        Self { version: VERSION, page, records, head }
    }

    /// Reads a cursor.
    ///
    /// # Errors
    ///
    /// `cursor-expired` when it is not one of this version: the host then reads
    /// the range again from its start.
    pub fn decode(cursor: &[u8]) -> Result<Self, SourceError> {
        match serde_json::from_slice::<Self>(cursor) {
            Ok(position) if position.version == VERSION => Ok(position),
            _ => Err(SourceError::CursorExpired(
                "the cursor was not written by this version of oci-audit".to_owned(),
            )),
        }
    }

    /// Writes a cursor.
    pub fn encode(&self) -> Vec<u8> {
        // Plain texts and numbers always serialize.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_a_foreign_one_is_expired() {
        let mut head = HeadDigest::default();
        head.add("a");
        let position = Cursor::new(Some("AP==".into()), 1, &head);
        assert_eq!(Cursor::decode(&position.encode()).unwrap(), position);
        for foreign in [&b""[..], b"{}", b"\xff", br#"{"v":2,"page":null,"n":0,"head":""}"#] {
            assert!(matches!(Cursor::decode(foreign), Err(SourceError::CursorExpired(_))));
        }
    }
}
