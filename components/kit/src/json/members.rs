//! The members of an object at its top, for deciding about a record without reading it.
//!
//! Most of an audit log is no sign-on and is told by one member; the values of the
//! others are passed over by their brackets. So this looks at less than a parser does:
//! what lies inside a value is not checked. Whoever reads on parses.

use std::borrow::Cow;

use super::{JsonError, Parsed};
use crate::scanner::Nesting;
use crate::simd;
use crate::text::from_bytes;

/// Walks over the members of an object: the key, and the value as it is written.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
    first: bool,
    ended: bool,
}

type Member<'a> = (Cow<'a, str>, &'a [u8]);

impl<'a> Members<'a> {
    /// Over the members of an object; anything else is an error at once.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, first: true, ended: false }
    }

    fn error(&self, problem: &str) -> JsonError {
        JsonError(format!("{problem} at byte {}", self.at))
    }

    fn peek(&mut self) -> Option<u8> {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8, problem: &str) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.error(problem));
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over a string: what is between its quotes, and whether it has escapes.
    fn string(&mut self) -> Result<(&'a [u8], bool), JsonError> {
        self.expect(b'"', "expected a string")?;
        let start = self.at;
        let mut escapes = false;
        loop {
            self.at = simd::string_stop(self.bytes, self.at);
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escapes = true;
                    self.at += 2;
                }
                Some(_) => return Err(self.error("control character in a string")),
                None => {
                    self.at = self.bytes.len();
                    return Err(self.error("string without its end"));
                }
            }
        }
        self.at += 1;
        Ok((&self.bytes[start..self.at - 1], escapes))
    }

    fn value(&mut self) -> Result<&'a [u8], JsonError> {
        let first = self.peek();
        let start = self.at;
        match first {
            Some(b'"') => {
                self.string()?;
            }
            Some(b'{' | b'[') => {
                let (end, closed) = Nesting::default().skip_nested(self.bytes, self.at);
                self.at = end;
                if !closed {
                    return Err(self.error("value without its end"));
                }
            }
            _ => {
                let is_scalar = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                while self.bytes.get(self.at).is_some_and(is_scalar) {
                    self.at += 1;
                }
            }
        }
        if self.at == start {
            Err(self.error("expected a value"))
        } else {
            Ok(&self.bytes[start..self.at])
        }
    }

    fn member(&mut self) -> Result<Option<Member<'a>>, JsonError> {
        if self.first {
            self.expect(b'{', "expected an object")?;
        }
        let first = std::mem::take(&mut self.first);
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                match self.peek() {
                    Some(_) => Err(self.error("trailing characters")),
                    None => Ok(None),
                }
            }
            Some(b',') if !first => {
                self.at += 1;
                self.key_and_value().map(Some)
            }
            _ if first => self.key_and_value().map(Some),
            _ => Err(self.error("expected a comma or the end of the object")),
        }
    }

    fn key_and_value(&mut self) -> Result<Member<'a>, JsonError> {
        self.peek();
        let start = self.at;
        let key = match self.string()? {
            (key, false) => from_bytes(key),
            (..) => {
                let written = &self.bytes[start..self.at];
                scalar(written).ok_or_else(|| self.error("unreadable key"))?
            }
        };
        self.expect(b':', "expected a colon")?;
        Ok((key, self.value()?))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>, JsonError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let member = self.member().transpose();
        self.ended = !matches!(member, Some(Ok(_)));
        member
    }
}

/// The text of a member's value, if it is a scalar: strings unescaped, numbers and
/// booleans verbatim. Bytes that are no UTF-8 are replaced.
pub fn scalar(value: &[u8]) -> Option<Cow<'_, str>> {
    if let [b'"', text @ .., b'"'] = value
        && simd::string_stop(text, 0) == text.len()
    {
        return Some(from_bytes(text));
    }
    let parsed = Parsed::read(from_bytes(value)).ok()?;
    let text = parsed.root().scalar_text()?;
    Some(Cow::Owned(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> Result<Vec<(String, String)>, JsonError> {
        let text_of = |bytes: &[u8]| from_bytes(bytes).into_owned();
        Members::of(text.as_bytes())
            .map(|member| member.map(|(key, value)| (key.into_owned(), text_of(value))))
            .collect()
    }

    #[test]
    fn members_come_as_written_and_what_is_inside_is_passed_over() {
        let text = r#" {"\u0061" : "x\"}", "b":{"a":[1,"}]\\"]},"c":-1.5e3 ,"d":null, "" : [] } "#;
        let found = members(text).unwrap();
        let values: Vec<&str> = found.iter().map(|(_, value)| &**value).collect();
        assert_eq!(values, [r#""x\"}""#, r#"{"a":[1,"}]\\"]}"#, "-1.5e3", "null", "[]"]);
        assert_eq!((&*found[0].0, &*found[4].0), ("a", ""));
        assert!(members("{}").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        let broken = [
            "",
            "[]",
            "1",
            "{",
            "{]",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            "{,}",
            r#"{"a":1 "b":2}"#,
            r#"{"a":[}"#,
            r#"{"a":"x"#,
            r#"{"a":1} 2"#,
            "{a:1}",
            r#"{"a":"x\"#,
        ];
        for text in broken {
            assert!(members(text).is_err(), "{text}");
        }
    }

    #[test]
    fn scalars_are_read_and_nothing_else() {
        assert_eq!(scalar(br#""x\u0041""#).as_deref(), Some("xA"));
        assert_eq!(scalar(b"12").as_deref(), Some("12"));
        assert_eq!(scalar(b"\"\xff\"").as_deref(), Some("\u{fffd}"));
        assert_eq!(scalar(b"[]"), None);
        assert_eq!(scalar(b"null"), None);
        assert_eq!(scalar(b"nul"), None);
    }
}
