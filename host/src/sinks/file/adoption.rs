//! What may be done to a file as it is found.
//!
//! ```text
//!   committed length            end of file
//!        |  line  line  line  rest|
//!        '---- adopted -----'
//! ```
//!
//! Whole lines stay, whosever they are, and one that is in a later batch word for word
//! is not written again; one that only names the same event is not ours and takes
//! nothing's place. A rest without a line end is cut only if it is
//! a torn line of ours, which takes three things: the state knows a length of this very
//! file, that length ends a line, and the rest begins like a line and is none.
//! Otherwise nothing is cut and nothing is written behind it: a file of somebody else
//! at our path is refused. Invariant: no byte is cut that this sink did not write.

use std::io::{BufRead as _, BufReader, Read as _};

use crate::render::{Format, event_id};
use crate::sinks::medium::Medium;
use crate::state::{BlockingState, FileCheckpoint, LineFingerprint, StateError, Waiting};

/// Longest line that is looked into: far longer than an event, far less than memory.
const LONGEST_LINE: u64 = 64 << 20;

/// Lines behind a place in a file.
pub struct Tail {
    /// Behind the last whole line.
    pub end: u64,
    /// By fingerprint.
    pub lines: Waiting,
    rest: Vec<u8>,
}

/// What to do about the end of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// It is the end of a line.
    Whole,
    /// The rest is a torn line of ours, if any of it is.
    Torn,
    /// The rest is a line but for its end.
    Unended,
    /// The rest is nothing that a sink wrote.
    Foreign,
}

impl Tail {
    /// Reads whole lines from a place on.
    pub fn read(file: &dyn Medium, from: u64, format: Format) -> std::io::Result<Self> {
        let mut reader = BufReader::new(file.read_from(from)?);
        let mut tail = Self { end: from, lines: Waiting::new(), rest: Vec::new() };
        let mut line = Vec::new();
        loop {
            line.clear();
            reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
            // After a power cut a file may be longer than what was written to it; what was
            // not is zeros.
            if line.last() != Some(&b'\n') || line.contains(&0) {
                tail.rest = line;
                return Ok(tail);
            }
            tail.end += line.len() as u64;
            tail.add(&line[..line.len() - 1], format);
        }
    }

    /// Takes the rest for a line, whose end was written now.
    pub fn end_rest(&mut self, format: Format) {
        let rest = std::mem::take(&mut self.rest);
        self.end += rest.len() as u64 + 1;
        self.add(&rest, format);
    }

    fn add(&mut self, line: &[u8], format: Format) {
        // What names no event cannot be one of ours that comes again.
        if event_id(&String::from_utf8_lossy(line), format).is_some() {
            *self.lines.entry(LineFingerprint::of(line)).or_default() += 1;
        }
    }

    /// What the rest looks like.
    pub fn look(&self) -> End {
        match self.rest.first() {
            None => End::Whole,
            Some(0) => End::Torn,
            Some(b'{') if self.rest.contains(&0) => End::Torn,
            Some(b'{') if self.rest.len() as u64 >= LONGEST_LINE => End::Foreign,
            Some(b'{') => match serde_json::from_slice::<serde::de::IgnoredAny>(&self.rest) {
                Ok(_) => End::Unended,
                // Cut off in the middle, and not wrong.
                Err(error) if error.is_eof() => End::Torn,
                Err(_) if is_cut_in_a_letter(&self.rest) => End::Torn,
                Err(_) => End::Foreign,
            },
            Some(_) => End::Foreign,
        }
    }
}

/// A text that is cut within a letter is no UTF-8, and torn all the same.
fn is_cut_in_a_letter(rest: &[u8]) -> bool {
    let Err(error) = std::str::from_utf8(rest) else { return false };
    let whole = &rest[..error.valid_up_to()];
    error.error_len().is_none()
        && serde_json::from_slice::<serde::de::IgnoredAny>(whole).is_err_and(|error| error.is_eof())
}

/// Whether the state speaks of this very file. One that was moved here, restored or
/// made anew under the same name is another.
pub fn is_known(state: &BlockingState, sink: &str, file: &dyn Medium) -> Result<bool, StateError> {
    let known = state.sink_length(&key(sink))?;
    Ok(known.is_some() && known == file.identity())
}

/// Makes the state speak of this file.
pub fn know(state: &BlockingState, sink: &str, file: &dyn Medium) -> Result<(), StateError> {
    // Zero is nobody's, so a file without an identity is never known.
    let length = file.identity().unwrap_or(0);
    state.adopt(&FileCheckpoint { sink: key(sink), length, waiting: Waiting::new() })
}

/// Where the identity stands, beside the length; no sink has an id like that.
fn key(sink: &str) -> String {
    format!("{sink}#file")
}

/// Whether a length ends a line.
pub fn ends_a_line(file: &dyn Medium, length: u64) -> std::io::Result<bool> {
    let Some(last) = length.checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.read_from(last)?.read_exact(&mut byte)?;
    Ok(byte[0] == b'\n')
}
