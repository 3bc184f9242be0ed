//! Keeps texts that others control within bounds.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Stands at the end of a text that was cut.
pub const CUT: &str = "…[cut]";

/// Cuts `text` to at most `limit` bytes plus the mark, on a character boundary.
/// A limit of 0 means no bound.
pub fn cut<'t>(text: impl Into<Cow<'t, str>>, limit: usize) -> Cow<'t, str> {
    let text = text.into();
    if limit == 0 || text.len() <= limit {
        return text;
    }
    Cow::Owned(format!("{}{CUT}", &text[..text.floor_char_boundary(limit)]))
}

/// Bytes as text; what is no UTF-8 is replaced.
pub fn from_bytes(bytes: &[u8]) -> Cow<'_, str> {
    // Nearly all of it is, and checking is quicker than looking for what to replace.
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Percent-encodes everything but the unreserved characters of RFC 3986, so that
/// no server or proxy has a reason to rewrite a signed query.
pub fn percent_encode(text: &str) -> String {
    const RESERVED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(cut("größe", 3), format!("gr{CUT}"));
        assert_eq!(cut("größe", 0), "größe");
        assert_eq!(cut("abc", 3), "abc");
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(percent_encode("a:b/c==~ü"), "a%3Ab%2Fc%3D%3D~%C3%BC");
    }
}
