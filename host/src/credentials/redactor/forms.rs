//! The forms of a secret, and the readings of a text that are held against them. Pure.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem;
use zeroize::Zeroizing;

/// Letters and digits of a secret from which on a part of it is looked for, too. Parts
/// of shorter ones are words of any text.
const DIVISIBLE: usize = 12;

/// Letters and digits that are a part of a long secret and of nothing else: 12 of
/// them, base64 or hexadecimal, meet by chance in one of 10^14 texts.
const PART: usize = 12;

/// Letters and digits below which a secret is looked for as it stands only.
const LEAST_LETTERS: usize = 6;

/// How often a text is decoded: as often as a service and the proxies before it encode.
const READINGS: usize = 4;

/// The forms of some secrets.
#[derive(Default)]
pub struct Forms {
    /// As they stand.
    literals: Vec<Zeroizing<Vec<u8>>>,
    /// Digests of what is looked for among letters and digits, by how many of them.
    parts: BTreeMap<usize, HashSet<u64>>,
    digests: RandomState,
}

impl Forms {
    /// Every form of each.
    pub fn of(secrets: &[Zeroizing<String>]) -> Self {
        let mut forms = Self::default();
        for secret in secrets {
            let bytes = secret.as_bytes();
            forms.literals.push(Zeroizing::new(bytes.to_vec()));
            forms.add(bytes);
            // A secret that looks escaped is decoded with the text it stands in.
            let mut reading = Letters::of(secret).decoded();
            while let Some(letters) = reading {
                let bytes = letters.letters.iter().map(|letter| letter.byte);
                forms.add(&Zeroizing::new(bytes.collect::<Vec<u8>>()));
                reading = letters.decoded();
            }
            // Within more of the same, base64 begins at any of three places; the letters
            // at the edges depend on what is beside it.
            for skipped in 0..3.min(bytes.len()) {
                let whole = (bytes.len() - skipped) / 3 * 3;
                let encoded = STANDARD_NO_PAD.encode(&bytes[skipped..skipped + whole]);
                forms.add(Zeroizing::new(encoded).as_bytes());
            }
            let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
            let pairs = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
            forms.add(Zeroizing::new(pairs.collect::<String>()).as_bytes());
        }
        forms
    }

    fn add(&mut self, bytes: &[u8]) {
        let letters = bytes.iter().filter(|byte| byte.is_ascii_alphanumeric());
        let letters: Zeroizing<Vec<u8>> =
            Zeroizing::new(letters.map(u8::to_ascii_lowercase).collect());
        let length = letters.len();
        if length < LEAST_LETTERS {
            return;
        }
        let part = if length < DIVISIBLE { length } else { (length / 2).clamp(8, PART) };
        let digests = letters.windows(part).map(|window| self.digests.hash_one(window));
        self.parts.entry(part).or_default().extend(digests);
    }
}

/// A byte as it was meant, and where it stands in the text.
#[derive(Clone, Copy)]
struct Letter {
    byte: u8,
    from: usize,
    to: usize,
}

/// One reading of a text.
pub struct Letters {
    letters: Vec<Letter>,
    /// How often it was decoded.
    times: usize,
}

impl Letters {
    /// A text as it stands.
    pub fn of(text: &str) -> Self {
        let letter = |(from, byte)| Letter { byte, from, to: from + 1 };
        Self { letters: text.bytes().enumerate().map(letter).collect(), times: 0 }
    }

    /// Adds the places in the text that hold one of the forms.
    pub fn find(&self, forms: &Forms, found: &mut Vec<(usize, usize)>) {
        let bytes: Vec<u8> = self.letters.iter().map(|letter| letter.byte).collect();
        for literal in &forms.literals {
            for start in memmem::find_iter(&bytes, literal.as_slice()) {
                found.push(place(&self.letters[start..start + literal.len()]));
            }
        }
        let is_plain = |letter: &&Letter| letter.byte.is_ascii_alphanumeric();
        let plain: Vec<Letter> = self.letters.iter().filter(is_plain).copied().collect();
        let bytes: Vec<u8> = plain.iter().map(|letter| letter.byte.to_ascii_lowercase()).collect();
        for (length, parts) in &forms.parts {
            for (start, window) in bytes.windows(*length).enumerate() {
                if parts.contains(&forms.digests.hash_one(window)) {
                    found.push(place(&plain[start..start + length]));
                }
            }
        }
    }

    /// The text decoded once more; `None` where there is nothing to decode.
    pub fn decoded(&self) -> Option<Self> {
        if self.times + 1 == READINGS {
            return None;
        }
        let mut letters = Vec::with_capacity(self.letters.len());
        let mut rest = &self.letters[..];
        let mut changed = false;
        while let [first, tail @ ..] = rest {
            let Some((meant, length)) = escape(rest) else {
                letters.push(*first);
                rest = tail;
                continue;
            };
            let (from, to) = (first.from, rest[length - 1].to);
            let mut utf8 = [0; 4];
            let bytes = match meant {
                Meant::Byte(byte) => {
                    utf8[0] = byte;
                    &utf8[..1]
                }
                Meant::Char(char) => char.encode_utf8(&mut utf8).as_bytes(),
            };
            letters.extend(bytes.iter().map(|byte| Letter { byte: *byte, from, to }));
            rest = &rest[length..];
            changed = true;
        }
        changed.then_some(Self { letters, times: self.times + 1 })
    }
}

/// Where these stand in the text.
fn place(letters: &[Letter]) -> (usize, usize) {
    let from = letters.first().map_or(0, |letter| letter.from);
    (from, letters.last().map_or(from, |letter| letter.to))
}

/// What an escape stands for.
enum Meant {
    Byte(u8),
    Char(char),
}

/// The escape that begins here, and how long it is: `%41`, `%u0041`, `\u0041`, `\x41`,
/// `\/`, `&#65;`, `&#x41;`, `&amp;`.
fn escape(letters: &[Letter]) -> Option<(Meant, usize)> {
    let text: Vec<u8> = letters.iter().take(10).map(|letter| letter.byte).collect();
    let hexadecimal = |digits: Option<&[u8]>| {
        let digits = std::str::from_utf8(digits?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let char = |code: u32, length| Some((Meant::Char(char::from_u32(code)?), length));
    let byte = |code: u32, length| Some((Meant::Byte(u8::try_from(code).ok()?), length));
    match text.as_slice() {
        [b'%' | b'\\', b'u', digits @ ..] => char(hexadecimal(digits.get(..4))?, 6),
        [b'%', digits @ ..] => byte(hexadecimal(digits.get(..2))?, 3),
        [b'\\', b'x', digits @ ..] => byte(hexadecimal(digits.get(..2))?, 4),
        [b'\\', b'n' | b'r' | b't', ..] => Some((Meant::Byte(b' '), 2)),
        [b'\\', other, ..] => Some((Meant::Byte(*other), 2)),
        [b'&', rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == b';')?;
            let code = match &rest[..end] {
                [b'#', b'x' | b'X', digits @ ..] => hexadecimal(Some(digits))?,
                [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
                b"amp" => u32::from(b'&'),
                b"lt" => u32::from(b'<'),
                b"gt" => u32::from(b'>'),
                b"quot" => u32::from(b'"'),
                b"apos" => u32::from(b'\''),
                _ => return None,
            };
            char(code, end + 2)
        }
        _ => None,
    }
}
