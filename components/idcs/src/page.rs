//! An answer being read: its rows as they arrive, and what paging has to know
//! of all of them in the end.

use signon_kit::digest::HeadDigest;
use signon_kit::http::Body;
use signon_kit::json_framer::JsonFramer;
use signon_kit::record_id::Equals;

use crate::ROWS;
use crate::cursor::Cursor;
use crate::keyset::{RowKey, Summary};
use crate::query::SecondRange;

/// A page being read.
#[derive(Debug)]
pub struct Page<B> {
    pub body: B,
    pub reader: JsonFramer,
    pub summary: Summary,
    /// Names rows without an id. Equal ones are of one moment, all of whose rows stand
    /// in a page that goes by time, so each page gives them the same names.
    pub equals: Equals,
    /// Digest of the names of the rows read.
    pub head: HeadDigest,
    /// Rows to pass over, if their digest turns out to be this one.
    pub skip: Option<(u64, String)>,
    /// A list was there, or an answer that says there is nothing.
    pub answered: bool,
}

/// What to do with a row.
#[derive(Debug, PartialEq)]
pub enum RowAction {
    /// It is new.
    Take,
    /// It was read before.
    Drop,
    /// The page is not the one that the cursor was made on.
    NotThisPage,
}

impl<B: Body> Page<B> {
    /// A page whose first rows are passed over as far as `position` says.
    pub fn new(body: B, position: &Cursor) -> Self {
        Self {
            body,
            reader: JsonFramer::new(ROWS),
            summary: Summary::default(),
            equals: Equals::default(),
            head: HeadDigest::default(),
            skip: (position.rows > 0).then(|| (position.rows, position.head.clone())),
            answered: false,
        }
    }

    /// Counts a row in and decides about it; `None` for one that could not be held.
    pub fn count_in(
        &mut self,
        row: Option<&RowKey>,
        position: &Cursor,
        range: SecondRange,
    ) -> RowAction {
        self.summary.add(row, &position.page_key, range);
        self.head.add(row.map_or("", |row| &row.name));
        match self.skip.take() {
            Some((count, head)) if self.summary.rows < count => {
                self.skip = Some((count, head));
                RowAction::Drop
            }
            Some((_, head)) if self.head.text() == head => RowAction::Drop,
            Some(_) => RowAction::NotThisPage,
            None if row.is_some_and(|row| position.seen.contains(&row.digest)) => RowAction::Drop,
            None => RowAction::Take,
        }
    }
}
