//! Keeps texts that others control within bounds.

/// Stands at the end of a text that was cut.
pub const CUT: &str = "…[cut]";

/// Cuts `text` to at most `limit` bytes plus the mark, on a character boundary.
/// A limit of 0 means no bound.
pub fn cut(text: &str, limit: usize) -> String {
    if limit == 0 || text.len() <= limit {
        return text.to_owned();
    }
    let mut cut = text[..text.floor_char_boundary(limit)].to_owned();
    cut.push_str(CUT);
    cut
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
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
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
