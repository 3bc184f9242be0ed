//! Tells a record that was cut off in the middle of a file from one that stands on
//! several lines, so that what is cut costs its own line and not those behind it.
//!
//! A line that begins with a brace, or with the bracket of a list of objects, begins
//! another record if no value can stand there:
//! in a text, or behind anything but a colon, a bracket or the comma of a list. Where
//! one can (the cut fell behind one of these), the line itself tells: only in another
//! record is a whole object followed by neither a comma nor a closing bracket.
//!
//! Invariant: valid JSON is never broken, however it is laid out and however its bytes
//! arrive.

use crate::framer::LONGEST_RECORD;
use crate::scanner::Nesting;

/// How deep lists and objects are told apart.
const DEEPEST: u32 = u128::BITS;

/// The byte order mark of UTF-8. Files that were put together have them in their middle,
/// too, where they say as little as a blank.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is held of a stream.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// How many stood before them.
    pub dropped: usize,
    /// There are no more.
    pub finished: bool,
}

/// What stands on the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// More of the value under way.
    Same,
    /// Another record: the place of its first byte in the stream.
    Another(usize),
    /// That is not known before more bytes have arrived.
    NeedMore,
}

/// Follows a value over the lines on which it stands. Places count from the start of
/// the stream.
#[derive(Debug, Default)]
pub struct Lines {
    /// How far the value was followed.
    followed: usize,
    depth: u32,
    /// For each open bracket whether it is a list's, the innermost lowest.
    lists: u128,
    in_string: bool,
    escaped: bool,
    /// The last byte outside of texts that is no blank.
    last: u8,
    /// Something was missed, or nests too deeply.
    unknown: bool,
    look: Option<Look>,
}

/// How a line begins.
enum Beginning {
    /// As a record may, there.
    Record(usize),
    /// As none does.
    Other,
    /// That is not known before more bytes have arrived.
    NeedMore,
}

/// A line under way that begins as a record may.
#[derive(Debug, Clone, Copy)]
struct Look {
    begins: usize,
    at: usize,
    nesting: Nesting,
    closed: bool,
}

impl Lines {
    /// A value begins.
    pub fn begin(&mut self, place: usize) {
        *self = Self { followed: place, ..Self::default() };
    }

    /// What follows the newline at `place`, which may stand in a text.
    pub fn next(&mut self, held: Held<'_>, place: usize, in_string: bool) -> Next {
        let Held { bytes, dropped, finished } = held;
        if self.look.is_none() {
            let begins = match beginning(&bytes[place - dropped..], finished) {
                Beginning::Record(at) => place + at,
                Beginning::Other => return Next::Same,
                Beginning::NeedMore => return Next::NeedMore,
            };
            if in_string || !self.may_hold_value(held, place) {
                return Next::Another(begins);
            }
            let nesting = Nesting::default();
            self.look = Some(Look { begins, at: begins, nesting, closed: false });
        }
        let next = self.look_on(held, place);
        if next != Next::NeedMore {
            self.look = None;
        }
        next
    }

    /// Whether a value can stand at that place.
    fn may_hold_value(&mut self, held: Held<'_>, place: usize) -> bool {
        self.unknown |= self.followed < held.dropped;
        if !self.unknown {
            self.follow(&held.bytes[self.followed - held.dropped..place - held.dropped]);
            self.followed = place;
        }
        match self.last {
            _ if self.unknown => true,
            b':' | b'[' => true,
            b',' => self.lists & 1 == 1,
            _ => false,
        }
    }

    fn follow(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                byte if byte.is_ascii_whitespace() => continue,
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.unknown |= self.depth >= DEEPEST;
                    self.depth = self.depth.saturating_add(1);
                    self.lists = self.lists << 1 | u128::from(*byte == b'[');
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.lists >>= 1;
                }
                _ => {}
            }
            self.last = *byte;
        }
    }

    /// Looks at the line that begins as a record may, to its end and what follows.
    fn look_on(&mut self, held: Held<'_>, place: usize) -> Next {
        let Held { bytes, dropped, finished } = held;
        let Some(look) = &mut self.look else {
            return Next::Same;
        };
        let at = look.at - dropped;
        if !look.closed {
            let end = memchr::memchr(b'\n', &bytes[at..]).map(|length| at + length);
            let line = &bytes[..end.unwrap_or(bytes.len())];
            let (behind, closed) = look.nesting.skip_nested(line, at);
            (look.at, look.closed) = (dropped + behind, closed);
            match end {
                _ if closed => {}
                Some(_) if look.nesting.in_string => return Next::Another(look.begins),
                Some(_) => return Next::Same,
                None if finished || look.at - place > LONGEST_RECORD => return Next::Same,
                None => return Next::NeedMore,
            }
        }
        let rest = &bytes[look.at - dropped..];
        match rest.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b',' | b']' | b'}') => Next::Same,
            None if !finished => Next::NeedMore,
            _ => Next::Another(look.begins),
        }
    }
}

/// How what follows blanks begins.
fn beginning(bytes: &[u8], finished: bool) -> Beginning {
    let more_or = |known| if finished { known } else { Beginning::NeedMore };
    let Some(mut at) = skip_blanks(bytes, 0) else {
        return more_or(Beginning::Other);
    };
    if bytes[at..].starts_with(BYTE_ORDER_MARK) {
        match skip_blanks(bytes, at + BYTE_ORDER_MARK.len()) {
            Some(behind) => at = behind,
            None => return more_or(Beginning::Other),
        }
    } else if BYTE_ORDER_MARK.starts_with(&bytes[at..]) {
        return more_or(Beginning::Other);
    }
    match bytes[at] {
        b'{' => Beginning::Record(at),
        // A list of anything else is no list of records.
        b'[' => match skip_blanks(bytes, at + 1) {
            Some(inside) if bytes[inside] == b'{' => Beginning::Record(at),
            Some(_) => Beginning::Other,
            None => more_or(Beginning::Other),
        },
        _ => Beginning::Other,
    }
}

/// The first byte from there on that is no blank.
fn skip_blanks(bytes: &[u8], from: usize) -> Option<usize> {
    let blanks = bytes[from..].iter().position(|byte| !byte.is_ascii_whitespace())?;
    Some(from + blanks)
}

/// How many lines end in some bytes.
pub fn count(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
