//! What may stand in a header as a token or as the name of a key.

/// Longest token that is taken: no server takes a header that is larger.
const LONGEST: usize = 32 << 10;

/// Why a token cannot stand in a header; `None` where it can. Letters, digits and
/// punctuation; between quotes in `keyId="…"`, so no quotes.
pub(super) fn problem(token: &str) -> Option<&'static str> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    if token.is_empty() {
        Some("holds no token; write the token into it and nothing else")
    } else if token.len() > LONGEST {
        Some("holds more than 32 KiB, which no header takes; is it the token alone?")
    } else if !token.bytes().all(is_plain) {
        Some(
            "holds blanks, quotes or control characters, which cannot stand in a header; is it the \
             token alone, on one line?",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_of_plain_characters() {
        for good in ["eyJh.eyJz.kB-_", "a", "x+/=~"] {
            assert_eq!(problem(good), None, "{good}");
        }
        let long = "x".repeat(LONGEST + 1);
        for bad in
            ["", "a b", "a\nb", "a\r\nx: y", "a\0", "a\u{1b}[31m", "a\"b", "a\\b", "t\u{e4}", &long]
        {
            assert!(problem(bad).is_some(), "{bad:?}");
        }
    }
}
