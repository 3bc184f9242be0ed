//! Cuts a stream of bytes into JSON records without reading them.
//!
//! An API page may be 60 MB; only one record of it is ever held. Two layouts are
//! understood: one top-level array, whose elements are the records, and values
//! one after another (NDJSON). Whatever stands where a record should be is handed
//! out as one, so that it can be counted and rejected by name; only a stream that
//! ends inside a record is an error.

use std::fmt;
use std::ops::Range;

/// Longest record that is held. The largest seen in public is below 100 KB; a
/// longer one is passed over and reported with its position.
pub const LONGEST_RECORD: usize = 8 << 20;

/// What [`RecordReader::next`] found.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A record; its bytes are in [`RecordReader::bytes`] until more is pushed.
    Record(Range<usize>),
    /// A record of that many bytes was longer than [`LONGEST_RECORD`].
    TooLong(usize),
    /// Push more bytes, or finish.
    NeedMore,
    /// Everything was read.
    End,
}

/// The stream ended inside a record or array, or goes on after its end.
#[derive(Debug, Clone, PartialEq)]
pub struct FramingError {
    /// What is wrong.
    pub problem: &'static str,
    /// Where, in bytes from the start of the stream.
    pub offset: usize,
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.problem, self.offset)
    }
}

impl std::error::Error for FramingError {}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Nothing but blanks so far.
    Start,
    /// Between records.
    Between,
    /// In a record that began with a bracket, a quote or something else.
    Nested,
    Text,
    Scalar,
    /// After the closing bracket of the array.
    Closed,
}

/// Cuts pushed bytes into records.
#[derive(Debug)]
pub struct RecordReader {
    buffer: Vec<u8>,
    /// Next byte to look at.
    position: usize,
    /// First byte of the record under way.
    start: usize,
    /// Bytes dropped from the front of the buffer so far.
    dropped: usize,
    state: State,
    depth: usize,
    in_string: bool,
    escaped: bool,
    in_array: bool,
    finished: bool,
    /// Bytes of the record under way that were let go, being too long.
    overlong: usize,
}

impl Default for RecordReader {
    fn default() -> Self {
        Self::new()
    }
}

impl RecordReader {
    /// A reader at the start of a stream.
    pub fn new() -> Self {
        Self {
            buffer: Vec::new(),
            position: 0,
            start: 0,
            dropped: 0,
            state: State::Start,
            depth: 0,
            in_string: false,
            escaped: false,
            in_array: false,
            finished: false,
            overlong: 0,
        }
    }

