//! Where in a stream the reading is.

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    /// Nothing but blanks so far.
    Start,
    /// Between values at the top, or between the elements of a list.
    Between,
    /// In an object that may turn out to be an answer around a list.
    Object,
    /// Among the members of such an answer, outside of its lists.
    Members,
    /// In a row, or a value at the top, that began with a bracket, a quote or
    /// something else.
    Nested,
    Text,
    Scalar,
    /// After the closing bracket of a top-level array.
    Closed,
}

/// What is open around the rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wrapper {
    Array,
    Object {
        /// How deep in it its list lies.
        depth: usize,
        /// The line on which it began.
        line: u64,
    },
}

impl Wrapper {
    pub(super) fn begins_in(&self, line: u64) -> bool {
        matches!(self, Self::Object { line: own, .. } if *own == line)
    }
}

/// What is known about the member of an object that is being passed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Member {
    /// A key or the end comes next.
    Before,
    /// In a key that began there.
    Key(usize),
    /// Behind the key of the list.
    ListKey,
    /// Behind the key of the list and its colon.
    ListValue,
    /// Anything else.
    Other,
}
