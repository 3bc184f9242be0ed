//! Objects that hold a list, and what stands around it.

use super::long::{self, List};
use super::state::{Member, State, Wrapper};
use super::{Framed, FramingError, JsonFramer, LONGEST_ENVELOPE, LONGEST_RECORD};
use crate::lines;

/// What came of a byte or a text in an object.
enum Passed {
    /// The object goes on.
    On,
    /// Reading goes on elsewhere, or has found something.
    Left(Option<Framed>),
}

impl JsonFramer {
    pub(super) fn is_too_long(&self) -> bool {
        self.is_holding() && self.position - self.start > LONGEST_RECORD
    }

    /// Goes back to the list that makes the object under way too long, if there is one.
    pub(super) fn enter_long_list(&mut self) {
        let is_object = self.state == State::Nested
            && !self.wrappers.iter().any(|one| matches!(one, Wrapper::Object { .. }))
            && self.overlong == 0;
        let held = &self.buffer[self.start..self.position];
        let list = if is_object { long::open_list(held, self.long_lists) } else { None };
        let Some(List { bracket, depth }) = list else {
            return;
        };
        self.line = self.row_line + lines::count(&held[..bracket]);
        self.position = self.start + bracket;
        self.enter_object(depth);
        self.enter_list();
    }

    pub(super) fn advance_object(&mut self) -> Result<Option<Framed>, FramingError> {
        loop {
            let limit = self.limit();
            while self.position < limit {
                if let Passed::Left(found) = self.pass_in_object(limit)? {
                    return Ok(found);
                }
            }
            if limit == self.buffer.len() {
                return Ok(None);
            }
            if let Some(found) = self.pass_newline() {
                return Ok(Some(found));
            }
        }
    }

    /// Passes a byte or a text.
    fn pass_in_object(&mut self, limit: usize) -> Result<Passed, FramingError> {
        if self.nesting.in_string {
            self.position = self.nesting.skip_string(&self.buffer[..limit], self.position);
            let ends = !self.nesting.in_string;
            return Ok(if ends && self.end_key() { Passed::Left(None) } else { Passed::On });
        }
        let byte = self.buffer[self.position];
        let blank = byte.is_ascii_whitespace();
        match self.member {
            Member::ListKey if byte != b':' && !blank && self.layout.is_strict() => {
                return Err(self.error("no colon behind a member's name"));
            }
            Member::ListValue if byte == b'[' || !blank && self.layout.is_strict() => {
                if self.state == State::Object {
                    self.enter_object(self.nesting.depth);
                } else {
                    self.keep_envelope();
                }
                self.begin_wrapped(byte);
                return Ok(Passed::Left(None));
            }
            Member::Before
                if self.state == State::Members
                    && self.layout.is_strict()
                    && !(blank || matches!(byte, b'"' | b',' | b'}')) =>
            {
                return Err(self.error("no member where one should be"));
            }
            _ => {}
        }
        self.position += 1;
        match byte {
            b'"' => {
                self.nesting.in_string = true;
                self.member = match self.member {
                    Member::Before => Member::Key(self.position),
                    _ => Member::Other,
                };
            }
            b'{' | b'[' => {
                self.nesting.depth += 1;
                self.member = Member::Other;
            }
            b'}' | b']' => {
                self.nesting.depth = self.nesting.depth.saturating_sub(1);
                if self.nesting.depth == 0 {
                    return Ok(Passed::Left(self.end_object()));
                }
            }
            b',' if self.nesting.depth == 1 => self.member = Member::Before,
            b':' if self.member == Member::ListKey => self.member = Member::ListValue,
            _ if blank => {}
            _ => self.member = Member::Other,
        }
        Ok(Passed::On)
    }

    /// Whether the object turns out to be a row, which is read on as such.
    fn end_key(&mut self) -> bool {
        let Member::Key(start) = self.member else {
            return false;
        };
        let key = &self.buffer[start..self.position - 1];
        let is_row = self.state == State::Object && self.layout.is_of_rows(key);
        self.member = if self.layout.is_list(key) { Member::ListKey } else { Member::Other };
        if is_row {
            self.state = State::Nested;
        }
        is_row
    }

    /// The object under way is a wrapper of what stands here.
    fn enter_object(&mut self, depth: usize) {
        if !self.wrappers.iter().any(|one| matches!(one, Wrapper::Object { .. })) {
            self.envelope.clear();
        }
        self.keep_envelope();
        self.wrappers.push(Wrapper::Object { depth, line: self.row_line });
    }

    /// In a member that holds rows.
    fn begin_wrapped(&mut self, byte: u8) {
        let has_room = !self.layout.is_strict() || self.layout.may_wrap(&self.wrappers);
        if byte == b'[' && has_room { self.enter_list() } else { self.begin(byte) }
    }

    /// At the opening bracket of a list.
    fn enter_list(&mut self) {
        self.keep(self.position..self.position + 1);
        self.enter_array();
    }

    /// At the closing bracket of a list.
    pub(super) fn leave_list(&mut self) {
        self.wrappers.pop();
        self.go_on();
        if self.wrappers.is_empty() && !self.layout.is_strict() {
            self.state = State::Closed;
        }
        self.position += 1;
    }

    /// Keeps what stands around a list, as far as it is held.
    fn keep_envelope(&mut self) {
        // Something is missing from an envelope that was let go: make it no JSON.
        if self.overlong == 0 {
            self.keep(self.start..self.position);
        }
    }

    fn keep(&mut self, held: std::ops::Range<usize>) {
        let room = LONGEST_ENVELOPE.saturating_sub(self.envelope.len());
        let held = held.start..held.end.min(held.start + room);
        self.envelope.extend_from_slice(&self.buffer[held]);
    }

    fn end_object(&mut self) -> Option<Framed> {
        if self.state == State::Object {
            return self.end();
        }
        self.keep_envelope();
        self.wrappers.pop();
        self.go_on();
        let is_outermost = !self.wrappers.iter().any(|one| matches!(one, Wrapper::Object { .. }));
        is_outermost.then_some(Framed::Envelope)
    }
}
