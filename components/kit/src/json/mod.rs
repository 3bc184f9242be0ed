//! JSON with spans: every value knows the exact text it was read from.
//!
//! Redaction has to replace values in the received text and leave every other
//! byte alone, and what no field of the contract takes must travel on verbatim
//! (numbers beyond 2^53 included). So a text is read once into a list of where its
//! values stand; what they say is worked out when somebody asks.

mod members;
mod names;
mod parse;
mod replace;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, Visitor};

pub use members::{Members, scalar};
pub(crate) use names::Names;

use crate::simd;

/// How deep values are looked into; what lies deeper is kept as one opaque
/// text. Oracle's records are at most seven deep.
const DEEPEST: usize = 32;

/// What kind of value stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, readable in [`Node::raw`].
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
    /// A container nested too deeply to look into.
    Opaque,
}

/// Where something stands in the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    #[inline]
    fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }

    #[inline]
    fn bytes_of(self, text: &str) -> &[u8] {
        &text.as_bytes()[self.start as usize..self.end as usize]
    }
}

/// No key stands at the start of a text.
const NO_KEY: Span = Span { start: 0, end: 0 };

/// Where a value stands.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    span: Span,
    /// Between the quotes of its key; of what is no member [`NO_KEY`].
    key: Span,
    /// The container it is in; of the outermost value itself.
    parent: u32,
    /// How many values stand before it in that container.
    place: u32,
    /// The entry behind it and all that is in it.
    next: u32,
    kind: Kind,
    /// Whether text and key have escapes.
    escapes: bool,
    key_escapes: bool,
}

/// A text and where the values in it stand, in its order.
///
/// Invariant: the entries are what reading the text anew would give.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed<'a> {
    text: Cow<'a, str>,
    entries: Vec<Entry>,
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

impl<'a> Parsed<'a> {
    /// Reads one JSON value.
    ///
    /// # Errors
    ///
    /// When the text is none, or has more values than a record could.
    pub fn read(text: impl Into<Cow<'a, str>>) -> Result<Self, JsonError> {
        let text = text.into();
        let entries = parse::Parser::new(&text).whole()?;
        Ok(Self { text, entries })
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, taken out.
    pub fn into_text(self) -> Cow<'a, str> {
        self.text
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        Node { parsed: self, index: 0 }
    }

    /// The value of a number.
    pub(crate) fn node(&self, index: usize) -> Node<'_> {
        Node { parsed: self, index }
    }

    /// Every value, each before what is in it.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.entries.len()).map(|index| Node { parsed: self, index })
    }
}

/// A value in a text.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    parsed: &'d Parsed<'d>,
    index: usize,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw())
    }
}