    /// Takes more bytes. Ranges handed out before are void.
    pub fn push(&mut self, bytes: &[u8]) {
        self.make_room();
        self.buffer.extend_from_slice(bytes);
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

    /// The bytes of a record.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Whether anything but blanks was seen.
    pub fn is_blank(&self) -> bool {
        self.state == State::Start
    }

    /// Drops what was handed out, so that the buffer never holds more than one
    /// record and one chunk.
    fn make_room(&mut self) {
        let in_record = matches!(self.state, State::Nested | State::Text | State::Scalar);
        let mut keep_from = if in_record { self.start } else { self.position };
        if in_record && self.position - self.start > LONGEST_RECORD {
            self.overlong += self.position - self.start;
            keep_from = self.position;
        }
        self.buffer.drain(..keep_from);
        self.dropped += keep_from;
        self.position -= keep_from;
        self.start = 0;
    }

    /// The next record.
    ///
    /// # Errors
    ///
    /// When the stream ends inside a record, or goes on after its array.
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot lend from its own buffer")]
    pub fn next(&mut self) -> Result<Step, FramingError> {
        while self.position < self.buffer.len() {
            if let Some(step) = self.advance()? {
                return Ok(step);
            }
        }
        if self.finished { self.at_end() } else { Ok(Step::NeedMore) }
    }

    fn advance(&mut self) -> Result<Option<Step>, FramingError> {
        let byte = self.buffer[self.position];
        match self.state {
            State::Nested => return Ok(self.advance_nested()),
            State::Text => return Ok(self.advance_text()),
            State::Scalar => return Ok(self.advance_scalar(byte)),
            State::Closed if byte.is_ascii_whitespace() => self.position += 1,
            State::Closed => return Err(self.error("data after the end of the array")),
            State::Start if byte.is_ascii_whitespace() => self.position += 1,
            State::Start if self.at_byte_order_mark() => self.position += 3,
            State::Start if byte == b'[' => {
                self.in_array = true;
                self.state = State::Between;
                self.position += 1;
            }
            State::Start => self.state = State::Between,
            State::Between if byte.is_ascii_whitespace() || byte == b',' => self.position += 1,
            State::Between if byte == b']' && self.in_array => {
                self.state = State::Closed;
                self.position += 1;
            }
            State::Between => self.begin(byte),
        }
        Ok(None)
    }

    fn at_byte_order_mark(&self) -> bool {
        self.dropped == 0 && self.position == 0 && self.buffer.starts_with(b"\xef\xbb\xbf")
    }

    fn begin(&mut self, byte: u8) {
        self.start = self.position;
        self.overlong = 0;
        self.state = match byte {
            b'{' | b'[' => State::Nested,
            b'"' => State::Text,
            _ => State::Scalar,
        };
        self.depth = 0;
        self.in_string = false;
        self.escaped = false;
        if self.state == State::Text {
            self.position += 1;
        }
    }

    fn advance_nested(&mut self) -> Option<Step> {
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

    fn advance_text(&mut self) -> Option<Step> {
        self.in_string = true;
        while self.in_string && self.position < self.buffer.len() {
            self.skip_string();
        }
        (!self.in_string).then(|| self.end())
    }

    fn advance_scalar(&mut self, byte: u8) -> Option<Step> {
        let ends = if self.in_array { byte == b',' || byte == b']' } else { byte == b'\n' };
        if ends {
            return Some(self.end());
        }
        self.position += 1;
        None
    }

    fn end(&mut self) -> Step {
        self.state = State::Between;
        let length = self.overlong + (self.position - self.start);
        if length > LONGEST_RECORD {
            self.overlong = 0;
            return Step::TooLong(length);
        }
        Step::Record(self.start..self.position)
    }

    fn at_end(&mut self) -> Result<Step, FramingError> {
        match self.state {
            State::Start | State::Closed => Ok(Step::End),
            State::Between if !self.in_array => Ok(Step::End),
            State::Between => Err(self.error("array without its end")),
            State::Scalar if !self.in_array => Ok(self.end()),
            State::Nested | State::Text | State::Scalar => {
                Err(self.error("record without its end"))
            }
        }
    }

    fn error(&self, problem: &'static str) -> FramingError {
        FramingError { problem, offset: self.dropped + self.position }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(chunks: &[&[u8]]) -> Result<Vec<String>, FramingError> {
        let mut reader = RecordReader::new();
        let mut found = Vec::new();
        let mut chunks = chunks.iter();
        loop {
            match reader.next()? {
                Step::Record(range) => {
                    found.push(String::from_utf8_lossy(reader.bytes(range)).into_owned());
                }
                Step::TooLong(length) => found.push(format!("too long: {length}")),
                Step::NeedMore => match chunks.next() {
                    Some(chunk) => reader.push(chunk),
                    None => reader.finish(),
                },
                Step::End => return Ok(found),
            }
        }
    }

    const PAGE: &str = r#" [ {"a":"}]\"\\"}, {"b":[{},[]]} ,null, "x\"y", 12 , {} ] "#;
    const RECORDS: [&str; 6] =
        [r#"{"a":"}]\"\\"}"#, r#"{"b":[{},[]]}"#, "null", r#""x\"y""#, "12 ", "{}"];

    #[test]
    fn an_array_is_cut_into_its_elements() {
        assert_eq!(read_all(&[PAGE.as_bytes()]).unwrap(), RECORDS);
    }

    #[test]
    fn the_cuts_do_not_depend_on_how_the_bytes_arrive() {
        for size in 1..PAGE.len() {
            let chunks: Vec<&[u8]> = PAGE.as_bytes().chunks(size).collect();
            assert_eq!(read_all(&chunks).unwrap(), RECORDS, "chunks of {size}");
        }
    }

    #[test]
    fn lines_are_records_too_and_a_bad_line_is_only_itself() {
        let text = b"{\"a\":1}\noops\n\n{\"b\":2}";
        assert_eq!(read_all(&[text]).unwrap(), [r#"{"a":1}"#, "oops", r#"{"b":2}"#]);
    }

    #[test]
    fn a_page_cut_off_is_an_error_after_its_whole_records() {
        let mut reader = RecordReader::new();
        reader.push(b"[{\"a\":1},{\"b\"");
        reader.finish();
        assert!(matches!(reader.next(), Ok(Step::Record(_))));
        assert_eq!(reader.next().unwrap_err().problem, "record without its end");
        assert_eq!(read_all(&[b"[{}"]).unwrap_err().problem, "array without its end");
        assert_eq!(read_all(&[b"[] x"]).unwrap_err().offset, 3);
    }

    #[test]
    fn an_empty_page_holds_nothing() {
        assert!(read_all(&[b"[]"]).unwrap().is_empty());
        assert!(read_all(&[b" \n"]).unwrap().is_empty());
    }

    #[test]
    fn a_record_too_long_is_passed_over_in_bounded_memory() {
        let mut reader = RecordReader::new();
        reader.push(b"[{\"a\":\"");
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..20 {
            assert_eq!(reader.next().unwrap(), Step::NeedMore);
            reader.push(&chunk);
        }
        assert!(reader.buffer.capacity() < LONGEST_RECORD * 3);
        reader.push(b"\"},{\"b\":1}]");
        assert_eq!(reader.next().unwrap(), Step::TooLong((20 << 20) + 9 - 1));
        let Step::Record(range) = reader.next().unwrap() else { panic!() };
        assert_eq!(reader.bytes(range), b"{\"b\":1}");
    }
}
