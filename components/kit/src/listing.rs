//! Cuts a stream of bytes into the rows of list answers without reading them.
//!
//! SCIM and its relatives wrap their rows: `{"totalResults":2,"Resources":[…]}`.
//! [`records`](crate::records) would take such an answer for one record; this
//! reader finds the list among the members, in whatever order they come, and hands
//! out its rows one by one. What stands around the list is handed out too, as the
//! answer with an empty list. Top-level arrays and values one after another (rows
//! or whole answers) are understood as well.
//!
//! Invariant: no more than one row, or what stands before the list, is ever held.

use std::ops::Range;

use crate::records::{FramingError, LONGEST_RECORD};

/// Longest text around a list that is kept. Oracle's is below 200 bytes.
const LONGEST_FRAME: usize = 64 << 10;

/// What [`ListReader::next`] found.
#[derive(Debug, Clone, PartialEq)]
pub enum ListStep {
    /// A row; its bytes are in [`ListReader::bytes`] until more is pushed.
    Row(Range<usize>),
    /// A row of that many bytes was longer than
    /// [`LONGEST_RECORD`].
    TooLong(usize),
    /// A list answer ended; the text around its list is in [`ListReader::frame`]
    /// until the next one ends.
    Frame,
    /// Push more bytes, or finish.
    NeedMore,
    /// Everything was read.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
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
enum Member {
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

/// Cuts pushed bytes into rows.
#[derive(Debug)]
pub struct ListReader {
    key: &'static str,
    buffer: Vec<u8>,
    /// Next byte to look at.
    position: usize,
    /// First byte of what is being held.
    start: usize,
    /// Bytes dropped from the front of the buffer so far.
    dropped: usize,
    state: State,
    depth: usize,
    in_string: bool,
    escaped: bool,
    in_array: bool,
    /// In the list of an answer.
    in_list: bool,
    /// The object under way has a list.
    listed: bool,
    member: Member,
    finished: bool,
    /// Bytes of the record under way that were let go, being too long.
    overlong: usize,
    frame: Vec<u8>,
}

impl ListReader {
    /// A reader at the start of a stream; `key` is the member that holds the rows.
    pub fn new(key: &'static str) -> Self {
        Self {
            key,
            buffer: Vec::new(),
            position: 0,
            start: 0,
            dropped: 0,
            state: State::Start,
            depth: 0,
            in_string: false,
            escaped: false,
            in_array: false,
            in_list: false,
            listed: false,
            member: Member::Other,
            finished: false,
            overlong: 0,
            frame: Vec::new(),
        }
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
    pub fn frame(&self) -> &[u8] {
        &self.frame
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
        let mut keep_from = if self.is_holding() { self.start } else { self.position };
        if self.is_holding() && self.position - self.start > LONGEST_RECORD {
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
    pub fn next(&mut self) -> Result<ListStep, FramingError> {
        while self.position < self.buffer.len() {
            if let Some(step) = self.advance()? {
                return Ok(step);
            }
        }
        if self.finished { self.at_end() } else { Ok(ListStep::NeedMore) }
    }

    fn advance(&mut self) -> Result<Option<ListStep>, FramingError> {
        let byte = self.buffer[self.position];
        let blank = byte.is_ascii_whitespace();
        match self.state {
            State::Object => return Ok(self.advance_object()),
            State::Nested => return Ok(self.advance_nested()),
            State::Text => return Ok(self.advance_text()),
            State::Scalar => return Ok(self.advance_scalar(byte)),
            State::Closed if blank => self.position += 1,
            State::Closed => return Err(self.error("data after the end of the array")),
            State::Start if blank => self.position += 1,
            State::Start if self.at_byte_order_mark() => self.position += 3,
            State::Start if byte == b'[' => {
                self.in_array = true;
                self.state = State::Between;
                self.position += 1;
            }
            State::Start => self.state = State::Between,
            State::Between | State::BetweenRows if blank || byte == b',' => self.position += 1,
            State::Between if byte == b']' && self.in_array => {
                self.state = State::Closed;
                self.position += 1;
            }
            State::BetweenRows if byte == b']' => self.leave_list(),
            State::Between | State::BetweenRows => self.begin(byte),
        }
        Ok(None)
    }

    fn at_byte_order_mark(&self) -> bool {
        self.dropped == 0 && self.position == 0 && self.buffer.starts_with(b"\xef\xbb\xbf")
    }

    fn begin(&mut self, byte: u8) {
        self.start = self.position;
        self.overlong = 0;
        self.depth = 0;
        self.in_string = false;
        self.escaped = false;
        self.state = match byte {
            b'{' if !self.in_list => State::Object,
            b'{' | b'[' => State::Nested,
            b'"' => State::Text,
            _ => State::Scalar,
        };
        match self.state {
            State::Object => {
                self.listed = false;
                self.member = Member::Before;
                self.depth = 1;
                self.position += 1;
            }
            State::Text => self.position += 1,
            _ => {}
        }
    }

    fn advance_object(&mut self) -> Option<ListStep> {
        while self.position < self.buffer.len() {
            if self.in_string {
                self.skip_string();
                if !self.in_string {
                    self.end_key();
                }
                continue;
            }
            let byte = self.buffer[self.position];
            self.position += 1;
            match byte {
                b'"' => {
                    self.in_string = true;
                    self.member = match self.member {
                        Member::Before => Member::Key(self.position),
                        _ => Member::Other,
                    };
                }
                b'[' if self.member == Member::ListValue => {
                    self.enter_list();
                    return None;
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    self.member = Member::Other;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(self.end_object());
                    }
                }
                b',' if self.depth == 1 => self.member = Member::Before,
                b':' if self.member == Member::ListKey => self.member = Member::ListValue,
                byte if byte.is_ascii_whitespace() => {}
                _ => self.member = Member::Other,
            }
        }
        None
    }

    fn end_key(&mut self) {
        if let Member::Key(start) = self.member {
            let key = &self.buffer[start..self.position - 1];
            let found = key.eq_ignore_ascii_case(self.key.as_bytes());
            self.member = if found { Member::ListKey } else { Member::Other };
        }
    }

    fn enter_list(&mut self) {
        if !self.listed {
            self.frame.clear();
        }
        self.listed = true;
        self.keep_frame();
        self.in_list = true;
        self.state = State::BetweenRows;
    }

    fn leave_list(&mut self) {
        self.in_list = false;
        self.state = State::Object;
        self.member = Member::Other;
        self.depth = 1;
        self.in_string = false;
        self.escaped = false;
        self.overlong = 0;
        self.start = self.position;
        self.position += 1;
    }

    /// Keeps what stands around a list, as far as it is held.
    fn keep_frame(&mut self) {
        let room = LONGEST_FRAME.saturating_sub(self.frame.len());
        let held = &self.buffer[self.start..self.position];
        // Something is missing from a frame that was let go: make it no JSON.
        let room = if self.overlong > 0 { 0 } else { room };
        self.frame.extend_from_slice(&held[..held.len().min(room)]);
    }

    fn end_object(&mut self) -> ListStep {
        if !self.listed {
            return self.end();
        }
        self.keep_frame();
        self.listed = false;
        self.state = State::Between;
        ListStep::Frame
    }

    fn advance_nested(&mut self) -> Option<ListStep> {
        while self.position < self.buffer.len() {
            if self.in_string {
                self.skip_string();
                continue;
            }
            let byte = self.buffer[self.position];
            self.position += 1;
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(self.end());
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Moves behind the closing quote, or to the end of what is there.
    fn skip_string(&mut self) {
        if self.escaped {
            self.escaped = false;
            self.position += 1;
            return;
        }
        match memchr::memchr2(b'"', b'\\', &self.buffer[self.position..]) {
            Some(found) => {
                self.position += found + 1;
                if self.buffer[self.position - 1] == b'"' {
                    self.in_string = false;
                } else {
                    self.escaped = true;
                }
            }
            None => self.position = self.buffer.len(),
        }
    }

    fn advance_text(&mut self) -> Option<ListStep> {
        self.in_string = true;
        while self.in_string && self.position < self.buffer.len() {
            self.skip_string();
        }
        (!self.in_string).then(|| self.end())
    }

    fn advance_scalar(&mut self, byte: u8) -> Option<ListStep> {
        let ends = if self.in_list() { byte == b',' || byte == b']' } else { byte == b'\n' };
        if ends {
            return Some(self.end());
        }
        self.position += 1;
        None
    }

    fn end(&mut self) -> ListStep {
        self.state = if self.in_list { State::BetweenRows } else { State::Between };
        let length = self.overlong + (self.position - self.start);
        if length > LONGEST_RECORD {
            self.overlong = 0;
            return ListStep::TooLong(length);
        }
        ListStep::Row(self.start..self.position)
    }

    fn at_end(&mut self) -> Result<ListStep, FramingError> {
        match self.state {
            State::Start | State::Closed => Ok(ListStep::End),
            State::Between if !self.in_array => Ok(ListStep::End),
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
mod tests;
