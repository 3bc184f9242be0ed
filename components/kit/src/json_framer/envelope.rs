//! Objects that hold a list, and what stands around it.

use super::long::{self, List};
use super::state::{Member, State};
use super::{Framed, JsonFramer, LONGEST_ENVELOPE, LONGEST_RECORD};
use crate::lines;
use crate::scanner::Nesting;

impl JsonFramer {
    pub(super) fn is_too_long(&self) -> bool {
        self.is_holding() && self.position - self.start > LONGEST_RECORD
    }

    /// Goes back to the list that makes the object under way too long, if there is one.
    pub(super) fn enter_long_list(&mut self) {
        let is_object = self.state == State::Nested && !self.in_list && self.overlong == 0;
        let held = &self.buffer[self.start..self.position];
        let list = if is_object { long::open_list(held, self.long_lists) } else { None };
        let Some(List { bracket, depth }) = list else {
            return;
        };
        self.object_line = self.row_line;
        self.line = self.row_line + lines::count(&held[..bracket]);
        self.position = self.start + bracket + 1;
        self.list_depth = depth;
        self.enter_list();
    }

    pub(super) fn advance_object(&mut self) -> Option<Framed> {
        loop {
            let limit = self.limit();
            while self.position < limit {
                if let Some(step) = self.pass_in_object(limit) {
                    return step;
                }
            }
            if limit == self.buffer.len() {
                return None;
            }
            if let Some(step) = self.pass_newline() {
                return Some(step);
            }
        }
    }

    /// Passes a byte or a text; what comes of it, if the object is left.
    fn pass_in_object(&mut self, limit: usize) -> Option<Option<Framed>> {
        if self.nesting.in_string {
            self.position = self.nesting.skip_string(&self.buffer[..limit], self.position);
            if !self.nesting.in_string {
                self.end_key();
            }
            return None;
        }
        let byte = self.buffer[self.position];
        self.position += 1;
        match byte {
            b'"' => {
                self.nesting.in_string = true;
                self.member = match self.member {
                    Member::Before => Member::Key(self.position),
                    _ => Member::Other,
                };
            }
            b'[' if self.member == Member::ListValue => {
                self.enter_list();
                return Some(None);
            }
            b'{' | b'[' => {
                self.nesting.depth += 1;
                self.member = Member::Other;
            }
            b'}' | b']' => {
                self.nesting.depth = self.nesting.depth.saturating_sub(1);
                if self.nesting.depth == 0 {
                    return Some(Some(self.end_object()));
                }
            }
            b',' if self.nesting.depth == 1 => self.member = Member::Before,
            b':' if self.member == Member::ListKey => self.member = Member::ListValue,
            byte if byte.is_ascii_whitespace() => {}
            _ => self.member = Member::Other,
        }
        None
    }

    fn end_key(&mut self) {
        if let Member::Key(start) = self.member {
            let key = &self.buffer[start..self.position - 1];
            let found = self.key.is_some_and(|known| key.eq_ignore_ascii_case(known.as_bytes()));
            self.member = if found { Member::ListKey } else { Member::Other };
        }
    }

    fn enter_list(&mut self) {
        if !self.listed {
            self.envelope.clear();
        }
        self.listed = true;
        self.keep_envelope();
        self.in_list = true;
        self.state = State::BetweenRows;
    }

    pub(super) fn leave_list(&mut self) {
        self.in_list = false;
        self.state = State::Object;
        self.member = Member::Other;
        self.nesting = Nesting { depth: self.list_depth, ..Nesting::default() };
        self.overlong = 0;
        self.start = self.position;
        self.position += 1;
    }

    /// Keeps what stands around a list, as far as it is held.
    fn keep_envelope(&mut self) {
        let room = LONGEST_ENVELOPE.saturating_sub(self.envelope.len());
        let held = &self.buffer[self.start..self.position];
        // Something is missing from a frame that was let go: make it no JSON.
        let room = if self.overlong > 0 { 0 } else { room };
        self.envelope.extend_from_slice(&held[..held.len().min(room)]);
    }

    fn end_object(&mut self) -> Framed {
        if !self.listed {
            return self.end();
        }
        self.keep_envelope();
        self.listed = false;
        self.state = State::Between;
        Framed::Envelope
    }
}
