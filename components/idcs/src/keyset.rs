//! Which page comes next. Pure.
//!
//! Invariants: no row of the range is stepped over, and every step moves the key
//! on, so that a reading ends whatever the service answers. Where one of the two
//! cannot be had (rows out of order, more rows promised than sent), the reading stops
//! with an error instead of going on with a hole. A page shorter than asked means
//! nothing; only `totalResults`, or an empty page, tells the end.

use std::collections::BTreeSet;

use signon_kit::contract::SourceError;
use signon_kit::range::SecondRange;
use signon_kit::time;

use crate::cursor::{Cursor, PageKey, RowDigest};

/// Longest id, in bytes, that can be a key: it has to fit into a cursor. Oracle's
/// have 32 characters.
pub const LONGEST_ID: usize = 256;

/// What paging has to know of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowKey {
    /// The row's own id as the service compares it, if it has one.
    pub id: Option<String>,
    /// What its event is called: that id, or one made of its content.
    pub name: String,
    /// Whether that is the row's own.
    pub has_name: bool,
    /// Stands for the name.
    pub digest: RowDigest,
    /// Its timestamp, if it has a readable one, and how that is written.
    pub time: Option<(i64, String)>,
}

/// What paging has to know of a page.
#[derive(Debug, Default)]
pub struct Summary {
    /// Rows framed.
    pub rows: u64,
    /// How many rows the answer says fit its question.
    pub total: Option<u64>,
    first: Option<i64>,
    last: Option<i64>,
    last_id: Option<String>,
    at_last: BTreeSet<RowDigest>,
    disorder: Option<&'static str>,
}

impl Summary {
    /// Takes the next row into account; `None` for one that could not be held.
    pub fn add(&mut self, row: Option<&RowKey>, page_key: &PageKey, range: SecondRange) {
        self.rows += 1;
        let time = row.and_then(|row| row.time.as_ref());
        if let Some((time, _)) = time {
            self.add_time(*time, page_key, range);
        }
        let Some(row) = row else {
            self.last_id = None;
            return;
        };
        // A row without a time counts where it stands.
        self.at_last.insert(row.digest);
        if matches!(page_key, PageKey::At { .. }) {
            let before = self.last_id.take();
            if let (Some(before), Some(id)) = (&before, &row.id)
                && sort_key(id) < sort_key(before)
            {
                self.disorder = Some("not sorted by id");
            }
            self.last_id = row.id.clone().filter(|id| id.len() <= LONGEST_ID);
        }
    }

    fn add_time(&mut self, time: i64, page_key: &PageKey, range: SecondRange) {
        let asked = match page_key {
            PageKey::From(from) => *from..range.end(),
            PageKey::At { at, .. } => *at..at.saturating_add(1),
        };
        if !asked.contains(&time) {
            self.disorder = Some("outside of what was asked for");
        } else if self.last.is_some_and(|last| time < last) {
            self.disorder = Some("not sorted by timestamp");
        }
        if self.last != Some(time) {
            self.at_last.clear();
        }
        self.first.get_or_insert(time);
        self.last = Some(time);
    }

    /// Rows of a moment that were listed with others but not yet by themselves.
    fn missing(&self, position: &Cursor) -> BTreeSet<RowDigest> {
        position.seen.difference(&self.at_last).copied().collect()
    }

    fn is_complete(&self) -> bool {
        self.total.map_or(self.rows == 0, |total| self.rows >= total)
    }
}

/// Ids are compared without case (`caseExact` is false for them).
fn sort_key(id: &str) -> String {
    id.to_ascii_lowercase()
}

/// The position behind a whole page; `None` at the end of the range.
///
/// # Errors
///
/// `malformed` when the rows behind the page cannot be asked for.
pub fn next(
    position: &Cursor,
    page: &Summary,
    range: SecondRange,
) -> Result<Option<Cursor>, SourceError> {
    let go = |page_key, seen| Ok(Some(Cursor::at_page(page_key, seen, position.total)));
    if page.is_complete() {
        return match &position.page_key {
            PageKey::From(_) => Ok(None),
            PageKey::At { at, .. } => {
                let from = at.saturating_add(1);
                if from >= range.end() {
                    Ok(None)
                } else {
                    go(PageKey::From(from), BTreeSet::new())
                }
            }
        };
    }
    if page.rows == 0 {
        let total = page.total.unwrap_or_default();
        return Err(malformed(&format!("says that {total} rows fit and sends none of them")));
    }
    if let Some(disorder) = page.disorder {
        return Err(malformed(&format!(
            "sends rows that are {disorder}, and not all of them at once; rows behind them would \
             be lost"
        )));
    }
    match &position.page_key {
        PageKey::From(from) => {
            let (Some(first), Some(last)) = (page.first, page.last) else {
                return Err(malformed("sends no readable timestamp in a page, and more pages"));
            };
            let mut seen = page.at_last.clone();
            if last == *from {
                seen.extend(&position.seen);
            }
            if first == last {
                go(PageKey::At { at: last, after: None }, seen)
            } else {
                go(PageKey::From(last), seen)
            }
        }
        PageKey::At { at, after } => match &page.last_id {
            Some(id) if after.as_ref().is_none_or(|after| sort_key(after) < sort_key(id)) => {
                let page_key = PageKey::At { at: *at, after: Some(id.clone()) };
                go(page_key, page.missing(position))
            }
            _ => Err(malformed(&format!(
                "sends more than a page of rows of {}, which do not go on by id",
                time::format(*at)
            ))),
        },
    }
}

fn malformed(problem: &str) -> SourceError {
    SourceError::Malformed(format!(
        "the identity domain {problem}; tell Oracle's support, or the keeper of a gateway in \
         between, and try another page_size"
    ))
}
