//! How far the value reaches that stands behind a name in a text.
//!
//! Where that cannot be told, it reaches further: a neighbour may be lost, a secret may not.

use std::ops::Range;

use super::bytes::{is_name, skip_blanks};
use super::prose;

/// Longest name that is looked for behind a comma.
const LONGEST_NAME: usize = 64;

/// How far a value without quotes may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the next blank.
    Word,
    /// To the next comma: answers and phrases have blanks.
    Clause,
    /// To the end of the line, as headers do.
    Line,
    /// The same in a form, which has no lines: to the next parameter.
    Form,
}

impl Reach {
    /// How far the secret of that name goes behind a sign.
    pub fn of(name: &[u8], sign: u8) -> Self {
        let has =
            |word: &[u8]| name.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
        if has(b"cookie") {
            if sign == b'=' { Self::Form } else { Self::Line }
        } else if has(b"phrase") || has(b"answer") || has(b"mnemonic") {
            Self::Clause
        } else {
            Self::Word
        }
    }
}

/// The value that begins at a place, behind blanks, without its quotes. `braced` where it
/// stands in a map, whose values may have blanks.
pub fn of(text: &[u8], start: usize, reach: Reach, braced: bool) -> Range<usize> {
    let start = skip_blanks(text, start);
    match text.get(start) {
        Some(b'[' | b'{') => return start..end_of_nested(text, start),
        Some(_) => {}
        None => return start..start,
    }
    if let Some(quoted) = quoted(text, start) {
        return quoted;
    }
    let end = bare(text, start, reach, braced);
    let credential =
        (reach == Reach::Word).then(|| prose::credential(text, start..end, true)).flatten();
    trimmed(text, start..credential.map_or(end, |credential| credential.end))
}

fn trimmed(text: &[u8], span: Range<usize>) -> Range<usize> {
    let blanks = text[span.clone()].iter().rev().take_while(|byte| byte.is_ascii_whitespace());
    span.start..span.end - blanks.count()
}

/// What is between quotes that may be escaped themselves: of text in text, each quote has
/// as many backslashes as the first, and those inside it have more.
pub fn quoted(text: &[u8], start: usize) -> Option<Range<usize>> {
    let backslashes = text[start..].iter().take_while(|byte| **byte == b'\\').count();
    let open = start + backslashes;
    let quote = *text.get(open).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    let mut at = open + 1;
    while let Some(found) = memchr::memchr(quote, &text[at..]).map(|found| at + found) {
        let escapes = text[at..found].iter().rev().take_while(|byte| **byte == b'\\').count();
        match backslashes {
            0 if escapes % 2 == 0 => return Some(open + 1..found),
            1.. if escapes <= backslashes => return Some(open + 1..found - escapes),
            _ => at = found + 1,
        }
    }
    Some(open + 1..text.len())
}

fn end_of_nested(text: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in text[start..].iter().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 1 => return start + at + 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn bare(text: &[u8], start: usize, reach: Reach, braced: bool) -> usize {
    let ends = |at: usize| match (text[at], reach) {
        (b'"' | b'<' | b'>' | b'`', _) => true,
        (b'\n' | b'\r', _) => true,
        (b'\\', _) => text.get(at + 1).is_some_and(|next| matches!(next, b'"' | b'n' | b'r')),
        (b'}', _) => braced || is_last(text, at),
        (b'&', Reach::Form) => is_border(text, at),
        (_, Reach::Line | Reach::Form) => false,
        (b' ' | b'\t' | 0xb | 0xc, Reach::Word) => !braced,
        (b']' | b')' | b'\'', _) => is_last(text, at),
        (b',' | b';' | b'&', _) => is_border(text, at),
        _ => false,
    };
    (start..text.len()).find(|at| ends(*at)).unwrap_or(text.len())
}

/// Whether nothing of a word follows.
fn is_last(text: &[u8], at: usize) -> bool {
    text.get(at + 1).is_none_or(|next| !next.is_ascii_alphanumeric())
}

/// Whether a comma ends a value: blank follows, or the end, or the next name.
fn is_border(text: &[u8], at: usize) -> bool {
    let rest = &text[at + 1..];
    let name = rest.iter().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count();
    match rest.get(name) {
        None => true,
        Some(b'=' | b':' | b'[' | b']') => name > 0,
        Some(b'"' | b'\'' | b'\\' | b'#') => name == 0,
        Some(next) => name == 0 && next.is_ascii_whitespace(),
    }
}
