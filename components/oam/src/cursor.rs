//! The position of this component: how many rows of the range were read, and a
//! digest of their ids in the order received.
//!
//! Page numbers are no positions: rows shift when others arrive or are purged.
//! Which ids were met, and how many equal rows without one, is needed to know the
//! end and to name rows, and does not fit a cursor. So the pages before are read
//! again on resuming, in silence: are their first rows the same ones in the same
//! order, reading goes on behind them with everything known; otherwise the range
//! is returned whole and the host removes what it has.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use signon_kit::contract::SourceError;
use signon_kit::text::hex;

/// Version of the form below; another one is refused as expired.
const VERSION: u32 = 1;

/// A position inside a range.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    #[serde(rename = "v")]
    version: u32,
    /// Rows read since the beginning of the range.
    #[serde(rename = "n")]
    pub rows: u64,
    /// Digest of their ids; empty when there are none.
    pub head: String,
}

impl Position {
    /// The position after some rows.
    pub fn new(rows: u64, head: &HeadDigest) -> Self {
        let head = if rows == 0 { String::new() } else { head.text() };
        Self { version: VERSION, rows, head }
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

/// Digest of row ids in the order received.
#[derive(Debug, Clone, Default)]
pub struct HeadDigest(Sha256);

impl HeadDigest {
    /// Adds the id of the next row.
    pub fn add(&mut self, id: &str) {
        self.0.update((id.len() as u64).to_le_bytes());
        self.0.update(id.as_bytes());
    }

    /// The digest so far; 128 bits are plenty against chance.
    pub fn text(&self) -> String {
        hex(&self.0.clone().finalize()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_a_foreign_one_is_expired() {
        let mut head = HeadDigest::default();
        head.add("a");
        let position = Position::new(1, &head);
        assert_eq!(Position::decode(&position.encode()).unwrap(), position);
        for foreign in [&b""[..], b"{}", b"\xff", br#"{"v":2,"n":0,"head":""}"#] {
            assert!(matches!(Position::decode(foreign), Err(SourceError::CursorExpired(_))));
        }
    }
}
