//! Cuts a stream of bytes into JSON records, or into the rows of list answers,
//! without reading them.
//!
//! An API page may be 60 MB; only one record of it is ever held. Three layouts are
//! understood: one top-level array, whose elements are the records; values one
//! after another (NDJSON); and, where the member that holds the list is known, SCIM's
//! and its relatives' answers: `{"totalResults":2,"Resources":[…]}`. That member is
//! found in whatever order they come; what stands around the list is handed out too,
//! as the answer with an empty list. Whatever stands where a record should be is
//! handed out as one, so that it can be counted and rejected by name; only a stream
//! that ends inside a record is an error. For files, which may have been cut in their
//! middle, a record that is not whole ends where a line begins another one
//! ([`crate::lines`]); in a service's answer nothing may be missing, and the cut is
//! found at its end.
//!
//! Invariant: no more than one row, or what stands before the list, is ever held.

mod envelope;
mod long;
mod state;

use std::ops::Range;

use self::state::{Member, State};
use crate::lines::{self, BYTE_ORDER_MARK as MARK, Held, Lines, Next};
use crate::scanner::Nesting;
pub use crate::scanner::{FramingError, LONGEST_RECORD};

/// Longest text around a list that is kept. Oracle's is below 200 bytes.
const LONGEST_ENVELOPE: usize = 64 << 10;

/// What [`JsonFramer::next`] found.
#[derive(Debug, Clone, PartialEq)]
pub enum Framed {
    /// A row; its bytes are in [`JsonFramer::bytes`] until more is pushed.
    Row(Range<usize>),
    /// What is there of a row that is not whole. Only [by lines](JsonFramer::by_lines).
    Broken(Range<usize>),
    /// A row of that many bytes was longer than
    /// [`LONGEST_RECORD`].
    TooLong(usize),
    /// A list answer ended; the text around its list is in [`JsonFramer::envelope`]
    /// until the next one ends.
    Envelope,
    /// Push more bytes, or finish.
    NeedMore,
    /// Everything was read.
    End,
}

/// Cuts pushed bytes into rows.
#[derive(Debug)]
pub struct JsonFramer {
    /// Records alone where there is none.
    key: Option<&'static str>,
    buffer: Vec<u8>,
    /// Next byte to look at.
    position: usize,
    /// First byte of what is being held.
    start: usize,
    /// Bytes dropped from the front of the buffer so far.
    dropped: usize,
    state: State,
    nesting: Nesting,
    in_array: bool,
    /// In the list of an answer.
    in_list: bool,
    /// The object under way has a list.
    listed: bool,
    /// How deep in its object the list lies.
    list_depth: usize,
    /// Members whose lists are read row by row where their object is too long to be held.
    long_lists: &'static [&'static str],
    member: Member,
    finished: bool,
    /// Bytes of the record under way that were let go, being too long.
    overlong: usize,
    envelope: Vec<u8>,
    /// Follows rows over lines.
    lines: Option<Lines>,
    /// Number of the line under way, and of those where the row handed out last and the
    /// object around it began. Counted by lines only.
    line: u64,
    row_line: u64,
    object_line: u64,
}

impl JsonFramer {
    /// A reader at the start of a stream; `key` is the member that holds the rows.
    pub fn new(key: &'static str) -> Self {
        Self::with(Some(key))
    }

    /// A reader of records that no answer wraps.
    pub fn of_records() -> Self {
        Self::with(None)
    }

    fn with(key: Option<&'static str>) -> Self {
        Self {
            key,
            buffer: Vec::new(),
            position: 0,
            start: 0,
            dropped: 0,
            state: State::Start,
            nesting: Nesting::default(),
            in_array: false,
            in_list: false,
            listed: false,
            list_depth: 1,
            long_lists: &[],
            member: Member::Other,
            finished: false,
            overlong: 0,
            envelope: Vec::new(),
            lines: None,
            line: 1,
            row_line: 1,
            object_line: 1,
        }
    }

    /// For files: a row that is not whole costs no other one.
    #[must_use]
    pub fn by_lines(self) -> Self {
        Self { lines: Some(Lines::default()), ..self }
    }

