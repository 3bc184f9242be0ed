//! Secrets that are known by their own looks, whatever they are called: tokens, private
//! keys, what is written in base64 and is one of those when it is read.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::bytes::{BASE64, count_back, is, pass};
use super::is_worth;

/// Shortest run of base64 that is looked at: `{"alg":"none"}` has 19 characters.
pub const SHORTEST: usize = 16;

/// Shortest part of a token: more than chance and less than any real one.
const SHORTEST_PART: usize = 8;

/// Slashes of a run behind which all of the rest is read: beyond, a part at a time, so that
/// a path of nothing but base64 is not read once for each of its parts.
const MOST_SLASHES: usize = 4;

/// Characters of a run that are decoded to see whether it is text: twelve bytes, of which
/// one id in a hundred thousand is printable by chance.
const HEAD: usize = 16;

/// What tokens of well-known services begin with, and how many characters follow at least.
const BEGINNINGS: [(&str, usize); 12] = [
    ("AKIA", 12),
    ("ASIA", 12),
    ("AIza", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("sk_live_", 12),
];

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

fn is_base64(byte: u8) -> bool {
    is(byte, BASE64)
}

/// Whether what stands in base64 holds a secret; nobody looks deeper where there is none.
pub type Inside = Option<fn(&[u8]) -> bool>;

/// Adds every secret in base64 that is known by its looks.
pub fn find(text: &[u8], inside: Inside, found: &mut Vec<Range<usize>>) {
    // A run of this length covers one of the places looked at.
    let mut at = SHORTEST - 1;
    while at < text.len() {
        if !is_base64(text[at]) {
            at += SHORTEST;
            continue;
        }
        let start = at - count_back(&text[..at], at, BASE64);
        let end = pass(text, at, BASE64);
        let end = look(text, start..end, inside, found).unwrap_or(end);
        at = end + SHORTEST - 1;
    }
}

/// Adds what has the outlines of a token, whether or not its parts can be read.
pub fn tokens(text: &[u8], found: &mut Vec<Range<usize>>) {
    let part = |at: usize| pass(text, at, BASE64) - at;
    let mut at = 0;
    while let Some(mark) = memchr::memchr(b'J', &text[at..]).map(|mark| at + mark) {
        at = mark + 1;
        if !text[..mark].ends_with(b"ey") {
            continue;
        }
        let first = part(mark - 2);
        let dot = mark - 2 + first;
        at = dot.max(at);
        if first >= SHORTEST_PART && text.get(dot) == Some(&b'.') && part(dot + 1) >= SHORTEST_PART
        {
            at = end_of_token(text, mark - 2);
            found.push(mark - 2..at);
        }
    }
}

/// Looks at a run, and at what begins behind each slash in it: a path may lead to a
/// secret. Gives back where the secret ends.
fn look(
    text: &[u8],
    run: Range<usize>,
    inside: Inside,
    found: &mut Vec<Range<usize>>,
) -> Option<usize> {
    let (mut start, mut slashes) = (run.start, 0);
    loop {
        // Behind the last slashes all is too short.
        let last = run.end.checked_sub(SHORTEST).filter(|last| *last >= start)?;
        let slash = |end: usize| memchr::memchr(b'/', &text[start..end]).map(|at| start + at);
        let end = match slashes >= MOST_SLASHES {
            true => slash(run.end).unwrap_or(run.end),
            false => run.end,
        };
        if end - start >= SHORTEST
            && let Some(end) = secret_at(text, start..end, inside)
        {
            found.push(start..end);
            return Some(end);
        }
        start = slash(last)? + 1;
        slashes += 1;
    }
}

/// Where the secret ends that begins with a run.
fn secret_at(text: &[u8], run: Range<usize>, inside: Inside) -> Option<usize> {
    let bytes = &text[run.clone()];
    if !is_worth(may_be_secret(bytes)) {
        return None;
    }
    let begins = |(begin, rest): &(&str, usize)| {
        let end = run.start + begin.len() + rest;
        text[run.start..].starts_with(begin.as_bytes())
            && text
                .get(run.start + begin.len()..end)
                .is_some_and(|rest| rest.iter().all(|byte| is_base64(*byte)))
    };
    if BEGINNINGS.iter().any(begins) {
        return Some(end_of_token(text, run.start));
    }
    let head = decoded(&bytes[..HEAD.min(bytes.len() / 4 * 4)])?;
    if is_private_key(&head) {
        return Some(end_of_token(text, run.start));
    }
    if !head.iter().all(|byte| is_text(*byte)) {
        return None;
    }
    let is_json = head.trim_ascii_start().starts_with(b"{");
    if is_json && text.get(run.end) == Some(&b'.') {
        return Some(end_of_token(text, run.start));
    }
    let whole = decoded(bytes)?;
    let is_secret = (is_json && is_token_part(&whole))
        || inside.is_some_and(|holds_secret| holds_secret(&whole));
    is_secret.then(|| end_of_token(text, run.start))
}

/// What a character of base64 stands for, in either alphabet; above 63 what is none.
const SEXTETS: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut at = 0;
    while at < table.len() {
        let byte = at as u8;
        table[at] = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => 0xff,
        };
        at += 1;
    }
    table
};

