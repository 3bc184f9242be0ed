//! Secrets in sentences: behind the scheme of an authorization, one-time codes
//! (`your code is 123456`), arguments of commands, private keys.

use std::ops::Range;

use crate::simd::Sets;

use super::bytes::{Shapes, WORD, WORD_END, count_back, find as find_byte, is_name, skip_blanks};
use super::joined::joined;
use super::names::{Secrecy, secrecy_of_bytes};
use super::values::is_plain;

/// Schemes of authorization, lower case, and whether parameters follow instead of a token.
const SCHEMES: [(&str, bool); 17] = [
    ("apikey", false),
    ("api-key", false),
    ("aws4-hmac-sha256", true),
    ("basic", false),
    ("bearer", false),
    ("digest", true),
    ("dpop", false),
    ("gnap", false),
    ("hawk", true),
    ("negotiate", false),
    ("ntlm", false),
    ("oauth", true),
    ("signature", true),
    ("splunk", false),
    ("sharedkey", false),
    ("ssws", false),
    ("token", false),
];

static SCHEME_SHAPES: Shapes = {
    let mut words = [""; SCHEMES.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = SCHEMES[at].0;
        at += 1;
    }
    Shapes::of(&words)
};

/// Longest word that is looked at before a blank, and the longest token behind a digit.
const LONGEST_WORD: usize = 32;

/// Shortest code: four digits, as a PIN has.
const SHORTEST_CODE: usize = 4;

/// Longest code that stands before its name.
const LONGEST_CODE: usize = 12;

/// How far behind a number its name may stand: `123456 is your one time code`.
const SENTENCE: usize = 64;

/// Longest name of the first parameter behind a scheme: `username=`.
const FIRST_PARAMETER: usize = 64;

/// Quotes and blanks around a scheme and its credential that stand alone.
const MOST_AROUND: usize = 16;

/// Words between a code and its number.
const VERBS: [&str; 7] = ["is", "was", "to", "-", "=", "#", "are"];

/// The longest of them.
const LONGEST_VERB: usize = 3;

/// What words end with.
static BLANKS: Sets = Sets::of(&[b" ", b"\t\n\r\x0c"]);

/// Adds the secrets of sentences; codes are looked for where there are `digits`.
pub fn find(text: &[u8], digits: bool, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(blank) = blank(text, at) {
        let length = count_back(&text[at..blank], LONGEST_WORD, WORD);
        let word = blank - length..blank;
        at = skip_blanks(text, blank);
        if let Some(secret) = behind(text, word, at, digits) {
            at = secret.end;
            found.push(secret);
        }
    }
}

fn blank(text: &[u8], at: usize) -> Option<usize> {
    Some(BLANKS.find(text, at)).filter(|blank| *blank < text.len())
}

/// The secret that a word before a blank tells of, if `next` is where the next word begins.
fn behind(text: &[u8], word: Range<usize>, next: usize, digits: bool) -> Option<Range<usize>> {
    let written = &text[word.clone()];
    if written.is_empty() {
        return None;
    }
    if written == b"PRIVATE" && text[next..].starts_with(b"KEY-") {
        return Some(private_key(text, word.start, next));
    }
    if let Some(secret) = credential(text, word.clone(), false) {
        return Some(secret);
    }
    if written.starts_with(b"-") {
        let is_secret = secrecy_of_bytes(written) != Secrecy::Open;
        return is_secret.then(|| next..end_of_word(text, next)).filter(|it| is_hidden(text, it));
    }
    if !digits {
        return None;
    }
    match written.iter().all(u8::is_ascii_digit) {
        true => number_before(text, word, next),
        false => number_behind(text, word, next),
    }
}

/// From its armour to its end, or to the end of the text.
fn private_key(text: &[u8], word: usize, next: usize) -> Range<usize> {
    let dashes = text[..word].iter().rev().take(LONGEST_WORD).position(|byte| *byte == b'-');
    let start = dashes.map_or(word, |dashes| word - dashes);
    let end = memchr::memmem::find(&text[next..], b"-----END");
    start..end.map_or(text.len(), |end| next + end)
}

