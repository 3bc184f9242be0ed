//! What each byte means to those who look for secrets, so that one look at a table tells.

use super::is_worth;

/// What [`view`](super::view) resolves.
pub const ESCAPE: u16 = 1 << 1;
/// What names are made of.
pub const NAME: u16 = 1 << 4;
/// What base64 is made of, in either alphabet.
pub const BASE64: u16 = 1 << 5;
/// What is blank to ASCII.
pub const SPACE: u16 = 1 << 8;
/// What ends a word of a sentence.
pub const WORD_END: u16 = 1 << 9;
/// What a member says may have, if it is the name of a secret.
pub const SAID: u16 = 1 << 10;

/// What words of a sentence are made of.
pub const WORD: u16 = 1 << 11;

const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < table.len() {
        let byte = at as u8;
        table[at] = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => NAME | BASE64 | SAID | WORD,
            b'+' => BASE64,
            b'/' => BASE64 | SAID,
            b'.' | b'$' => NAME | SAID,
            0x80.. => NAME | SAID | ESCAPE,
            b'%' => ESCAPE | SAID,
            b'&' | b'\\' => ESCAPE,
            b'"' | b'\'' | b'<' | b'>' | b',' | b';' => WORD_END,
            b'[' | b']' => SAID,
            b' ' => SPACE | WORD_END | SAID,
            b'\t' | b'\n' | b'\r' | 0xc => SPACE | WORD_END,
            _ => 0,
        };
        at += 1;
    }
    table
};

/// Whether a byte is one of those.
#[inline]
pub fn is(byte: u8, class: u16) -> bool {
    TABLE[usize::from(byte)] & class != 0
}

/// The first place from `at` on with one of those; the end if there is none.
#[inline]
pub fn find(text: &[u8], at: usize, class: u16) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.iter().position(|byte| is(*byte, class)).map_or(text.len(), |found| at + found)
}

/// The first place from `at` on without any of those; the end if there is none.
#[inline]
pub fn pass(text: &[u8], at: usize, class: u16) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.iter().position(|byte| !is(*byte, class)).map_or(text.len(), |found| at + found)
}

/// How many bytes at the end of a text are all one of those, of at most `most`.
#[inline]
pub fn count_back(text: &[u8], most: usize, class: u16) -> usize {
    text.iter().rev().take(most).take_while(|byte| is(**byte, class)).count()
}

/// Words by their first letter and their length, which tell most others from them.
pub struct Shapes([u32; 32]);

impl Shapes {
    /// Of words that are shorter than 32 bytes, in lower case.
    pub const fn of(words: &[&str]) -> Self {
        Self([0; 32]).and(words)
    }

    /// These and other words.
    pub const fn and(mut self, words: &[&str]) -> Self {
        let mut at = 0;
        while at < words.len() {
            let word = words[at].as_bytes();
            self.0[(word[0] & 31) as usize] |= 1 << word.len();
            at += 1;
        }
        self
    }

    /// Whether this may be one of the words, whatever its case.
    #[inline]
    pub fn may_have(&self, word: &[u8]) -> bool {
        let has =
            |first: &u8| word.len() < 32 && self.0[usize::from(first & 31)] >> word.len() & 1 == 1;
        is_worth(word.first().is_some_and(has))
    }
}

/// The first place from `at` on that is no blank.
pub fn skip_blanks(text: &[u8], at: usize) -> usize {
    pass(text, at, SPACE)
}

/// What names are made of.
pub fn is_name(byte: u8) -> bool {
    is(byte, NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_standard_library_says() {
        for byte in 0..=255u8 {
            assert_eq!(is(byte, SPACE), byte.is_ascii_whitespace(), "{byte}");
            assert_eq!(
                is(byte, WORD_END),
                byte.is_ascii_whitespace() || b"\"'<>,;".contains(&byte)
            );
            let is_alphanumeric = byte.is_ascii_alphanumeric();
            assert_eq!(is(byte, BASE64), is_alphanumeric || b"+/-_".contains(&byte), "{byte}");
            assert_eq!(is(byte, NAME), is_alphanumeric || b"_-.$".contains(&byte) || byte > 0x7f);
            assert_eq!(is(byte, SAID), is(byte, NAME) || b" %[]/".contains(&byte), "{byte}");
        }
    }
}