/// Whether a run begins as those do that are looked at more closely: like a token, or
/// like text or a sequence of DER when it is read.
fn may_be_secret(run: &[u8]) -> bool {
    if matches!(run, [b'A', b'K' | b'S' | b'I', ..] | [b'g', b'h' | b'i' | b'l', ..])
        || matches!(run, [b'x', b'o', ..] | [b's', b'k', ..])
    {
        return true;
    }
    let (quads, _) = run.as_chunks::<4>();
    for (place, quad) in quads.iter().take(HEAD / 4).enumerate() {
        let bits =
            quad.iter().fold(0, |bits, byte| bits << 6 | u32::from(SEXTETS[usize::from(*byte)]));
        let [_, first, second, third] = bits.to_be_bytes();
        if place == 0 && first == DER_SEQUENCE {
            return true;
        }
        if !(is_text(first) && is_text(second) && is_text(third)) {
            return false;
        }
    }
    true
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// Whether a text is a lone part of a token: `eyJ…` that says how the token is signed.
pub fn is_lone_token_part(text: &str) -> bool {
    if text.len() < SHORTEST {
        return false;
    }
    let bytes = text.trim().as_bytes();
    bytes.len() >= SHORTEST
        && bytes.starts_with(b"e")
        && bytes.iter().all(|byte| is_base64(*byte) || *byte == b'=')
        && decoded(bytes).is_some_and(|json| is_token_part(&json))
}

/// Names that the head of a token has, and no other JSON that stands in base64.
fn is_token_part(json: &[u8]) -> bool {
    let has = |name: &[u8]| json.windows(name.len()).any(|window| window == name);
    json.trim_ascii_start().starts_with(b"{")
        && [&b"\"alg\""[..], b"\"enc\"", b"\"x5t\"", b"\"typ\""].into_iter().any(has)
}

/// Everything of a token: its parts, what fills them up.
fn end_of_token(text: &[u8], start: usize) -> usize {
    let is_token = |byte: u8| is_base64(byte) || matches!(byte, b'.' | b'=' | b'~');
    text[start..].iter().position(|byte| !is_token(*byte)).map_or(text.len(), |n| start + n)
}

fn decoded(run: &[u8]) -> Option<Vec<u8>> {
    // One character more than whole bytes need is cut off by chance.
    let run = match run.len() % 4 {
        1 => &run[..run.len() - 1],
        _ => run,
    };
    let url_safe = run.iter().any(|byte| matches!(byte, b'-' | b'_'));
    if url_safe { URL_SAFE.decode(run) } else { STANDARD.decode(run) }.ok()
}

/// What every sequence in DER begins with.
const DER_SEQUENCE: u8 = 0x30;

/// DER of a private key: a sequence whose first member is the number 0 or 1, or what an
/// encrypted one begins with. Public keys and certificates begin with another sequence.
fn is_private_key(der: &[u8]) -> bool {
    let inside = match der {
        [DER_SEQUENCE, 0x82, _, _, inside @ ..] | [DER_SEQUENCE, 0x81, _, inside @ ..] => inside,
        [DER_SEQUENCE, 0x20..=0x7f, inside @ ..] => inside,
        _ => return false,
    };
    inside.starts_with(&[2, 1, 0]) || inside.starts_with(&[2, 1, 1])
}
