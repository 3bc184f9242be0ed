//! Writes one JSON object, member by member, on one line.
//!
//! Two rules hold by construction: nothing absent or empty is written (an object
//! or array without content takes its key with it), and JSON that came from a
//! source keeps its text, numbers beyond 2^53 included. A tree of values would
//! keep neither without a pass of its own.

use std::cell::Cell;

use serde_json::value::RawValue;

/// An object being written.
#[derive(Debug)]
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
}

thread_local! {
    /// Lines are written here first: one of just its length is then made at once, and a
    /// batch of a thousand holds no more than it says.
    static DRAFT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A draft longer than this is not kept for the next line. Rendered lines of Oracle's
/// records are 3 to 12 KiB.
const LONGEST_DRAFT: usize = 256 << 10;

/// Writes one object; `{}` if nothing goes into it.
pub fn line(fill: impl FnOnce(&mut Object<'_>)) -> String {
    let mut out = DRAFT.take();
    out.clear();
    out.push(b'{');
    fill(&mut Object { out: &mut out });
    out.push(b'}');
    let line = std::str::from_utf8(&out).expect("only whole strings and ASCII were written");
    let line = line.to_owned();
    if out.capacity() <= LONGEST_DRAFT {
        DRAFT.set(out);
    }
    line
}

impl Object<'_> {
    /// Whether nothing was written into it yet.
    pub fn is_empty(&self) -> bool {
        self.out.last() == Some(&b'{')
    }

    fn key(&mut self, key: &str) {
        if !self.is_empty() {
            self.out.push(b',');
        }
        string(self.out, key);
        self.out.push(b':');
    }

    /// A text, unless it is absent or empty.
    pub fn text<'t>(&mut self, key: &str, text: impl Into<Option<&'t str>>) {
        if let Some(text) = text.into().filter(|text| !text.is_empty()) {
            self.key(key);
            string(self.out, text);
        }
    }

    /// A whole number.
    pub fn number(&mut self, key: &str, number: impl Into<Option<i64>>) {
        if let Some(number) = number.into() {
            self.key(key);
            serde_json::to_writer(&mut *self.out, &number)
                .expect("every number is a JSON number, and a vector takes it");
        }
    }

    /// A boolean.
    pub fn flag(&mut self, key: &str, flag: impl Into<Option<bool>>) {
        if let Some(flag) = flag.into() {
            self.json(key, if flag { "true" } else { "false" });
        }
    }

    /// A value that is JSON on one line already.
    pub fn json(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
    }

    /// An object, unless nothing goes into it.
    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        let before = self.out.len();
        self.key(key);
        if !object(self.out, fill) {
            self.out.truncate(before);
        }
    }

    /// An array of the texts that are not empty, unless there are none.
    pub fn texts<'t>(&mut self, key: &str, texts: impl IntoIterator<Item = &'t str>) {
        self.array(key, texts, |out, text| {
            string(out, text);
            !text.is_empty()
        });
    }

    /// An array of the objects that are not empty, unless there are none.
    pub fn objects<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Object<'_>, T),
    ) {
        self.array(key, items, |out, item| object(out, |member| fill(member, item)));
    }

    /// `write` appends an element and says whether it is to stay.
    fn array<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Vec<u8>, T) -> bool,
    ) {
        let before = self.out.len();
        self.key(key);
        self.out.push(b'[');
        let first = self.out.len();
        for item in items {
            let here = self.out.len();
            if here > first {
                self.out.push(b',');
            }
            if !write(self.out, item) {
                self.out.truncate(here);
            }
        }
        if self.out.len() == first {
            self.out.truncate(before);
        } else {
            self.out.push(b']');
        }
    }
}

/// Appends an object and says whether anything is in it; appends nothing if not.
fn object(out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) -> bool {
    let before = out.len();
    out.push(b'{');
    fill(&mut Object { out });
    if out.len() == before + 1 {
        out.truncate(before);
        return false;
    }
    out.push(b'}');
    true
}

fn string(out: &mut Vec<u8>, text: &str) {
    if is_plain(text) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        return out.push(b'"');
    }
    serde_json::to_writer(out, text).expect("every text is a JSON string, and a vector takes it");
}

/// Whether nothing in a text has to be escaped. Looks at all of it: without a way out
/// the compiler looks at many bytes at a time.
fn is_plain(text: &str) -> bool {
    let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    !text.bytes().fold(false, |found, byte| found | special(byte))
}

