//! What paging has to know of an answer while its rows arrive.

use signon_kit::range::SecondRange;
use signon_kit::record_id::Equals;
use signon_kit::resume::{Met, Resume};

use crate::cursor::Cursor;
use crate::keyset::{RowKey, Summary};

/// A page being read.
#[derive(Debug)]
pub struct Page {
    pub summary: Summary,
    /// Names rows without an id. Equal ones are of one moment, all of whose rows stand
    /// in a page that goes by time, so each page gives them the same names.
    pub equals: Equals,
    /// Which rows were read before.
    pub resume: Resume,
    /// A list was there, or an answer that says there is nothing.
    pub answered: bool,
}

impl Page {
    /// A page whose first rows are passed over as far as `cursor` says.
    pub fn new(cursor: &Cursor) -> Self {
        Self {
            summary: Summary::default(),
            equals: Equals::default(),
            resume: Resume::behind(cursor.rows, cursor.head.clone()),
            answered: false,
        }
    }

    /// Counts a row in and decides about it; `None` for one that could not be held.
    pub fn count_in(&mut self, row: Option<&RowKey>, cursor: &Cursor, range: SecondRange) -> Met {
        self.summary.add(row, &cursor.page_key, range);
        match self.resume.meet(row.map_or("", |row| &row.name)) {
            Met::New if row.is_some_and(|row| cursor.seen.contains(&row.digest)) => Met::Known,
            met => met,
        }
    }
}
