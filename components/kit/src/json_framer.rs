//! Cuts a stream of bytes into JSON records, or into the rows of answers, without
//! reading them.
//!
//! An API page may be 60 MB; only one record of it is ever held. Four layouts are
//! understood: one top-level array, whose elements are the records; values one
//! after another (NDJSON); where the member that holds the list is known, SCIM's
//! and its relatives' answers: `{"totalResults":2,"Resources":[…]}`; and rows in
//! several wrappers at once ([`Wrapping`]). That member is found in whatever order they
//! come; what stands around the list is handed out too, as the answer with an empty
//! list. Whatever stands where a record should be is
//! handed out as one, so that it can be counted and rejected by name; only a stream
//! that ends inside a record is an error. For files, which may have been cut in their
//! middle, a record that is not whole ends where a line begins another one
//! ([`crate::lines`]); in a service's answer nothing may be missing, and the cut is
//! found at its end.
//!
//! Invariant: no more than one row, or what stands before the list, is ever held.

mod broken;
mod envelope;
mod layout;
mod long;
mod state;

use std::ops::Range;

use self::layout::Layout;
pub use self::layout::Wrapping;
use self::state::{Member, State, Wrapper};
use crate::framer::{Framed, Framer, FramingError, LONGEST_RECORD};
use crate::lines::{BYTE_ORDER_MARK as MARK, Lines};
use crate::scanner::Nesting;

/// Longest text around a list that is kept. Oracle's is below 200 bytes.
const LONGEST_ENVELOPE: usize = 64 << 10;

/// Cuts pushed bytes into rows.
#[derive(Debug)]
pub struct JsonFramer {
    layout: Layout,
    buffer: Vec<u8>,
    /// Next byte to look at.
    position: usize,
    /// First byte of what is being held.
    start: usize,
    /// Bytes dropped from the front of the buffer so far.
    dropped: usize,
    state: State,
    nesting: Nesting,
    /// What is open around the rows, the outermost first.
    wrappers: Vec<Wrapper>,
    /// Members whose lists are read row by row where their object is too long to be held.
    long_lists: &'static [&'static str],
    member: Member,
    finished: bool,
    /// Bytes of the record under way that were let go, being too long.
    overlong: usize,
    envelope: Vec<u8>,
    /// Follows rows over lines.
    lines: Option<Lines>,
    /// Number of the line under way, and of that where the row handed out last began.
    /// Counted by lines only.
    line: u64,
    row_line: u64,
}

impl JsonFramer {
    /// A framer at the start of a stream; `key` is the member that holds the rows.
    pub fn new(key: &'static str) -> Self {
        Self::with(Layout::List(key))
    }

    /// A framer of records that no answer wraps.
    pub fn of_records() -> Self {
        Self::with(Layout::Records)
    }

    /// A framer of rows in several wrappers at once.
    pub fn of_wrapped(wrapping: &'static Wrapping) -> Self {
        Self::with(Layout::Wrapped(wrapping))
    }

    fn with(layout: Layout) -> Self {
        Self {
            layout,
            buffer: Vec::new(),
            position: 0,
            start: 0,
            dropped: 0,
            state: State::Start,
            nesting: Nesting::default(),
            wrappers: Vec::new(),
            long_lists: &[],
            member: Member::Other,
            finished: false,
            overlong: 0,
            envelope: Vec::new(),
            lines: None,
            line: 1,
            row_line: 1,
        }
    }

    /// For files: a row that is not whole costs no other one.
    #[must_use]
    pub fn by_lines(self) -> Self {
        Self { lines: Some(Lines::default()), ..self }
    }

    /// For bytes whose first lines were passed by somebody else.
    #[must_use]
    pub fn from_line(self, line: u64) -> Self {
        Self { line, row_line: line, ..self }
    }

