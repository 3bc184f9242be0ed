//! Finds the list that makes an object longer than a record may be.
//!
//! Answers that were saved whole wrap their rows: `{"results":[…]}`, `{"data":[…]}`,
//! `{"data":{"results":[…]}}`. Short ones are handed out whole, because only who knows
//! records can tell such a wrapper from a record that has a list.

use std::ops::Range;

/// The member that may hold the object around a list.
const AROUND: &str = "data";

/// A list that has not ended.
#[derive(Debug, PartialEq)]
pub(super) struct List {
    /// Where its opening bracket is.
    pub bracket: usize,
    /// How many objects are around it.
    pub depth: usize,
}

/// The list of one of these members that is still open at the end of the bytes of an
/// object.
pub(super) fn open_list(bytes: &[u8], members: &[&str]) -> Option<List> {
    let is = |open: &Open, names: &[&str]| {
        let key = &bytes[open.key.clone()];
        names.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(key))
    };
    match open_brackets(bytes).as_slice() {
        [_, list, ..] if list.is_list && is(list, members) => {
            Some(List { bracket: list.bracket, depth: 1 })
        }
        [_, around, list] if list.is_list && is(around, &[AROUND]) && is(list, members) => {
            Some(List { bracket: list.bracket, depth: 2 })
        }
        _ => None,
    }
}

/// A bracket that was not closed, and the member's name before it.
#[derive(Debug)]
struct Open {
    bracket: usize,
    is_list: bool,
    key: Range<usize>,
}

/// The outermost three of them.
fn open_brackets(bytes: &[u8]) -> Vec<Open> {
    const OUTERMOST: usize = 3;
    let (mut open, mut depth) = (Vec::with_capacity(OUTERMOST), 0_usize);
    let (mut text, mut key) = (0..0, 0..0);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                text = at + 1..end_of_text(bytes, at + 1);
                at = text.end;
            }
            b':' => key = text.clone(),
            b',' => key = 0..0,
            b'{' | b'[' => {
                if open.len() == depth && depth < OUTERMOST {
                    let key = std::mem::replace(&mut key, 0..0);
                    open.push(Open { bracket: at, is_list: *byte == b'[', key });
                }
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                open.truncate(depth);
            }
            _ => {}
        }
        at += 1;
    }
    open
}

/// The place of the closing quote, or the end of the bytes.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_list_of_a_known_member_is_found() {
        let found = |text: &str| {
            open_list(text.as_bytes(), &["results", "data"]).map(|list| {
                assert_eq!(text.as_bytes()[list.bracket], b'[');
                (text[..list.bracket].to_owned(), list.depth)
            })
        };
        for (text, before, depth) in [
            (r#"{"results":[{"a":1},{"#, r#"{"results":"#, 1),
            (r#"{"fields":[],"data" : [[1"#, r#"{"fields":[],"data" : "#, 1),
            (
                r#"{"x":"\"[","data":{"y":[],"results":["#,
                r#"{"x":"\"[","data":{"y":[],"results":"#,
                2,
            ),
        ] {
            assert_eq!(found(text), Some((before.to_owned(), depth)), "{text}");
        }
        for none in [
            r#"{"results":[1],"a":"#,
            r#"{"other":[1"#,
            r#"{"other":{"results":[1"#,
            r#"{"results":{"a":[1"#,
            r#"{"a":"results","b":[1"#,
            r#"[{"results":[1"#,
            "",
        ] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
