//! Rows in JSON: looks through the wrappers as the bytes pass by.
//!
//! An object is a wrapper as soon as a member says so by its name, and a row as
//! soon as a member says that; what came before is kept until then. A lone object
//! that says neither is a row too, unless there is nothing in it.

use std::ops::Range;

use signon_kit::lines::{self, BYTE_ORDER_MARK as MARK, Held, Lines, Next};

use super::{Cut, FramingError, LONGEST_ROW, MOST_WRAPPERS, is_wrapper};

/// Members only a row has.
const ROW_MEMBERS: [&str; 7] =
    ["eventID", "accessTime", "userID", "ipAddress", "mfaUsed", "oracleECID", "attributeMap"];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrapper {
    Object,
    Array,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Between values, or between members of a wrapper.
    Between,
    /// In the name of a wrapper's member.
    Name {
        escaped: bool,
    },
    /// Behind that name.
    Colon {
        look_through: bool,
    },
    /// Before that member's value.
    Member {
        look_through: bool,
    },
    Value(Scan),
}

/// A value being passed over to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scan {
    kind: Kind,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Not handed out: a member of a wrapper that has nothing to do with rows.
    skipped: bool,
    /// Its members are still looked at.
    undecided: bool,
    /// The next string at the top of it is a member's name.
    name_due: bool,
    /// Where that name begins.
    name: Option<usize>,
    /// Has a member that is more than markup.
    has_data: bool,
}

/// What a piece of a value was.
enum Piece {
    /// More of it follows.
    Inside,
    /// Its end.
    End,
    /// The name of a member that wraps rows.
    Wrapper,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Object,
    Array,
    Text,
    Scalar,
}

/// Cuts pushed bytes into rows.
#[derive(Debug)]
pub(super) struct JsonFramer {
    buffer: Vec<u8>,
    /// Next byte to look at.
    position: usize,
    /// First byte of what is under way and must be kept.
    start: Option<usize>,
    /// Bytes dropped from the front of the buffer so far.
    dropped: usize,
    /// Bytes of the value under way that were let go, being too long.
    overlong: usize,
    wrappers: Vec<Wrapper>,
    state: State,
    finished: bool,
    /// Follows rows over lines, where a file is read.
    lines: Option<Lines>,
    /// Number of the line under way, and of those where the row handed out last and the
    /// outermost wrapper began. Counted by lines only.
    line: u64,
    row_line: u64,
    wrapper_line: u64,
}

impl Default for JsonFramer {
    fn default() -> Self {
        Self {
            buffer: Vec::new(),
            position: 0,
            start: None,
            dropped: 0,
            overlong: 0,
            wrappers: Vec::new(),
            state: State::Between,
            finished: false,
            lines: None,
            line: 1,
            row_line: 1,
            wrapper_line: 1,
        }
    }
}

impl JsonFramer {
    /// For files, from that line on: a row that is not whole costs no other one.
    pub(super) fn by_lines(line: u64) -> Self {
        Self { lines: Some(Lines::default()), line, ..Self::default() }
    }

    /// The line on which the row under way or handed out last began.
    pub(super) fn begun_in_line(&self) -> u64 {
        self.row_line
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.make_room();
        self.buffer.extend_from_slice(bytes);
    }

    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    pub(super) fn bytes(&self, span: Range<usize>) -> &[u8] {
        &self.buffer[span]
    }

    /// Drops what was handed out, so that the buffer never holds more than one row
    /// and one chunk.
    fn make_room(&mut self) {
        let keep = match self.start {
            Some(start) if self.position - start > LONGEST_ROW => {
                self.overlong += self.position - start;
                self.position
            }
            Some(start) => start,
            None => self.position,
        };
        self.buffer.drain(..keep);
        self.dropped += keep;
        self.position -= keep;
        self.start = self.start.map(|_| 0);
        if let State::Value(scan) = &mut self.state {
            // A name whose beginning was let go says nothing any more.
            scan.name = scan.name.and_then(|name| name.checked_sub(keep));
        }
    }

    pub(super) fn next(&mut self) -> Result<Cut, FramingError> {
        while self.position < self.buffer.len() {
            if let Some(cut) = self.advance()? {
                return Ok(cut);
            }
        }
        if self.finished { self.at_end() } else { Ok(Cut::NeedMore) }
    }

    fn advance(&mut self) -> Result<Option<Cut>, FramingError> {
        let byte = self.buffer[self.position];
        match self.state {
            State::Between if byte == MARK[0] && self.may_be_mark() => {
                if self.buffer.len() - self.position < MARK.len() {
                    return Ok(Some(Cut::NeedMore));
                }
                self.position += MARK.len();
            }
            State::Between => self.between(byte)?,
            State::Name { escaped } => self.pass_name(byte, escaped),
            State::Colon { .. } | State::Member { .. } if byte.is_ascii_whitespace() => {
                self.skip_blank(byte);
            }
            State::Colon { look_through } if byte == b':' => {
                self.position += 1;
                self.state = State::Member { look_through };
            }
            State::Colon { .. } => return Err(self.error("no colon behind a member's name", false)),
            State::Member { look_through } => self.begin(byte, look_through),
            State::Value(scan) => return Ok(self.pass_value(scan)),
        }
        Ok(None)
    }

