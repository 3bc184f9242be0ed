//! What cutting JSON needs to know of its syntax: where a text ends and how deep a
//! bracket is. Everything else stays unread.

use std::fmt;

/// Longest record that is held. The largest seen in public is below 100 KB; a
/// longer one is passed over and reported with its position.
pub const LONGEST_RECORD: usize = 8 << 20;

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

/// How deep in brackets the reading is, and whether in a text.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Nesting {
    pub depth: usize,
    pub in_string: bool,
    pub escaped: bool,
}

impl Nesting {
    /// The position behind the closing quote, or at the end of what is there.
    pub fn skip_string(&mut self, bytes: &[u8], position: usize) -> usize {
        if self.escaped {
            self.escaped = false;
            return position + 1;
        }
        let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[position..]) else {
            return bytes.len();
        };
        if bytes[position + found] == b'"' {
            self.in_string = false;
        } else {
            self.escaped = true;
        }
        position + found + 1
    }

    /// Reads on until the outermost bracket closes: the position behind it, or at
    /// the end of what is there, and whether it has closed.
    pub fn skip_nested(&mut self, bytes: &[u8], mut position: usize) -> (usize, bool) {
        while position < bytes.len() {
            if self.in_string {
                position = self.skip_string(bytes, position);
                continue;
            }
            let byte = bytes[position];
            position += 1;
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return (position, true);
                    }
                }
                _ => {}
            }
        }
        (position, false)
    }
}