/// The credential behind a scheme, which `word` may be; `sure` where it is one by its name.
pub fn credential(text: &[u8], word: Range<usize>, sure: bool) -> Option<Range<usize>> {
    let written = &text[word.clone()];
    if !SCHEME_SHAPES.may_have(written) {
        return None;
    }
    let is_it = |(scheme, _): &&(&str, bool)| scheme.as_bytes().eq_ignore_ascii_case(written);
    let (_, parameters) = SCHEMES.iter().find(is_it)?;
    let start = skip_blanks(text, word.end);
    if start == word.end {
        return None;
    }
    if *parameters {
        let name = text[start..].iter().take(FIRST_PARAMETER);
        let length = name.take_while(|byte| is_name(**byte)).count();
        if text.get(start + length) == Some(&b'=') {
            let line = text[start..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            return Some(start..line.map_or(text.len(), |end| start + end));
        }
        if !sure {
            return None;
        }
    }
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"'<>,;\\".contains(byte);
    let end = text[start..].iter().position(is_end).map_or(text.len(), |end| start + end);
    let credential = start..end;
    let is_empty = |around: &[u8]| {
        around.len() <= MOST_AROUND && around.iter().all(|byte| b"\"' \\".contains(byte))
    };
    let stands_alone = is_empty(&text[..word.start]) && is_empty(&text[end..]);
    ((sure || stands_alone || is_no_word(&text[credential.clone()]))
        && is_hidden(text, &credential))
    .then_some(credential)
}

/// Whether this is no word of a language: it has digits, signs, or capitals inside.
fn is_no_word(word: &[u8]) -> bool {
    let word = word.strip_suffix(b".").unwrap_or(word);
    let inside = word.get(1..).unwrap_or_default();
    word.len() >= SHORTEST_CODE
        && (word.iter().any(|byte| byte.is_ascii_digit() || b"+/=_.~".contains(byte))
            || (inside.iter().any(u8::is_ascii_uppercase)
                && inside.iter().any(u8::is_ascii_lowercase)))
}

fn is_hidden(text: &[u8], span: &Range<usize>) -> bool {
    !span.is_empty() && !is_plain(&String::from_utf8_lossy(&text[span.clone()]))
}

fn end_of_word(text: &[u8], start: usize) -> usize {
    find_byte(text, start, WORD_END)
}

/// `code 1234`, `PIN: 1234`, `password is abc1`: what has digits behind a secret's name.
fn number_behind(text: &[u8], name: Range<usize>, next: usize) -> Option<Range<usize>> {
    let mut start = next;
    let mut end = end_of_word(text, start).min(start + LONGEST_WORD * 4);
    let verb = &text[start..end];
    if verb.len() <= LONGEST_VERB
        && VERBS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(verb))
    {
        start = skip_blanks(text, end);
        end = end_of_word(text, start);
    }
    let token = text[start..end].trim_ascii_end();
    let token = token.strip_suffix(b".").unwrap_or(token);
    let has_digit = token.iter().any(u8::is_ascii_digit);
    let name = || joined(text, name.clone()).unwrap_or(&text[name.clone()]);
    (token.len() >= SHORTEST_CODE && has_digit && secrecy_of_bytes(name()) != Secrecy::Open)
        .then_some(start..start + token.len())
}

/// `1234 is your code`.
fn number_before(text: &[u8], word: Range<usize>, next: usize) -> Option<Range<usize>> {
    let sentence = &text[next..text.len().min(next + SENTENCE)];
    let is_told = (SHORTEST_CODE..=LONGEST_CODE).contains(&word.len())
        && (sentence.starts_with(b"is ") || sentence.starts_with(b"as "))
        && sentence
            .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')
            .any(|name| name.len() > 2 && secrecy_of_bytes(name) != Secrecy::Open);
    is_told.then_some(word)
}
