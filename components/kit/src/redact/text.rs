//! Secrets inside a text: behind their name, behind a scheme, in an address, or known by
//! their looks. What stands around them stays.
//!
//! Invariant: linear in the text, whatever it is: what is looked at behind or ahead of a
//! place is bounded, or is passed over afterwards.

use std::ops::Range;

use crate::simd::Sets;

use super::{MARK, is_worth, pairs, prose, shapes, view};

/// Shortest text that can hold a secret: `ST$`.
const SHORTEST: usize = 3;

/// How often base64 is read that stands in base64.
const DEEPEST: usize = 2;

/// What a text has that is worth a closer look.
#[derive(Debug, Clone, Copy, Default)]
struct Signs {
    /// What stands between names and values, and in addresses.
    separators: bool,
    /// What [`view`] resolves.
    escapes: bool,
    blanks: bool,
    /// `ST$`
    dollars: bool,
    /// `eyJ`
    tokens: bool,
    digits: bool,
}

/// Where signs are looked for: each is told by one or two of them.
static SIGNS: Sets = Sets::of(&[
    b"\"'$",
    b"=:<",
    b"\\", // Separators.
    b"%&", // Escapes; a backslash is one, too.
    b" ",
    b"\t\n\r",
    b"J",
    b"0123456789",
]);

impl Signs {
    fn of(text: &[u8]) -> Self {
        let (all, is_beyond) = SIGNS.all(text);
        Self {
            separators: all & 0b111 != 0,
            escapes: is_beyond || all & 0b1100 != 0,
            blanks: all & 0b11_0000 != 0,
            dollars: all & 1 != 0,
            tokens: is_worth(all & 0b100_0000 != 0),
            digits: is_worth(all & 0b1000_0000 != 0),
        }
    }

    /// Whether there is one that even a short text is looked at for.
    fn any(self) -> bool {
        self.separators || self.escapes || self.blanks || self.dollars
    }
}

/// The text with a mark where each secret was; `None` if there is none.
pub fn scrub(text: &str) -> Option<String> {
    let spans = spans(text.as_bytes(), DEEPEST);
    if spans.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for span in spans {
        // Nothing that is taken out begins or ends within a character, but who can tell.
        let (start, end) =
            (text.floor_char_boundary(span.start), text.ceil_char_boundary(span.end));
        if start < copied {
            copied = copied.max(end);
            continue;
        }
        out.push_str(&text[copied..start]);
        out.push_str(MARK);
        copied = end;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

/// Whether there is a secret in what was read out of base64, if that is still looked at.
fn inside(deeper: usize) -> shapes::Inside {
    const _: () = assert!(DEEPEST == 2);
    match deeper {
        0 => None,
        1 => Some(|text| !spans(text, 0).is_empty()),
        _ => Some(|text| !spans(text, 1).is_empty()),
    }
}

/// Where the secrets stand: rising, none touching another.
fn spans(text: &[u8], deeper: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if text.len() < SHORTEST {
        return found;
    }
    let signs = Signs::of(text);
    if !is_worth(signs.any() || text.len() >= shapes::SHORTEST) {
        return found;
    }
    find(text, signs, deeper, &mut found);
    if signs.escapes {
        for view in view::views(text) {
            let before = found.len();
            find(&view.bytes, Signs::of(&view.bytes), deeper, &mut found);
            for span in &mut found[before..] {
                *span = view.origin(span.clone());
            }
        }
    }
    if found.is_empty() { found } else { joined(found) }
}

fn find(text: &[u8], signs: Signs, deeper: usize, found: &mut Vec<Range<usize>>) {
    if signs.tokens {
        shapes::tokens(text, found);
    }
    shapes::find(text, inside(deeper), found);
    if signs.separators {
        pairs::find(text, found);
    }
    if signs.blanks {
        prose::find(text, signs.digits, found);
    }
    if signs.dollars {
        security_tokens(text, found);
    }
}

/// `ST$…`, as OCI writes the security token of a session.
fn security_tokens(text: &[u8], found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(start) = memchr::memmem::find(&text[at..], b"ST$").map(|start| at + start) {
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"'<>&,;".contains(byte);
        let end = text[start..].iter().position(is_end).map_or(text.len(), |end| start + end);
        found.push(start..end);
        at = end;
    }
}

fn joined(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.retain(|span| !span.is_empty());
    spans.sort_by_key(|span| (span.start, span.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}