    /// Whether a byte order mark stands here, or the beginning of one.
    fn may_be_mark(&self) -> bool {
        let rest = &self.buffer[self.position..];
        rest.starts_with(MARK) || !self.finished && MARK.starts_with(rest)
    }

    fn between(&mut self, byte: u8) -> Result<(), FramingError> {
        match (self.wrappers.last(), byte) {
            (_, b',') => self.position += 1,
            (_, byte) if byte.is_ascii_whitespace() => self.skip_blank(byte),
            (Some(Wrapper::Array), b']') | (Some(Wrapper::Object), b'}') => {
                self.wrappers.pop();
                self.position += 1;
            }
            (Some(Wrapper::Object), b'"') => {
                self.position += 1;
                self.start = Some(self.position);
                self.overlong = 0;
                self.state = State::Name { escaped: false };
            }
            (Some(Wrapper::Object), _) => {
                return Err(self.error("no member where one should be", false));
            }
            (Some(Wrapper::Array) | None, byte) => self.begin(byte, true),
        }
        Ok(())
    }

    fn skip_blank(&mut self, byte: u8) {
        self.line += u64::from(byte == b'\n');
        self.position += 1;
    }

    fn pass_name(&mut self, byte: u8, escaped: bool) {
        self.position += 1;
        self.state = match byte {
            _ if escaped => State::Name { escaped: false },
            b'\\' => State::Name { escaped: true },
            b'"' => {
                let whole = self.start.take().filter(|_| self.overlong == 0);
                let look_through = whole.is_some_and(|start| {
                    std::str::from_utf8(&self.buffer[start..self.position - 1])
                        .is_ok_and(is_wrapper)
                });
                State::Colon { look_through }
            }
            _ => State::Name { escaped: false },
        };
    }

    fn begin(&mut self, byte: u8, look_through: bool) {
        let room = self.wrappers.len() < MOST_WRAPPERS;
        let nested = self.wrappers.last() == Some(&Wrapper::Array);
        if self.wrappers.is_empty() {
            self.wrapper_line = self.line;
        }
        if byte == b'[' && look_through && room && !nested {
            self.wrappers.push(Wrapper::Array);
            self.position += 1;
            self.state = State::Between;
            return;
        }
        let kind = match byte {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' if !self.wrappers.is_empty() => Kind::Text,
            // At the top a line is one row, whatever is left of it.
            _ => Kind::Scalar,
        };
        self.row_line = self.line;
        if let Some(lines) = &mut self.lines {
            lines.begin(self.dropped + self.position);
        }
        self.start = look_through.then_some(self.position);
        self.overlong = 0;
        if kind == Kind::Text {
            self.position += 1;
        }
        self.state = State::Value(Scan {
            kind,
            depth: 0,
            in_string: kind == Kind::Text,
            escaped: false,
            skipped: !look_through,
            undecided: look_through && room && kind == Kind::Object,
            name_due: true,
            name: None,
            has_data: false,
        });
    }

    /// Moves on in a value until it ends, turns out to be a wrapper, or the bytes
    /// are used up.
    fn pass_value(&mut self, mut scan: Scan) -> Option<Cut> {
        loop {
            let limit = self.limit();
            while self.position < limit {
                match self.pass_piece(&mut scan, limit) {
                    Piece::Inside => {}
                    Piece::End => return self.end(scan),
                    Piece::Wrapper => {
                        self.wrappers.push(Wrapper::Object);
                        self.start = None;
                        self.state = State::Colon { look_through: true };
                        return None;
                    }
                }
            }
            self.state = State::Value(scan);
            if limit == self.buffer.len() {
                return None;
            }
            if scan.kind == Kind::Scalar && self.ends_scalar(b'\n') {
                return self.end(scan);
            }
            if let Some(cut) = self.pass_newline(&mut scan) {
                return Some(cut);
            }
        }
    }

    /// Where reading stops at last: by lines at the next newline.
    fn limit(&self) -> usize {
        let rest = &self.buffer[self.position..];
        let newline = self.lines.as_ref().and_then(|_| memchr::memchr(b'\n', rest));
        newline.map_or(self.buffer.len(), |length| self.position + length)
    }

    /// At the newline in a value: reads on behind it, or ends the row.
    fn pass_newline(&mut self, scan: &mut Scan) -> Option<Cut> {
        let may_break = !scan.skipped && scan.kind == Kind::Object;
        let (bytes, dropped, finished) = (&self.buffer, self.dropped, self.finished);
        let held = Held { bytes, dropped, finished };
        let next = match &mut self.lines {
            Some(lines) if may_break => lines.next(held, dropped + self.position, scan.in_string),
            _ => Next::Same,
        };
        match next {
            Next::Same => {
                scan.escaped = false;
                self.skip_blank(b'\n');
                None
            }
            Next::Another(begins) => Some(self.end_broken(begins - dropped)),
            Next::NeedMore => Some(Cut::NeedMore),
        }
    }

