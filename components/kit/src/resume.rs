//! Going on inside a page: which of its rows were read before.
//!
//! Order inside a page is trusted no further than it was checked: rows are passed over
//! only if they turn out to be the same ones in the same order, which a digest of their
//! ids tells. Otherwise they are all returned and the host removes what it has.

use crate::digest::HeadDigest;

/// The rows read since some place, and those an earlier session read since it.
#[derive(Debug, Clone, Default)]
pub struct Resume {
    rows: u64,
    head: HeadDigest,
    /// How many rows to pass over, if their digest turns out to be this one.
    until: Option<(u64, String)>,
}

/// What a row is to a session that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// A new one.
    New,
    /// One that was read before.
    Known,
    /// Not what stood there: nothing was read before, as far as is known.
    Changed,
}

impl Resume {
    /// Goes on behind so many rows with that digest.
    pub fn behind(rows: u64, head: String) -> Self {
        Self { until: (rows > 0).then_some((rows, head)), ..Self::default() }
    }

    /// Meets the next row by its id; rows without one count as empty.
    pub fn meet(&mut self, id: &str) -> Met {
        self.rows += 1;
        self.head.add(id);
        match &self.until {
            None => Met::New,
            Some((rows, _)) if self.rows < *rows => Met::Known,
            Some((_, head)) if self.head.text() == *head => {
                self.until = None;
                Met::Known
            }
            Some(_) => Met::Changed,
        }
    }

    /// Whether the place where an earlier session stopped is still ahead.
    pub fn is_behind(&self) -> bool {
        self.until.is_some()
    }

    /// How many rows a cursor stands behind, and their digest, empty where there are
    /// none. Behind rows that are still to be recognized nothing was read.
    pub fn place(&self) -> (u64, String) {
        match &self.until {
            Some(until) => until.clone(),
            None if self.rows == 0 => (0, String::new()),
            None => (self.rows, self.head.text()),
        }
    }

    /// Rows met.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_rows_are_known_and_others_are_not() {
        let mut first = Resume::default();
        assert_eq!(["a", "b"].map(|id| first.meet(id)), [Met::New; 2]);
        let (rows, head) = first.place();
        let again = || Resume::behind(rows, head.clone());
        let mut same = again();
        assert_eq!(same.place(), (2, head.clone()));
        assert_eq!(["a", "b", "c"].map(|id| same.meet(id)), [Met::Known, Met::Known, Met::New]);
        assert_eq!(same.place().0, 3);
        let mut other = again();
        assert_eq!(["b", "a"].map(|id| other.meet(id)), [Met::Known, Met::Changed]);
    }

    #[test]
    fn behind_nothing_everything_is_new() {
        assert_eq!(Resume::default().place(), (0, String::new()));
        assert_eq!(Resume::behind(0, String::new()).meet("a"), Met::New);
    }
}
