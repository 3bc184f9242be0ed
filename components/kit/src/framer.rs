//! Cuts a stream of bytes into records: what a framer is, and what it finds.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Longest record that is held. The largest seen in public is below 100 KB; a
/// longer one is passed over and reported with its position.
pub const LONGEST_RECORD: usize = 8 << 20;

/// What [`Framer::next`] found.
#[derive(Debug, Clone, PartialEq)]
pub enum Framed {
    /// A row; its bytes are in [`Framer::bytes`] until more is pushed.
    Row(Range<usize>),
    /// What is there of a row that is not whole. Only where a file is read by lines.
    Broken(Range<usize>),
    /// A row of that many bytes was longer than
    /// [`LONGEST_RECORD`].
    TooLong(usize),
    /// An answer around a list ended.
    Envelope,
    /// Push more bytes, or finish.
    NeedMore,
    /// Everything was read.
    End,
}

/// The stream ended inside a record or array, or cannot be cut further.
#[derive(Debug, Clone, PartialEq)]
pub struct FramingError {
    /// What is wrong.
    pub problem: Cow<'static, str>,
    /// Where, in bytes from the start of the stream.
    pub offset: usize,
    /// The bytes end too early; asking again may help.
    pub is_cut: bool,
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.problem, self.offset)
    }
}

impl std::error::Error for FramingError {}

/// Cuts pushed bytes into rows.
pub trait Framer {
    /// Lets `fill` append bytes to the buffer. Ranges handed out before are void.
    fn push_with<R>(&mut self, fill: impl FnOnce(&mut Vec<u8>) -> R) -> R;

    /// Takes more bytes. Ranges handed out before are void.
    fn push(&mut self, bytes: &[u8]) {
        self.push_with(|buffer| buffer.extend_from_slice(bytes));
    }

    /// There are no more bytes.
    fn finish(&mut self);

    /// The next row.
    ///
    /// # Errors
    ///
    /// When the stream ends inside a row or list, or cannot be cut further.
    fn next(&mut self) -> Result<Framed, FramingError>;

    /// The bytes of a row.
    fn bytes(&self, row: Range<usize>) -> &[u8];

    /// Whether the row handed out last stands in a list or wrapper, and not alone; at the
    /// end, whether all of it was a list.
    fn in_list(&self) -> bool;

    /// Whether nothing but blanks was seen.
    fn is_blank(&self) -> bool;

    /// The line on which the row under way or handed out last began, from 1, where lines
    /// are counted.
    fn line(&self) -> Option<u64>;
}

/// A row that was framed.
#[derive(Debug)]
pub struct Row<'a, F> {
    /// What framed it.
    pub framer: &'a F,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// How many came before it, on its page or in its input.
    pub number: u64,
}