    /// The row under way ends here; the next one begins there.
    fn end_broken(&mut self, begins: usize) -> Cut {
        let span = self.start.take().unwrap_or(self.position)..self.position;
        // A list that began on the line that was cut is cut with it.
        if self.wrapper_line == self.row_line {
            self.wrappers.clear();
        }
        self.line += lines::count(&self.buffer[self.position..begins]);
        self.position = begins;
        self.state = State::Between;
        match self.overlong + span.len() {
            length if length > LONGEST_ROW => Cut::TooLong(length),
            _ => Cut::Broken(span),
        }
    }

    /// Moves over a byte or a text.
    fn pass_piece(&mut self, scan: &mut Scan, limit: usize) -> Piece {
        if scan.in_string {
            self.pass_string(scan, limit);
            if scan.in_string {
                return Piece::Inside;
            }
            if scan.kind == Kind::Text {
                return Piece::End;
            }
            let name = scan.name.take();
            let wraps = name.is_some_and(|name| self.is_wrapped_by(name, scan));
            return if wraps { Piece::Wrapper } else { Piece::Inside };
        }
        let byte = self.buffer[self.position];
        if scan.kind == Kind::Scalar {
            if self.ends_scalar(byte) {
                return Piece::End;
            }
            self.position += 1;
            return Piece::Inside;
        }
        self.position += 1;
        match byte {
            b'"' => {
                scan.in_string = true;
                if scan.undecided && scan.depth == 1 && scan.name_due {
                    scan.name = Some(self.position);
                    scan.name_due = false;
                }
            }
            b',' if scan.depth == 1 => scan.name_due = true,
            b'{' | b'[' => scan.depth += 1,
            b'}' | b']' => {
                scan.depth = scan.depth.saturating_sub(1);
                if scan.depth == 0 {
                    return Piece::End;
                }
            }
            _ => {}
        }
        Piece::Inside
    }

    /// Moves behind the closing quote, or to the end of what is there.
    fn pass_string(&mut self, scan: &mut Scan, limit: usize) {
        if scan.escaped {
            scan.escaped = false;
            self.position += 1;
            return;
        }
        match memchr::memchr2(b'"', b'\\', &self.buffer[self.position..limit]) {
            Some(found) => {
                self.position += found + 1;
                if self.buffer[self.position - 1] == b'"' {
                    scan.in_string = false;
                } else {
                    scan.escaped = true;
                }
            }
            None => self.position = limit,
        }
    }

    /// What a member's name says about the object it is in.
    fn is_wrapped_by(&self, name: usize, scan: &mut Scan) -> bool {
        let Ok(name) = std::str::from_utf8(&self.buffer[name..self.position - 1]) else {
            scan.has_data = true;
            return false;
        };
        if is_wrapper(name) {
            return true;
        }
        scan.undecided &= !ROW_MEMBERS.contains(&name);
        scan.has_data |= !(name.starts_with(['@', '#']) || name.starts_with("xmlns"));
        false
    }

    /// In lists and members a comma or bracket, else the line.
    fn ends_scalar(&self, byte: u8) -> bool {
        match self.wrappers.last() {
            Some(Wrapper::Array) => matches!(byte, b',' | b']'),
            Some(Wrapper::Object) => matches!(byte, b',' | b'}'),
            None => byte == b'\n',
        }
    }

    fn end(&mut self, scan: Scan) -> Option<Cut> {
        self.state = State::Between;
        let span = self.start.take()?..self.position;
        let length = self.overlong + span.len();
        if length > LONGEST_ROW {
            return Some(Cut::TooLong(length));
        }
        if scan.skipped || self.is_nothing(scan, &self.buffer[span.clone()]) {
            return None;
        }
        Some(Cut::Row { span, is_listed: !self.wrappers.is_empty() })
    }

    /// An empty root or member, as serializers write a list of nothing. In a list
    /// every element counts.
    fn is_nothing(&self, scan: Scan, bytes: &[u8]) -> bool {
        match (self.wrappers.last(), scan.kind) {
            (Some(Wrapper::Array), _) | (_, Kind::Array) => false,
            (_, Kind::Object) => {
                let is_json = || serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
                scan.undecided && !scan.has_data && is_json()
            }
            (None, _) => false,
            (Some(Wrapper::Object), _) => {
                matches!(bytes.trim_ascii(), b"" | b"null" | b"\"\"")
            }
        }
    }

    fn at_end(&mut self) -> Result<Cut, FramingError> {
        match self.state {
            State::Between if self.wrappers.is_empty() => Ok(Cut::End),
            State::Value(scan) if scan.kind == Kind::Scalar && self.wrappers.is_empty() => {
                Ok(self.end(scan).unwrap_or(Cut::End))
            }
            State::Between => Err(self.error("a list without its end", true)),
            _ => Err(self.error("a row without its end", true)),
        }
    }

    fn error(&self, problem: &str, is_cut: bool) -> FramingError {
        FramingError { problem: problem.to_owned(), offset: self.dropped + self.position, is_cut }
    }
}
