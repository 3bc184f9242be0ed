//! One pass from text to where its values stand.
//!
//! serde_json hands out the text of a value only level by level, each level read
//! anew; audit records nest four levels deep, and this is where a collector spends
//! its time. What JSON is stays serde_json's word: a property test holds the two
//! against each other, and what nests too deeply to be looked into is left to it.
//!
//! Invariant: accepts exactly what serde_json accepts, in memory that is bounded
//! however the text nests or lists.

use super::{DEEPEST, Entry, JsonError, Kind, NO_KEY, Span};
use crate::simd;

/// Most values of a text. Oracle's records have about a hundred; a text of nothing but
/// `[[],[],…` must not take more memory than a guest has.
const MOST_VALUES: usize = 1 << 16;

/// Values that there is room for at once: most records have fewer.
const USUAL_VALUES: usize = 160;

/// Reads one text.
pub(super) struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    entries: Vec<Entry>,
}

type Result<T> = std::result::Result<T, JsonError>;

/// A string that was passed.
struct Text {
    /// Between its quotes.
    inner: Span,
    escapes: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, entries: Vec::with_capacity(USUAL_VALUES) }
    }

    /// The only value of the text, and all in it.
    pub(super) fn whole(mut self) -> Result<Vec<Entry>> {
        if u32::try_from(self.text.len()).is_err() {
            return Err(JsonError("4 GiB and more are too much to read".to_owned()));
        }
        self.skip_blanks();
        self.value(0, 0, 0, None)?;
        self.skip_blanks();
        if self.at < self.bytes.len() {
            return Err(self.error("trailing characters"));
        }
        Ok(self.entries)
    }

    fn error(&self, problem: &str) -> JsonError {
        JsonError(format!("{problem} at byte {}", self.at))
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// What was read from `start` to here.
    #[inline]
    fn span(&self, start: usize) -> Span {
        // The whole text is shorter than 4 GiB.
        Span { start: start as u32, end: self.at as u32 }
    }

    /// Reads a value in the container `parent`, behind `place` others.
    fn value(&mut self, depth: usize, parent: usize, place: u32, key: Option<Text>) -> Result<()> {
        let index = self.entries.len();
        if index >= MOST_VALUES {
            return Err(self.error("too many values to read"));
        }
        let start = self.at;
        let (key, key_escapes) = match key {
            Some(key) => (key.inner, key.escapes),
            None => (NO_KEY, false),
        };
        self.entries.push(Entry {
            span: Span::default(),
            key,
            parent: parent as u32,
            place,
            next: 0,
            kind: Kind::Null,
            escapes: false,
            key_escapes,
        });
        let mut escapes = false;
        let kind = match self.peek() {
            Some(b'"') => {
                escapes = self.string()?.escapes;
                Kind::String
            }
            Some(b'{' | b'[') if depth >= DEEPEST => self.opaque()?,
            Some(b'{') => self.object(depth, index)?,
            Some(b'[') => self.array(depth, index)?,
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(b't') => self.word("true", Kind::Bool)?,
            Some(b'f') => self.word("false", Kind::Bool)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.error("expected a value")),
        };
        let (span, next) = (self.span(start), self.entries.len() as u32);
        let entry = &mut self.entries[index];
        (entry.span, entry.next, entry.kind, entry.escapes) = (span, next, kind, escapes);
        Ok(())
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error("expected a value"));
        }
        self.at += word.len();
        Ok(kind)
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.error("expected a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Kind> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            // No digit may follow it: whatever does is no comma and no end either.
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Kind::Number)
    }

    #[inline]
    fn string(&mut self) -> Result<Text> {
        self.at += 1;
        let start = self.at;
        let mut escapes = false;
        loop {
            self.at = simd::string_stop(self.bytes, self.at);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escapes = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.error("control character in a string")),
                None => return Err(self.error("string without its end")),
            }
        }
        let inner = self.span(start);
        self.at += 1;
        Ok(Text { inner, escapes })
    }

    fn escape(&mut self) -> Result<()> {
        let length = match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 2..self.at + 6);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.error("invalid escape"));
                }
                6
            }
            _ => return Err(self.error("invalid escape")),
        };
        self.at += length;
        Ok(())
    }

    /// Goes on in a container: whether there is another item, or it ends here.
    #[inline]
    fn goes_on(&mut self, first: bool, end: u8) -> Result<bool> {
        self.skip_blanks();
        match self.peek() {
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            _ if first => Ok(true),
            Some(b',') => {
                self.at += 1;
                self.skip_blanks();
                Ok(true)
            }
            _ => Err(self.error("expected a comma or the end of the list")),
        }
    }

    fn object(&mut self, depth: usize, index: usize) -> Result<Kind> {
        self.at += 1;
        let mut place = 0;
        while self.goes_on(place == 0, b'}')? {
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a key"));
            }
            let key = self.string()?;
            self.skip_blanks();
            if self.peek() != Some(b':') {
                return Err(self.error("expected a colon"));
            }
            self.at += 1;
            self.skip_blanks();
            self.value(depth + 1, index, place, Some(key))?;
            place += 1;
        }
        Ok(Kind::Object)
    }

    fn array(&mut self, depth: usize, index: usize) -> Result<Kind> {
        self.at += 1;
        let mut place = 0;
        while self.goes_on(place == 0, b']')? {
            self.value(depth + 1, index, place, None)?;
            place += 1;
        }
        Ok(Kind::Array)
    }

    /// Passes over a container that is too deep to look into.
    fn opaque(&mut self) -> Result<Kind> {
        let rest = serde_json::Deserializer::from_str(&self.text[self.at..]);
        let mut values = rest.into_iter::<serde::de::IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => self.at += values.byte_offset(),
            _ => return Err(self.error("not JSON this deep")),
        }
        Ok(Kind::Opaque)
    }
}