    /// An object that is longer than a record may be is read row by row, if what makes
    /// it long is a list in one of these members, or in one of its `data`. A shorter one
    /// is one row, and whoever takes it decides what is in it.
    #[must_use]
    pub fn with_long_lists(self, members: &'static [&'static str]) -> Self {
        Self { long_lists: members, ..self }
    }

    /// The text around the list that ended last, the list being empty in it. Cut
    /// off, and so no JSON, where it was unreasonably long.
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    fn is_holding(&self) -> bool {
        !matches!(self.state, State::Start | State::Between | State::Closed)
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

    fn advance(&mut self) -> Result<Option<Framed>, FramingError> {
        let byte = self.buffer[self.position];
        let blank = byte.is_ascii_whitespace();
        match self.state {
            State::Object | State::Members => return self.advance_object(),
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
            State::Between if byte == b'[' && self.wrappers.is_empty() => {
                match self.begins_array() {
                    Some(true) => self.enter_array(),
                    Some(false) => self.begin(byte),
                    None => return Ok(Some(Framed::NeedMore)),
                }
            }
            State::Between if blank || byte == b',' => self.skip_blank(byte),
            State::Between if byte == b']' && !self.wrappers.is_empty() => self.leave_list(),
            State::Between => self.begin(byte),
        }
        Ok(None)
    }

    fn skip_blank(&mut self, byte: u8) {
        self.line += u64::from(byte == b'\n');
        self.position += 1;
    }

    /// Whether a byte order mark stands here, or the beginning of one.
    fn may_be_mark(&self) -> bool {
        let bytes = &self.buffer[self.position..];
        bytes.starts_with(MARK) || !self.finished && MARK.starts_with(bytes)
    }

    fn enter_array(&mut self) {
        self.wrappers.push(Wrapper::Array);
        self.state = State::Between;
        self.position += 1;
    }

    /// Whether the bracket here opens an array of records behind other values, if that
    /// is known yet. In a file a line that begins with one and is none costs only itself.
    fn begins_array(&self) -> Option<bool> {
        if self.lines.is_none() {
            return Some(matches!(self.layout, Layout::Wrapped(_)));
        }
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
            b'{' if self.layout.may_wrap(&self.wrappers) => State::Object,
            b'{' | b'[' => State::Nested,
            b'"' if !self.wrappers.is_empty() => State::Text,
            // At the top a line is one row, whatever is left of it.
            _ => State::Scalar,
        };
        self.row_line = self.line;
        if let Some(lines) = &mut self.lines {
            lines.begin(self.dropped + self.start);
        }
        match self.state {
            State::Object => {
                self.member = Member::Before;
                self.nesting.depth = 1;
                self.position += 1;
            }
            State::Text => self.position += 1,
            _ => {}
        }
    }

    fn advance_nested(&mut self) -> Option<Framed> {
        loop {
            let limit = self.limit();
            let (position, closed) = self.nesting.skip_nested(&self.buffer[..limit], self.position);
            self.position = position;
            if closed {
                return self.end();
            }
            if limit == self.buffer.len() {
                return None;
            }
            if let Some(found) = self.pass_newline() {
                return Some(found);
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
            self.line += crate::lines::count(&self.buffer[before..self.position]);
        }
        if self.nesting.in_string { None } else { self.end() }
    }

    fn advance_scalar(&mut self, byte: u8) -> Option<Framed> {
        let ends = match self.wrappers.last() {
            Some(Wrapper::Array) => matches!(byte, b',' | b']'),
            Some(Wrapper::Object { .. }) => matches!(byte, b',' | b'}'),
            None => byte == b'\n',
        };
        if ends {
            return self.end();
        }
        self.skip_blank(byte);
        None
    }

    /// The value under way ends here: a row, but where it stands for none.
    fn end(&mut self) -> Option<Framed> {
        let row = self.start..self.position;
        let length = std::mem::take(&mut self.overlong) + row.len();
        let is_open = self.state == State::Object;
        let is_nothing = length <= LONGEST_RECORD
            && self.layout.is_nothing(&self.buffer[row.clone()], is_open, self.wrappers.last());
        self.go_on();
        match length {
            _ if is_nothing => None,
            length if length > LONGEST_RECORD => Some(Framed::TooLong(length)),
            _ => Some(Framed::Row(row)),
        }
    }

    /// A value has ended: what follows stands in what is open around it.
    fn go_on(&mut self) {
        let Some(Wrapper::Object { depth, .. }) = self.wrappers.last() else {
            self.state = State::Between;
            return;
        };
        self.nesting = Nesting { depth: *depth, ..Nesting::default() };
        self.state = State::Members;
        self.member = if self.layout.is_strict() { Member::Before } else { Member::Other };
        self.overlong = 0;
        self.start = self.position;
    }

    fn at_end(&mut self) -> Result<Framed, FramingError> {
        let problem = match self.state {
            State::Start | State::Closed => return Ok(Framed::End),
            State::Between if self.wrappers.is_empty() => return Ok(Framed::End),
            State::Scalar if self.wrappers.is_empty() => {
                return Ok(self.end().unwrap_or(Framed::End));
            }
            State::Between if self.wrappers.len() == 1 => "array without its end",
            State::Between => "list without its end",
            State::Members => "list answer without its end",
            State::Object | State::Nested | State::Text | State::Scalar => "record without its end",
        };
        Err(FramingError { is_cut: true, ..self.error(problem) })
    }

    fn error(&self, problem: &'static str) -> FramingError {
        let offset = self.dropped + self.position;
        FramingError { problem: problem.into(), offset, is_cut: false }
    }
}

impl Framer for JsonFramer {
    fn push_with<R>(&mut self, fill: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.make_room();
        fill(&mut self.buffer)
    }

    fn finish(&mut self) {
        self.finished = true;
    }

    fn next(&mut self) -> Result<Framed, FramingError> {
        while self.position < self.buffer.len() {
            if let Some(found) = self.advance()? {
                return Ok(found);
            }
        }
        if self.finished { self.at_end() } else { Ok(Framed::NeedMore) }
    }

    fn bytes(&self, row: Range<usize>) -> &[u8] {
        &self.buffer[row]
    }

    fn in_list(&self) -> bool {
        !self.wrappers.is_empty() || self.state == State::Closed
    }

    fn is_blank(&self) -> bool {
        self.state == State::Start
    }

    fn line(&self) -> Option<u64> {
        self.lines.as_ref().map(|_| self.row_line)
    }
}

#[cfg(test)]
mod record_tests;
#[cfg(test)]
mod tests;