    /// An object that is longer than a record may be is read row by row, if what makes
    /// it long is a list in one of these members, or in one of its `data`. A shorter one
    /// is one row, and whoever takes it decides what is in it.
    #[must_use]
    pub fn with_long_lists(self, members: &'static [&'static str]) -> Self {
        Self { long_lists: members, ..self }
    }

    /// The line on which the row under way or handed out last began, from 1. Of a
    /// reader by lines.
    pub fn begun_in_line(&self) -> u64 {
        self.row_line
    }

    /// Takes more bytes. Ranges handed out before are void.
    pub fn push(&mut self, bytes: &[u8]) {
        self.push_with(|buffer| buffer.extend_from_slice(bytes));
    }

    /// Lets `fill` append bytes to the buffer directly. Ranges handed out before
    /// are void.
    pub fn push_with<R>(&mut self, fill: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.make_room();
        fill(&mut self.buffer)
    }

    /// There are no more bytes.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The bytes of a row.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// The text around the list that ended last, the list being empty in it. Cut
    /// off, and so no JSON, where it was unreasonably long.
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// Whether the row handed out last stands in a list or in a top-level array,
    /// and not alone.
    pub fn in_list(&self) -> bool {
        self.in_list || self.in_array
    }

    /// Whether anything but blanks was seen.
    pub fn is_blank(&self) -> bool {
        self.state == State::Start
    }

    fn is_holding(&self) -> bool {
        matches!(self.state, State::Object | State::Nested | State::Text | State::Scalar)
    }

    /// Drops what was handed out, so that the buffer never holds more than one
    /// record and one chunk.
    fn make_room(&mut self) {
        if self.is_too_long() {
            self.enter_long_list();
        }
        let mut keep_from = if self.is_holding() { self.start } else { self.position };
        if self.is_too_long() {
            self.overlong += self.position - self.start;
            keep_from = self.position;
            // A key this long is not the one we look for.
            if matches!(self.member, Member::Key(_)) {
                self.member = Member::Other;
            }
        }
        self.buffer.drain(..keep_from);
        self.dropped += keep_from;
        self.position -= keep_from;
        if let Member::Key(start) = &mut self.member {
            *start = start.saturating_sub(keep_from);
        }
        self.start = 0;
    }

    /// The next row.
    ///
    /// # Errors
    ///
    /// When the stream ends inside a row or list, or goes on after its array.
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot lend from its own buffer")]
    pub fn next(&mut self) -> Result<Framed, FramingError> {
        while self.position < self.buffer.len() {
            if let Some(step) = self.advance()? {
                return Ok(step);
            }
        }
        if self.finished { self.at_end() } else { Ok(Framed::NeedMore) }
    }

    fn advance(&mut self) -> Result<Option<Framed>, FramingError> {
        let byte = self.buffer[self.position];
        let blank = byte.is_ascii_whitespace();
        match self.state {
            State::Object => return Ok(self.advance_object()),
            State::Nested => return Ok(self.advance_nested()),
            State::Text => return Ok(self.advance_text()),
            State::Scalar => return Ok(self.advance_scalar(byte)),
            State::Closed if blank => self.skip_blank(byte),
            State::Closed if self.lines.is_some() => self.state = State::Between,
            State::Closed => return Err(self.error("data after the end of the array")),
            State::Start if blank => self.skip_blank(byte),
            State::Start | State::Between if byte == MARK[0] && self.may_be_mark() => {
                if self.buffer.len() - self.position < MARK.len() {
                    return Ok(Some(Framed::NeedMore));
                }
                self.position += MARK.len();
            }
            State::Start if byte == b'[' => self.enter_array(),
            State::Start => self.state = State::Between,
            State::Between if byte == b'[' && !self.in_array && self.lines.is_some() => {
                match self.begins_array() {
                    Some(true) => self.enter_array(),
                    Some(false) => self.begin(byte),
                    None => return Ok(Some(Framed::NeedMore)),
                }
            }
            State::Between | State::BetweenRows if blank || byte == b',' => self.skip_blank(byte),
            State::Between if byte == b']' && self.in_array => {
                // A file may go on with another one.
                self.in_array = self.lines.is_none();
                self.state = State::Closed;
                self.position += 1;
            }
            State::BetweenRows if byte == b']' => self.leave_list(),
            State::Between | State::BetweenRows => self.begin(byte),
        }
        Ok(None)
    }

    fn skip_blank(&mut self, byte: u8) {
        self.line += u64::from(byte == b'\n');
        self.position += 1;
    }

    /// Whether a byte order mark stands here, or the beginning of one.
    fn may_be_mark(&self) -> bool {
        let rest = &self.buffer[self.position..];
        rest.starts_with(MARK) || !self.finished && MARK.starts_with(rest)
    }

    fn enter_array(&mut self) {
        self.in_array = true;
        self.state = State::Between;
        self.position += 1;
    }

    /// Whether the bracket here opens an array of records behind other values, if that
    /// is known yet. A line that begins with one and is none costs only itself.
    fn begins_array(&self) -> Option<bool> {
        let behind = &self.buffer[self.position + 1..];
        match behind.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None if !self.finished => None,
            found => Some(matches!(found, Some(b'{' | b']'))),
        }
    }

    fn begin(&mut self, byte: u8) {
        self.start = self.position;
        self.overlong = 0;
        self.nesting = Nesting::default();
        self.state = match byte {
            b'{' if !self.in_list && self.key.is_some() => State::Object,
            b'{' | b'[' => State::Nested,
            b'"' if self.in_list() => State::Text,
            // At the top a line is one row, whatever is left of it.
            _ => State::Scalar,
        };
        self.row_line = self.line;
        if let Some(lines) = &mut self.lines {
            lines.begin(self.dropped + self.start);
        }
        match self.state {
            State::Object => {
                self.listed = false;
                self.object_line = self.line;
                self.member = Member::Before;
                self.nesting.depth = 1;
                self.position += 1;
            }
            State::Text => self.position += 1,
            _ => {}
        }
    }

    /// Where reading stops at last: by lines at the next newline.
    fn limit(&self) -> usize {
        let rest = &self.buffer[self.position..];
        let newline = self.lines.as_ref().and_then(|_| memchr::memchr(b'\n', rest));
        newline.map_or(self.buffer.len(), |length| self.position + length)
    }

    /// At the newline in a row: reads on behind it, or ends the row.
    fn pass_newline(&mut self) -> Option<Framed> {
        let (bytes, dropped, finished) = (&self.buffer, self.dropped, self.finished);
        let held = Held { bytes, dropped, finished };
        let next = match &mut self.lines {
            Some(lines) => lines.next(held, dropped + self.position, self.nesting.in_string),
            None => Next::Same,
        };
        match next {
            Next::Same => {
                self.line += 1;
                self.position += 1;
                self.nesting.escaped = false;
                None
            }
            Next::Another(begins) => Some(self.end_broken(begins - dropped)),
            Next::NeedMore => Some(Framed::NeedMore),
        }
    }

    /// The row under way ends here; the next one begins there.
    fn end_broken(&mut self, begins: usize) -> Framed {
        let row = self.start..self.position;
        // An answer that began on the line that was cut is cut with it.
        let alone = !self.in_list || self.object_line == self.row_line;
        if alone {
            (self.in_list, self.listed) = (false, false);
        }
        // A list on a line of its own is none in the list that was cut.
        self.in_array &= self.buffer.get(begins) != Some(&b'[');
        self.line += lines::count(&self.buffer[self.position..begins]);
        self.position = begins;
        self.nesting = Nesting::default();
        self.state = if alone { State::Between } else { State::BetweenRows };
        match std::mem::take(&mut self.overlong) + row.len() {
            length if length > LONGEST_RECORD => Framed::TooLong(length),
            _ => Framed::Broken(row),
        }
    }

    fn advance_nested(&mut self) -> Option<Framed> {
        loop {
            let limit = self.limit();
            let (position, closed) = self.nesting.skip_nested(&self.buffer[..limit], self.position);
            self.position = position;
            if closed {
                return Some(self.end());
            }
            if limit == self.buffer.len() {
                return None;
            }
            if let Some(step) = self.pass_newline() {
                return Some(step);
            }
        }
    }

    fn advance_text(&mut self) -> Option<Framed> {
        self.nesting.in_string = true;
        let before = self.position;
        while self.nesting.in_string && self.position < self.buffer.len() {
            self.position = self.nesting.skip_string(&self.buffer, self.position);
        }
        if self.lines.is_some() {
            self.line += lines::count(&self.buffer[before..self.position]);
        }
        (!self.nesting.in_string).then(|| self.end())
    }

    fn advance_scalar(&mut self, byte: u8) -> Option<Framed> {
        let ends = if self.in_list() { byte == b',' || byte == b']' } else { byte == b'\n' };
        if ends {
            return Some(self.end());
        }
        self.skip_blank(byte);
        None
    }

    fn end(&mut self) -> Framed {
        self.state = if self.in_list { State::BetweenRows } else { State::Between };
        let length = self.overlong + (self.position - self.start);
        if length > LONGEST_RECORD {
            self.overlong = 0;
            return Framed::TooLong(length);
        }
        Framed::Row(self.start..self.position)
    }

    fn at_end(&mut self) -> Result<Framed, FramingError> {
        match self.state {
            State::Start | State::Closed => Ok(Framed::End),
            State::Between if !self.in_array => Ok(Framed::End),
            State::Between => Err(self.error("array without its end")),
            State::BetweenRows => Err(self.error("list without its end")),
            State::Object if self.listed => Err(self.error("list answer without its end")),
            State::Scalar if !self.in_list() => Ok(self.end()),
            State::Object | State::Nested | State::Text | State::Scalar => {
                Err(self.error("record without its end"))
            }
        }
    }

    fn error(&self, problem: &'static str) -> FramingError {
        FramingError { problem, offset: self.dropped + self.position }
    }
}

#[cfg(test)]
mod record_tests;
#[cfg(test)]
mod tests;
