//! Goes over a line of JSON once, and looks at no more of it than it must.
//!
//! serde_json reads every value that it passes over; of a line of ours a report wants a
//! tenth. So what is not wanted is only followed to its end: a text to its quote, an
//! object or list to the bracket that closes it. Invariants: what is read is read as JSON
//! says; a line whose brackets and quotes do not close, as of one that was cut off, is
//! refused; nothing is read behind the end.

use std::borrow::Cow;

/// A place in a text of JSON. `None` from any of its functions means that the text is no
/// JSON there.
#[derive(Debug)]
pub struct Scanner<'l> {
    text: &'l str,
    at: usize,
}

/// A text as it stands between its quotes.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'l> {
    raw: &'l str,
    has_escapes: bool,
}

impl<'l> Quoted<'l> {
    /// What it says.
    pub fn text(self) -> Option<Cow<'l, str>> {
        if !self.has_escapes {
            return Some(Cow::Borrowed(self.raw));
        }
        serde_json::from_str(&format!("\"{}\"", self.raw)).ok().map(Cow::Owned)
    }

    /// Which of some names it is.
    pub fn among<T>(self, names: &[(&'static str, T)]) -> Option<usize> {
        let raw = match self.has_escapes {
            true => &*self.text()?,
            false => self.raw,
        };
        names.iter().position(|(name, _)| *name == raw)
    }

    /// The same but for underscores at its end.
    pub fn without_underscores(self) -> Self {
        match self.raw.ends_with('_') {
            true => Self { raw: self.raw.trim_end_matches('_'), ..self },
            false => self,
        }
    }
}

/// A value that is no object and no list.
#[derive(Debug)]
pub enum Scalar<'l> {
    /// A text.
    Text(Quoted<'l>),
    /// A number, `true`, `false` or `null`, as written.
    Bare(&'l str),
}

impl<'l> Scanner<'l> {
    /// At the start.
    pub fn new(text: &'l str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is no blank.
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Passes that byte.
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Whether nothing more comes.
    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    fn quoted(&mut self) -> Option<Quoted<'l>> {
        self.take(b'"')?;
        let start = self.at;
        let (end, has_escapes) = end_of_text(self.text.as_bytes(), start)?;
        self.at = end + 1;
        Some(Quoted { raw: &self.text[start..end], has_escapes })
    }

    /// Reads a value that is no object and no list; `None` for those, too.
    pub fn scalar(&mut self) -> Option<Scalar<'l>> {
        match self.peek()? {
            b'"' => self.quoted().map(Scalar::Text),
            b'{' | b'[' | b'}' | b']' | b',' | b':' => None,
            _ => {
                let start = self.at;
                let rest = &self.text.as_bytes()[start..];
                let is_end =
                    |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                self.at += rest.iter().position(is_end).unwrap_or(rest.len());
                let bare = &self.text[start..self.at];
                let is_value = matches!(bare, "true" | "false" | "null")
                    || bare.starts_with(|c: char| c == '-' || c.is_ascii_digit());
                is_value.then_some(Scalar::Bare(bare))
            }
        }
    }

    /// Passes a value over.
    pub fn skip(&mut self) -> Option<()> {
        if !matches!(self.peek()?, b'{' | b'[') {
            return self.scalar().map(drop);
        }
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        loop {
            match bytes.get(self.at)? {
                b'"' => self.at = end_of_text(bytes, self.at + 1)?.0,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Some(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Goes through the members of an object; `each` reads or passes over the value.
    pub fn members(
        &mut self,
        mut each: impl FnMut(&mut Self, Quoted<'l>) -> Option<()>,
    ) -> Option<()> {
        self.take(b'{')?;
        if self.peek()? == b'}' {
            return self.take(b'}');
        }
        loop {
            let key = self.quoted()?;
            self.take(b':')?;
            each(self, key)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => return self.take(b'}'),
            }
        }
    }

    /// Goes through the values of a list; `each` reads or passes over one.
    pub fn items(&mut self, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        if self.peek()? == b']' {
            return self.take(b']');
        }
        loop {
            each(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => return self.take(b']'),
            }
        }
    }
}

/// Where the text that begins at a place ends, and whether it has escapes.
fn end_of_text(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut has_escapes = false;
    loop {
        at += first_of(&bytes[at.min(bytes.len())..])?;
        if bytes[at] == b'"' {
            return Some((at, has_escapes));
        }
        has_escapes = true;
        at += 2;
    }
}

/// Where the first quote or backslash is. Most texts are a few bytes long, which a call
/// of a vector search costs more than eight bytes at once do.
fn first_of(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The lowest byte that is marked is one that is 0; above it marks may be wrong.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (at, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let found =
            zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(chunks.len() * 8 + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// Reads everything there is.
    fn value(scanner: &mut Scanner<'_>) -> Option<Value> {
        match scanner.peek()? {
            b'{' => {
                let mut members = serde_json::Map::new();
                scanner.members(|scanner, key| {
                    members.insert(key.text()?.into_owned(), value(scanner)?);
                    Some(())
                })?;
                Some(Value::Object(members))
            }
            b'[' => {
                let mut items = Vec::new();
                scanner.items(|scanner| {
                    items.push(value(scanner)?);
                    Some(())
                })?;
                Some(Value::Array(items))
            }
            _ => match scanner.scalar()? {
                Scalar::Text(text) => Some(Value::from(text.text()?.into_owned())),
                Scalar::Bare(bare) => serde_json::from_str(bare).ok(),
            },
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\"\\\\{}\\[\\],:a]{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_is_read_as_it_is_written_and_passed_over_to_its_end(
            json in json(),
            pretty: bool,
        ) {
            let text = match pretty {
                true => serde_json::to_string_pretty(&json).unwrap(),
                false => json.to_string(),
            };
            let mut scanner = Scanner::new(&text);
            prop_assert_eq!(value(&mut scanner), Some(json));
            prop_assert!(scanner.is_at_end());
            let mut scanner = Scanner::new(&text);
            prop_assert_eq!(scanner.skip(), Some(()));
            prop_assert!(scanner.is_at_end());
        }

        #[test]
        fn an_object_that_is_cut_off_does_not_close(
            members in prop::collection::vec((any::<String>(), json()), 0..4),
            at in 0.0..1.0_f64,
        ) {
            let text = Value::Object(members.into_iter().collect()).to_string();
            let mut end = (text.len() as f64 * at) as usize;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            prop_assert_eq!(Scanner::new(&text[..end]).skip(), None);
            prop_assert_eq!(value(&mut Scanner::new(&text[..end])), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), odd in "[\"\\\\{}\\[\\],:a0 ]{0,30}") {
            for text in [&text, &odd] {
                let _ = Scanner::new(text).skip();
                let _ = value(&mut Scanner::new(text));
            }
        }
    }
}
