//! Which rows of a range were met: their ids, and how many equal ones without an
//! id. Bounded: a range with more rows than fit is an error, never a wrong count.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use signon_kit::record_id::Equals;
use signon_kit::resume::Met;

use crate::cursor::{Cursor, PageMark};

/// Most rows of one range (at most an hour, so 145 sign-ons a second): their ids
/// take about 12 MiB.
pub const MOST_ROWS: u64 = 1 << 19;

/// What tells a row from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The row's own `eventID`.
    Native(String),
    /// Digest of the row's canonical form, in hex: the row has no id.
    Content(String),
}

impl Key {
    /// A short digest; 64 bits are plenty for [`MOST_ROWS`].
    pub fn short(&self) -> u64 {
        match self {
            Self::Native(id) => short("id", id),
            Self::Content(digest) => short("content", digest),
        }
    }
}

fn short(kind: &str, text: &str) -> u64 {
    let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(text).finalize();
    digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// A row that was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The row's id, or one made of its content and its number among equals.
    pub id: String,
    /// Whether it is met for the first time.
    pub is_new: bool,
    /// Whether an earlier session read it.
    pub met: Met,
}

/// The rows of a range in the order received, from its first page on or from a
/// later one.
#[derive(Debug, Clone)]
pub struct SeenRows {
    met: BTreeSet<u64>,
    equals: Equals,
    /// Rows and different rows on pages before the first one here.
    rows_before: u64,
    distinct_before: u64,
    rows: u64,
    /// Since the first page here, the page before this one, this page.
    marks: [PageMark; 3],
}

impl Default for SeenRows {
    fn default() -> Self {
        Self::from(PageMark::new(1, 0, 0).cursor())
    }
}

impl From<Cursor> for SeenRows {
    /// Begins with the page of a cursor.
    fn from(cursor: Cursor) -> Self {
        let (rows_before, distinct_before) = (cursor.rows_before, cursor.distinct_before);
        let mark = PageMark::of(cursor);
        Self {
            met: BTreeSet::new(),
            equals: Equals::default(),
            rows_before,
            distinct_before,
            rows: 0,
            marks: [mark.clone(), mark.clone(), mark],
        }
    }
}

impl SeenRows {
    /// Enters the next row.
    pub fn enter(&mut self, key: &Key) -> Entry {
        let (id, mark) = match key {
            Key::Native(id) => (id.clone(), key.short()),
            Key::Content(digest) => {
                let id = self.equals.number(digest);
                let mark = short("named", &id);
                (id, mark)
            }
        };
        self.rows += 1;
        let [first, later @ ..] = &mut self.marks;
        let met = first.meet(&id);
        later.iter_mut().for_each(|mark| {
            mark.meet(&id);
        });
        let is_new = self.met.insert(mark);
        Entry { id, is_new, met }
    }

    /// Page `number` begins.
    pub fn turn_to(&mut self, number: u32) {
        let [_, before, this] = &mut self.marks;
        *before = this.clone();
        let rows = self.rows_before + self.rows;
        *this = PageMark::new(number, rows, self.distinct_before + self.met.len() as u64);
    }

    /// Rows of the range up to here.
    pub fn rows(&self) -> u64 {
        self.rows_before + self.rows
    }

    /// Different rows of the range up to here. Of pages before the first one here
    /// it is only known how many there were: a row that is met there and here
    /// counts twice.
    pub fn distinct(&self) -> u64 {
        self.distinct_before + self.met.len() as u64
    }

    /// Whether every row of the range was entered here, so that none counts twice.
    pub fn is_whole(&self) -> bool {
        self.rows_before == 0
    }

    /// Whether the place where an earlier session stopped is still ahead.
    pub fn is_behind(&self) -> bool {
        self.marks[0].is_behind()
    }

    /// The cursor from which reading can go on.
    pub fn cursor(&self) -> Cursor {
        let is_first_needed = self.is_behind() || !self.equals.is_empty();
        self.marks[usize::from(!is_first_needed)].cursor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_without_an_id_are_told_apart_by_their_number() {
        let mut seen = SeenRows::default();
        let equal = Key::Content("ab".into());
        assert_eq!(seen.enter(&equal).id, "sha256:ab.0");
        assert_eq!(
            seen.enter(&equal),
            Entry { id: "sha256:ab.1".into(), is_new: true, met: Met::New }
        );
        assert_eq!(seen.distinct(), 2);
    }

    #[test]
    fn a_row_met_again_is_a_row_but_not_another_one() {
        let mut seen = SeenRows::default();
        let key = Key::Native("7".into());
        assert!(seen.enter(&key).is_new);
        assert!(!seen.enter(&key).is_new);
        assert_eq!((seen.rows(), seen.distinct()), (2, 1));
    }
}
