//! JSON with spans: every value knows the exact text it was read from.
//!
//! Redaction has to replace values in the received text and leave every other
//! byte alone, and what no field of the contract takes must travel on verbatim
//! (numbers beyond 2^53 included). serde_json does the parsing, level by level
//! through its `RawValue`; this module only keeps the slices.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How deep values are looked into; what lies deeper is kept as one opaque
/// text. Oracle's records are at most seven deep.
const DEEPEST: usize = 32;

/// A value and the text it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'a> {
    /// The exact text, without surrounding blanks.
    pub raw: &'a str,
    /// What the text says.
    pub value: Value<'a>,
}

/// What a JSON text says.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, readable in [`Node::raw`].
    Number,
    /// A string, unescaped. Lone surrogates are replaced.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object in the order received; duplicate keys are kept.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
    /// Nested too deeply to look into.
    Opaque,
}

/// Why a text is no JSON value.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonError(String);

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JsonError {}

impl<'a> Node<'a> {
    /// Reads one JSON value.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| JsonError(error.to_string()))?;
        Self::from_raw(raw.get(), 0)
    }

    fn from_raw(raw: &'a str, depth: usize) -> Result<Self, JsonError> {
        let value = match raw.as_bytes().first() {
            Some(b'n') => Value::Null,
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'"') => Value::String(unescape(raw)?),
            Some(b'[' | b'{') if depth >= DEEPEST => Value::Opaque,
            Some(b'[') => Value::Array(read(raw, Elements { depth })?),
            Some(b'{') => Value::Object(read(raw, Members { depth })?),
            _ => Value::Number,
        };
        Ok(Self { raw, value })
    }

    /// The member of that name; of duplicates the last, as most parsers do.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        match &self.value {
            Value::Object(members) => {
                members.iter().rev().find(|(name, _)| name == key).map(|(_, node)| node)
            }
            _ => None,
        }
    }

    /// The text of a string; `None` for everything else.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is nothing here: `null`, or a container of nothing.
    pub fn is_blank(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Array(elements) => elements.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        }
    }

    /// The text of a scalar: strings unescaped, numbers and booleans verbatim.
    pub fn scalar_text(&self) -> Option<Cow<'a, str>> {
        match &self.value {
            Value::String(text) => Some(text.clone()),
            Value::Number | Value::Bool(_) => Some(Cow::Borrowed(self.raw)),
            _ => None,
        }
    }

    /// Where this value's text lies in `whole`, from which it was read.
    pub fn span_in(&self, whole: &str) -> std::ops::Range<usize> {
        let start = (self.raw.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
        start..start + self.raw.len()
    }
}

/// Unescapes a JSON string; lone surrogates (`\ud800`) become U+FFFD.
fn unescape(raw: &str) -> Result<Cow<'_, str>, JsonError> {
    let inner = &raw[1..raw.len().max(2) - 1];
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(inner));
    }
    if let Ok(text) = serde_json::from_str::<String>(raw) {
        return Ok(Cow::Owned(text));
    }
    // serde_json hands out such strings only as bytes.
    let bytes: Bytes = serde_json::from_str(raw).map_err(|error| JsonError(error.to_string()))?;
    Ok(Cow::Owned(String::from_utf8_lossy(&bytes.0).into_owned()))
}

struct Bytes(Vec<u8>);

impl<'de> serde::Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl Visitor<'_> for BytesVisitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(BytesVisitor)
    }
}

fn read<'a, V: Visitor<'a>>(raw: &'a str, visitor: V) -> Result<V::Value, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_str(raw);
    deserializer.deserialize_any(visitor).map_err(|error| JsonError(error.to_string()))
}

struct Elements {
    depth: usize,
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<Node<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(raw) = access.next_element::<&'de RawValue>()? {
            let node = Node::from_raw(raw.get(), self.depth + 1);
            elements.push(node.map_err(serde::de::Error::custom)?);
        }
        Ok(elements)
    }
}

struct Members {
    depth: usize,
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, Node<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Key(key)) = access.next_key::<Key<'de>>()? {
            let raw = access.next_value::<&'de RawValue>()?;
            let node = Node::from_raw(raw.get(), self.depth + 1);
            members.push((key, node.map_err(serde::de::Error::custom)?));
        }
        Ok(members)
    }
}

/// An object key, borrowed where it has no escapes; lone surrogates in it are
/// replaced, for which it has to be read as bytes.
#[derive(Debug)]
pub struct Key<'a>(pub Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object key")
            }
            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Key<'de>, E> {
                Ok(Key(String::from_utf8_lossy(bytes)))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())))
            }
        }
        deserializer.deserialize_bytes(KeyVisitor)
    }
}

/// Appends `text` as a JSON string.
pub fn push_string(out: &mut String, text: &str) {
    // Writing into a string cannot fail, and every `str` is a JSON string.
    if let Ok(quoted) = serde_json::to_string(text) {
        out.push_str(&quoted);
    }
}

/// The next deeper JSON Pointer (RFC 6901).
pub fn pointer(parent: &str, key: &str) -> String {
    let mut pointer = String::with_capacity(parent.len() + key.len() + 1);
    pointer.push_str(parent);
    pointer.push('/');
    for character in key.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_keeps_its_exact_text() {
        let text = r#" {"a": [1, 2.50e+3, 9007199254740993], "b":{"c" : "x\u0041"}, "d":null} "#;
        let node = Node::parse(text).unwrap();
        let a = node.get("a").unwrap();
        assert_eq!(a.raw, "[1, 2.50e+3, 9007199254740993]");
        assert_eq!(&text[a.span_in(text)], a.raw);
        let c = node.get("b").unwrap().get("c").unwrap();
        assert_eq!(c.raw, r#""x\u0041""#);
        assert_eq!(c.as_str(), Some("xA"));
        assert!(node.get("d").unwrap().is_blank());
    }

    #[test]
    fn lone_surrogates_are_replaced_and_not_refused() {
        let node = Node::parse(r#"{"a\ud800":"b\udc00"}"#).unwrap();
        let Value::Object(members) = &node.value else { panic!() };
        assert!(members[0].0.starts_with('a') && members[0].0.contains('\u{fffd}'));
        assert!(members[0].1.as_str().unwrap().contains('\u{fffd}'));
    }

    #[test]
    fn deep_nesting_becomes_opaque_and_does_not_overflow() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let node = Node::parse(&deep).unwrap();
        assert_eq!(node.raw.len(), 200_000);
    }

    #[test]
    fn of_duplicate_keys_the_last_counts_and_none_is_lost() {
        let node = Node::parse(r#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(node.get("a").unwrap().raw, "2");
        let Value::Object(members) = &node.value else { panic!() };
        assert_eq!(members.len(), 2);
    }

    #[test]
    fn pointers_escape_as_rfc_6901_says() {
        assert_eq!(pointer("/a", "b/c~d"), "/a/b~1c~0d");
    }
}
