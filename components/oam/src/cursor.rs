//! The position of this component: a page, how many rows were read from its
//! beginning on, and a digest of their ids in the order received.
//!
//! Page numbers are no positions: rows shift when others arrive or are purged. So
//! the page is the one before that which was being read, and its rows are met again
//! on resuming, in silence: are they the same ones in the same order, nothing has
//! shifted, and reading goes on behind them; otherwise the range is returned whole
//! and the host removes what it has. Rows without an id are named by how many equal
//! ones were met, which does not fit a cursor: once there is one, the page stays
//! the first that this reading knows.

use serde::{Deserialize, Serialize};
use signon_kit::contract::SourceError;
use signon_kit::digest::HeadDigest;

/// Version of the form below; another one is refused as expired.
const VERSION: u32 = 2;

/// A position inside a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "v")]
    version: u32,
    /// The page to begin with, from 1.
    #[serde(rename = "p")]
    pub page: u32,
    /// Rows on the pages before it.
    #[serde(rename = "r")]
    pub rows_before: u64,
    /// Different rows on the pages before it.
    #[serde(rename = "d")]
    pub distinct_before: u64,
    /// Rows read from the beginning of the page on.
    #[serde(rename = "n")]
    pub rows: u64,
    /// Digest of their ids; empty when there are none.
    pub head: String,
}

/// A page that a position may begin with, and what was read since.
#[derive(Debug, Clone)]
pub struct PageMark {
    page: u32,
    rows_before: u64,
    distinct_before: u64,
    rows: u64,
    head: HeadDigest,
}

impl PageMark {
    /// The beginning of a page.
    pub fn new(page: u32, rows_before: u64, distinct_before: u64) -> Self {
        Self { page, rows_before, distinct_before, rows: 0, head: HeadDigest::default() }
    }

    /// Where a position begins.
    pub fn of(position: &Cursor) -> Self {
        Self::new(position.page, position.rows_before, position.distinct_before)
    }

    /// Adds the id of the next row.
    pub fn add(&mut self, id: &str) {
        self.rows += 1;
        self.head.add(id);
    }

    /// The position behind what was read since.
    pub fn position(&self) -> Cursor {
        Cursor {
            version: VERSION,
            page: self.page,
            rows_before: self.rows_before,
            distinct_before: self.distinct_before,
            rows: self.rows,
            head: if self.rows == 0 { String::new() } else { self.head.text() },
        }
    }
}

impl Cursor {
    /// Reads a cursor.
    ///
    /// # Errors
    ///
    /// `cursor-expired` when it is not one of this version: the host then reads
    /// the range again from its start.
    pub fn decode(cursor: &[u8]) -> Result<Self, SourceError> {
        match serde_json::from_slice::<Self>(cursor) {
            Ok(position) if position.version == VERSION && position.page > 0 => Ok(position),
            _ => Err(SourceError::CursorExpired(
                "the cursor was not written by this version of oam; the range is read again"
                    .to_owned(),
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
        let mut mark = PageMark::new(3, 20, 19);
        mark.add("a");
        let position = mark.position();
        assert_eq!(Cursor::decode(&position.encode()).unwrap(), position);
        for foreign in [
            &b""[..],
            b"{}",
            b"\xff",
            br#"{"v":1,"n":0,"head":""}"#,
            br#"{"v":2,"p":0,"r":0,"d":0,"n":0,"head":""}"#,
        ] {
            assert!(matches!(Cursor::decode(foreign), Err(SourceError::CursorExpired(_))));
        }
    }
}
