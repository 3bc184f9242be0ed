//! A text as whoever reads it next would see it: percent escapes, escapes of JSON and
//! entities of XML resolved, letters that only look like others folded.
//!
//! Invariant: each byte knows where in the first text it comes from, so that a secret
//! found here is taken out there.

use std::ops::Range;

use super::bytes::{ESCAPE, find};

/// How often a text is decoded: a URL in a form in JSON in a JSON string, and one more.
const MOST_DECODINGS: usize = 4;

/// A decoded text.
pub struct View {
    pub bytes: Vec<u8>,
    /// Where each byte begins in the first text.
    from: Vec<u32>,
    /// How long that text is.
    length: usize,
}

impl View {
    /// The text decoded once; `None` if that is the text itself.
    pub fn of(text: &[u8]) -> Option<Self> {
        decode(text, |at| at as u32, text.len())
    }

    fn again(&self) -> Option<Self> {
        decode(&self.bytes, |at| self.from[at], self.length)
    }

    /// Where a part of this text stands in the first one.
    pub fn origin(&self, span: Range<usize>) -> Range<usize> {
        let place = |at: usize| self.from.get(at).map_or(self.length, |from| *from as usize);
        place(span.start)..place(span.end)
    }
}

/// Every decoding of a text that differs from the one before it.
pub fn views(text: &[u8]) -> impl Iterator<Item = View> {
    let mut views = Vec::new();
    let mut view = View::of(text);
    while let Some(next) = view.take() {
        if views.len() + 1 < MOST_DECODINGS {
            view = next.again();
        }
        views.push(next);
    }
    views.into_iter()
}

/// The last of them.
pub fn most_decoded(text: &[u8]) -> Option<Vec<u8>> {
    views(text).last().map(|view| view.bytes)
}

fn decode(text: &[u8], from: impl Fn(usize) -> u32, length: usize) -> Option<View> {
    let mut first = find(text, 0, ESCAPE);
    while first < text.len() && escape(&text[first..]).is_none() {
        first = find(text, first + 1, ESCAPE);
    }
    if first == text.len() {
        return None;
    }
    let mut view = View {
        bytes: Vec::with_capacity(text.len()),
        from: Vec::with_capacity(text.len()),
        length,
    };
    view.bytes.extend_from_slice(&text[..first]);
    view.from.extend((0..first).map(&from));
    let mut at = first;
    while at < text.len() {
        let rest = &text[at..];
        let Some((taken, character)) = escape(rest) else {
            view.bytes.push(rest[0]);
            view.from.push(from(at));
            at += 1;
            continue;
        };
        for byte in character.bytes() {
            view.bytes.push(byte);
            view.from.push(from(at));
        }
        at += taken;
    }
    Some(view)
}

/// What a text begins with, if that is an escape.
fn escape(rest: &[u8]) -> Escape {
    match rest.first()? {
        b'%' => percent(rest),
        b'\\' => backslash(rest),
        b'&' => entity(rest),
        0x80.. => folded(rest),
        _ => None,
    }
}

/// What an escape stands for.
enum Decoded {
    Nothing,
    Byte(u8),
    Character(char),
}

impl Decoded {
    fn bytes(&self) -> impl Iterator<Item = u8> + use<> {
        let mut buffer = [0; 4];
        let length = match self {
            Self::Nothing => 0,
            Self::Byte(byte) => {
                buffer[0] = *byte;
                1
            }
            Self::Character(character) => character.encode_utf8(&mut buffer).len(),
        };
        buffer.into_iter().take(length)
    }
}

/// How long an escape is, and what it stands for.
type Escape = Option<(usize, Decoded)>;

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    let digits = std::str::from_utf8(digits?).ok()?;
    // `from_str_radix` takes a sign.
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
    u32::from_str_radix(digits, 16).ok()
}

fn percent(rest: &[u8]) -> Escape {
    if rest.get(1) == Some(&b'u') {
        return Some((6, character(hex(rest.get(2..6))?)));
    }
    Some((3, Decoded::Byte(hex(rest.get(1..3))? as u8)))
}

fn backslash(rest: &[u8]) -> Escape {
    let byte = match rest.get(1)? {
        b'u' => return Some((6, character(hex(rest.get(2..6))?))),
        b'x' => return Some((4, Decoded::Byte(hex(rest.get(2..4))? as u8))),
        b'n' | b'r' => b'\n',
        b't' => b'\t',
        byte @ (b'"' | b'\'' | b'\\' | b'/') => *byte,
        _ => return None,
    };
    Some((2, Decoded::Byte(byte)))
}

