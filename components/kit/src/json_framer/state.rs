//! Where in a stream the reading of lists is.

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    /// Nothing but blanks so far.
    Start,
    /// Between values at the top, or between the elements of a top-level array.
    Between,
    /// Between the rows of a list.
    BetweenRows,
    /// In an object that may turn out to be a list answer.
    Object,
    /// In a row, or a value at the top, that began with a bracket, a quote or
    /// something else.
    Nested,
    Text,
    Scalar,
    /// After the closing bracket of a top-level array.
    Closed,
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