impl<'d> Node<'d> {
    #[inline]
    fn entry(self) -> &'d Entry {
        &self.parsed.entries[self.index]
    }

    #[inline]
    fn at(self, index: u32) -> Self {
        Self { index: index as usize, ..self }
    }

    /// Its number in the text, which is no other's.
    #[inline]
    pub fn index(self) -> usize {
        self.index
    }

    /// The number of the first value that is not in it.
    #[inline]
    pub(crate) fn next(self) -> usize {
        self.entry().next as usize
    }

    /// What it is.
    #[inline]
    pub fn kind(self) -> Kind {
        self.entry().kind
    }

    /// The exact text, without surrounding blanks.
    #[inline]
    pub fn raw(self) -> &'d str {
        self.entry().span.of(&self.parsed.text)
    }

    /// Where that lies in the whole text.
    #[inline]
    pub fn span(self) -> Range<usize> {
        self.entry().span.start as usize..self.entry().span.end as usize
    }

    /// The container it is in; `None` of the outermost value.
    #[inline]
    pub fn parent(self) -> Option<Self> {
        (self.index > 0).then(|| self.at(self.entry().parent))
    }

    /// The values directly in it, of an object in the order received; members of the
    /// same name are all there.
    pub fn children(self) -> impl Iterator<Item = Self> + Clone {
        let mut next = self.index + 1;
        let end = self.next();
        std::iter::from_fn(move || {
            let child = Self { index: next, ..self };
            (next < end && self.is_container()).then(|| {
                next = child.next();
                child
            })
        })
    }

    /// The value in it behind one of those directly in it.
    pub(crate) fn following(self, child: Self) -> Option<Self> {
        (child.next() < self.next()).then(|| Self { index: child.next(), ..self })
    }

    /// Whether it is an array or an object that is looked into.
    pub fn is_container(self) -> bool {
        matches!(self.kind(), Kind::Array | Kind::Object)
    }

    /// The name of a member, unescaped; empty of what is none.
    #[inline]
    pub fn key(self) -> Cow<'d, str> {
        match self.key_as_written() {
            Some(key) if !self.entry().key_escapes => Cow::Borrowed(key),
            Some(key) => unescaped_key(key),
            None => Cow::Borrowed(""),
        }
    }

    /// The name of a member as it stands between its quotes.
    #[inline]
    pub fn key_as_written(self) -> Option<&'d str> {
        let key = self.entry().key;
        (key != NO_KEY).then(|| key.of(&self.parsed.text))
    }

    #[inline]
    pub(crate) fn is_named(self, name: &str) -> bool {
        let entry = self.entry();
        // Most names differ in length, so most are told without a look at the text.
        let same_length = (entry.key.end - entry.key.start) as usize == name.len();
        match entry.key_escapes {
            false => {
                same_length && simd::same(entry.key.bytes_of(&self.parsed.text), name.as_bytes())
            }
            true => self.key() == name,
        }
    }

    /// The member of that name; of duplicates the last, as most parsers do.
    pub fn get(self, name: &str) -> Option<Self> {
        if self.kind() != Kind::Object {
            return None;
        }
        let mut found = None;
        let mut child = self.at(self.index as u32 + 1);
        while child.index < self.next() {
            if child.is_named(name) {
                found = Some(child);
            }
            child.index = child.next();
        }
        found
    }

    /// Whether this is what a path leads to.
    pub(crate) fn is_at(self, path: &[&str]) -> bool {
        match (path.split_last(), self.parent()) {
            (None, None) => true,
            (Some((name, path)), Some(parent)) => self.is_named(name) && parent.is_at(path),
            _ => false,
        }
    }

    /// The text of a string, unescaped, lone surrogates replaced; `None` for everything
    /// else.
    #[inline]
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        let raw = self.raw();
        let text = || Cow::Borrowed(&raw[1..raw.len() - 1]);
        (self.kind() == Kind::String).then(|| match self.entry().escapes {
            false => text(),
            // Its escapes were looked at when it was read.
            true => unescape(raw).unwrap_or_else(|_| text()),
        })
    }

    /// Whether there is nothing here: `null`, or a container of nothing.
    #[inline]
    pub fn is_blank(self) -> bool {
        match self.kind() {
            Kind::Null => true,
            Kind::Array | Kind::Object => self.next() == self.index + 1,
            _ => false,
        }
    }

    /// The text of a scalar: strings unescaped, numbers and booleans verbatim.
    pub fn scalar_text(self) -> Option<Cow<'d, str>> {
        match self.kind() {
            Kind::String => self.as_str(),
            Kind::Number | Kind::Bool => Some(Cow::Borrowed(self.raw())),
            _ => None,
        }
    }

    /// The element of an array of just one; everything else is itself.
    #[inline]
    pub fn or_only_element(self) -> Self {
        if self.kind() != Kind::Array {
            return self;
        }
        let mut elements = self.children();
        match (elements.next(), elements.next()) {
            (Some(only), None) => only,
            _ => self,
        }
    }

    /// The JSON Pointer (RFC 6901) to it.
    pub fn pointer(self) -> String {
        let Some(parent) = self.parent() else {
            return String::new();
        };
        let before = parent.pointer();
        if parent.kind() == Kind::Object {
            return pointer(&before, &self.key());
        }
        pointer(&before, &self.entry().place.to_string())
    }
}

#[cold]
fn unescaped_key(key: &str) -> Cow<'_, str> {
    unescape(&format!("\"{key}\"")).map_or(Cow::Borrowed(key), |key| Cow::Owned(key.into_owned()))
}

/// Unescapes a JSON string; lone surrogates (`\ud800`) become U+FFFD.
fn unescape(raw: &str) -> Result<Cow<'_, str>, JsonError> {
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

/// Appends `text` as a JSON string.
pub fn push_string(out: &mut String, text: &str) {
    if simd::string_stop(text.as_bytes(), 0) == text.len() {
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
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
    if !key.contains(['~', '/']) {
        pointer.push_str(key);
        return pointer;
    }
    for character in key.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
    pointer
}