/// How deep a record may nest that becomes part of a line. Oracle's are at most
/// seven deep; common readers give up at 100 or 128, and whoever signs in must not
/// be able to write a line that the reader of a file cannot pass.
const DEEPEST: usize = 64;

/// A JSON object without the blanks between its tokens, everything else as it
/// was. `None` for what is no JSON object, or too deep to be read by others.
pub fn compact_object(text: &str) -> Option<String> {
    let value: &RawValue = serde_json::from_str(text).ok()?;
    if value.get().starts_with('{') { strip(value.get()) } else { None }
}

/// Takes the blanks out between the tokens of valid JSON, newlines among them: in
/// strings JSON allows no newline. Escapes of half a surrogate pair, which name no
/// character, become U+FFFD: many parsers refuse the whole line for one, and
/// whoever signs in can send one.
fn strip(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let mut out = String::with_capacity(json.len());
    let mut in_string = false;
    let (mut at, mut kept) = (0, 0);
    let mut depth = 0;
    while let Some(byte) = bytes.get(at) {
        let mut length = 1;
        let mut instead = None;
        match byte {
            b'"' if !in_string => {
                in_string = true;
                length = 1 + plain_length(&bytes[at + 1..]);
            }
            b'"' => in_string = false,
            b'\\' => {
                (length, instead) = escape(&bytes[at..]);
                // What follows is still inside of its string.
                let rest = at + length;
                if instead.is_none() {
                    length += plain_length(&bytes[rest..]);
                }
            }
            b' ' | b'\t' | b'\n' | b'\r' if !in_string => instead = Some(""),
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > DEEPEST {
                    return None;
                }
            }
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
        if let Some(instead) = instead {
            out.push_str(&json[kept..at]);
            out.push_str(instead);
            kept = at + length;
        }
        at += length;
    }
    out.push_str(&json[kept..]);
    Some(out)
}

/// How much of a string comes before its next escape or its end.
fn plain_length(bytes: &[u8]) -> usize {
    memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len())
}

/// The length of the escape (or pair of them) at the start of `bytes`, and what
/// to write instead of it, if anything.
fn escape(bytes: &[u8]) -> (usize, Option<&'static str>) {
    const UNIT: usize = r"\uD800".len();
    match (unit(bytes), bytes.get(UNIT..).and_then(unit)) {
        (None, _) => (2, None),
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (2 * UNIT, None),
        (Some(0xD800..=0xDFFF), _) => (UNIT, Some(r"\ufffd")),
        _ => (UNIT, None),
    }
}

/// The UTF-16 unit that an escape at the start of `bytes` names.
fn unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_absent_or_empty_is_written() {
        let written = line(|o| {
            o.text("absent", None);
            o.text("empty", "");
            o.object("hollow", |o| o.object("deeper", |o| o.text("empty", "")));
            o.texts("blank", ["", ""]);
            o.objects("bare", [1, 2], |_, _| {});
            o.texts("some", ["", "a", "", "b"]);
            o.objects("few", [None, Some("x"), None], |o, text| o.text("t", text));
            o.number("zero", 0);
            o.flag("no", false);
        });
        assert_eq!(written, r#"{"some":["a","b"],"few":[{"t":"x"}],"zero":0,"no":false}"#);
        assert_eq!(line(|_| {}), "{}");
    }

    #[test]
    fn blanks_go_only_between_tokens_and_numbers_keep_their_text() {
        let text = " {\"a b\" : [ 1.50 ,\r\n9007199254740993, -0 , 1E+2 ] , \"q\" : \" \\\" { \\\\\" ,\t\"e\":{ } }\n";
        assert_eq!(
            compact_object(text).as_deref(),
            Some(r#"{"a b":[1.50,9007199254740993,-0,1E+2],"q":" \" { \\","e":{}}"#)
        );
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced_and_a_whole_one_is_kept() {
        for (text, clean) in [
            (r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\ud83d\ude00"}"#),
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
            (r#"{"a":"\uDE00\ud83d\ud83d\ude00x"}"#, r#"{"a":"\ufffd\ufffd\ud83d\ude00x"}"#),
            (r#"{"a":"\\ud83d\u0041"}"#, r#"{"a":"\\ud83d\u0041"}"#),
        ] {
            assert_eq!(compact_object(text).as_deref(), Some(clean));
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[1]", "{\"a\":}", "{} {}", "null", "{\"a\":\"\n\"}"] {
            assert_eq!(compact_object(text), None, "{text}");
        }
    }
}