/// Characters behind `&` that are looked at: `&#x10FFFF;` is the longest entity.
const LONGEST_ENTITY: usize = 10;

fn entity(rest: &[u8]) -> Escape {
    let end = rest.iter().take(LONGEST_ENTITY).position(|byte| *byte == b';')?;
    let decoded = match &rest[1..end] {
        b"quot" => Decoded::Byte(b'"'),
        b"apos" => Decoded::Byte(b'\''),
        b"amp" => Decoded::Byte(b'&'),
        b"lt" => Decoded::Byte(b'<'),
        b"gt" => Decoded::Byte(b'>'),
        [b'#', b'x' | b'X', digits @ ..] => character(hex(Some(digits))?),
        [b'#', digits @ ..] => character(std::str::from_utf8(digits).ok()?.parse().ok()?),
        _ => return None,
    };
    Some((end + 1, decoded))
}

fn character(code: u32) -> Decoded {
    // Half of a pair is no character; no name of a secret needs one.
    Decoded::Character(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// A character that looks like a letter of ASCII, or like nothing.
fn folded(rest: &[u8]) -> Escape {
    let length = match rest[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let character = std::str::from_utf8(rest.get(..length)?).ok()?.chars().next()?;
    fold(character).map(|decoded| (length, decoded))
}

/// Letters of other alphabets that look like those behind them.
const LIKE: [(&str, &str); 3] = [
    ("аеорсухіјѕһԁԛԝкмтвнгпиАЕОРСУХІЈЅКМТВН", "aeopcyxijshdqwkmtbhrnuAEOPCYXIJSKMTBH"),
    ("αεορντικχυωηΑΒΕΗΙΚΜΝΟΡΤΥΧΖ", "aeopvtikxuwnABEHIKMNOPTYXZ"),
    ("áàâäãåéèêëíìîïóòôöõúùûüçñ", "aaaaaaeeeeiiiiooooouuuucn"),
];

fn fold(character: char) -> Option<Decoded> {
    let code = u32::from(character);
    let byte = match code {
        // Signs nobody sees.
        0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2069 | 0xfeff | 0xfe00..=0xfe0f => {
            return Some(Decoded::Nothing);
        }
        0xa0 | 0x2000..=0x200a | 0x202f | 0x3000 => b' ',
        0x201c..=0x201f => b'"',
        0x2018..=0x201b => b'\'',
        0x2010..=0x2015 => b'-',
        0xff01..=0xff5e => (code - 0xff01) as u8 + b'!',
        // Mathematical letters: alphabets of 26 capitals and 26 small ones.
        0x1d400..=0x1d6a3 => match (code - 0x1d400) % 52 {
            capital @ 0..26 => b'A' + capital as u8,
            small => b'a' + (small - 26) as u8,
        },
        _ => {
            let like = |(these, those): &(&str, &str)| {
                these.chars().zip(those.chars()).find(|(this, _)| *this == character)
            };
            let (_, that) = LIKE.iter().find_map(like)?;
            return Some(Decoded::Character(that));
        }
    };
    Some(Decoded::Byte(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        String::from_utf8(most_decoded(text.as_bytes()).unwrap_or_default()).unwrap()
    }

    #[test]
    fn escapes_are_resolved_one_in_another() {
        assert_eq!(read("%2570ass&#119;ord\\u003d\\\\\\\"x\\\\\\\""), "password=\"x\"");
        assert_eq!(read("\u{ff50}\u{430}\u{200b}s\u{1d42c}"), "pass");
        assert_eq!(read("plain"), "");
        assert_eq!(read("100% & \\q %zz &; \\u12"), "");
    }

    #[test]
    fn every_place_leads_back() {
        let text = "a%20%41b".as_bytes();
        let view = View::of(text).unwrap();
        assert_eq!(view.bytes, b"a Ab");
        assert_eq!(view.origin(1..3), 1..7);
        assert_eq!(view.origin(3..4), 7..8);
    }

    #[test]
    fn letters_that_look_alike_come_in_pairs() {
        for (these, those) in LIKE {
            assert_eq!(these.chars().count(), those.chars().count());
        }
    }
}
