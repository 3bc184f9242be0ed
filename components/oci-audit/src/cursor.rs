//! The cursor of this component: which page, how many records from its beginning on,
//! and a digest of their ids. Where sign-ons have no id the page is one before the first
//! of them, and the records of several pages count.
//!
//! Order inside a page is documented nowhere and never trusted ([`signon_kit::resume`]).

use serde::{Deserialize, Serialize};
use signon_kit::contract::SourceError;
use signon_kit::cursor;

/// Version of the form below; another one is refused as expired.
const VERSION: u32 = 1;

/// A place inside a range.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// Token of the page; `None` for the first.
    pub page: Option<String>,
    /// Records read from its beginning on.
    #[serde(rename = "n")]
    pub records: u64,
    /// Digest of their ids; empty when there are none.
    pub head: String,
}

impl Cursor {
    /// Reads a cursor.
    ///
    /// # Errors
    ///
    /// `cursor-expired` when it is not one of this version.
    pub fn decode(cursor: &[u8]) -> Result<Self, SourceError> {
        cursor::decode("oci_audit", VERSION, cursor)
    }

    /// Writes a cursor.
    pub fn encode(&self) -> Vec<u8> {
        cursor::encode(VERSION, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_a_foreign_one_is_expired() {
        let position = Cursor { page: Some("AP==".into()), records: 1, head: "ab".into() };
        assert_eq!(Cursor::decode(&position.encode()).unwrap(), position);
        for foreign in [&b""[..], b"{}", b"\xff", br#"{"v":2,"page":null,"n":0,"head":""}"#] {
            assert!(matches!(Cursor::decode(foreign), Err(SourceError::CursorExpired(_))));
        }
    }
}
