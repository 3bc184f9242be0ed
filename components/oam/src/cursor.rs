//! The cursor of this component: a page, how many rows were read from its
//! beginning on, and a digest of their ids in the order received.
//!
//! Page numbers are no positions: rows shift when others arrive or are purged. So
//! the page is the one before that which was being read, and its rows are met again
//! on resuming, in silence ([`signon_kit::resume`]); if they have changed, the range is
//! returned whole. Rows without an id are named by how many equal
//! ones were met, which does not fit a cursor: once there is one, the page stays
//! the first that this reading knows.

use serde::{Deserialize, Serialize};
use signon_kit::contract::SourceError;
use signon_kit::cursor;
use signon_kit::resume::{Met, Resume};

/// Version of the form below; another one is refused as expired.
const VERSION: u32 = 2;

/// A place inside a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
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

/// A page that a cursor may begin with, and what was read since.
#[derive(Debug, Clone)]
pub struct PageMark {
    page: u32,
    rows_before: u64,
    distinct_before: u64,
    since: Resume,
}

impl PageMark {
    /// The beginning of a page.
    pub fn new(page: u32, rows_before: u64, distinct_before: u64) -> Self {
        Self { page, rows_before, distinct_before, since: Resume::default() }
    }

    /// Where a cursor begins.
    pub fn of(cursor: Cursor) -> Self {
        let Cursor { page, rows_before, distinct_before, rows, head } = cursor;
        Self { since: Resume::behind(rows, head), ..Self::new(page, rows_before, distinct_before) }
    }

    /// Meets the next row by its id.
    pub fn meet(&mut self, id: &str) -> Met {
        self.since.meet(id)
    }

    /// Whether the place where an earlier session stopped is still ahead.
    pub fn is_behind(&self) -> bool {
        self.since.is_behind()
    }

    /// The cursor behind what was read since.
    pub fn cursor(&self) -> Cursor {
        let Self { page, rows_before, distinct_before, since } = self;
        let (rows, head) = since.place();
        let (rows_before, distinct_before) = (*rows_before, *distinct_before);
        Cursor { page: *page, rows_before, distinct_before, rows, head }
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
        let found: Self = cursor::decode("oam", VERSION, cursor)?;
        if found.page == 0 { Err(cursor::expired("oam")) } else { Ok(found) }
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
        let mut mark = PageMark::new(3, 20, 19);
        mark.meet("a");
        let position = mark.cursor();
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
