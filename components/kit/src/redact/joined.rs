//! Names of two words: `pass word`, `security answer`.

use std::ops::Range;

use super::bytes::is_name;

/// Longest word that is looked for before another.
const LONGEST_NAME: usize = 128;

/// Words of which only those before them tell what they are: `api key`, `status code`.
const JOINED: [&str; 6] = ["answer", "code", "codes", "key", "phrase", "word"];

/// A word with the one before it, where that tells what it is.
pub fn joined(text: &[u8], name: Range<usize>) -> Option<&[u8]> {
    let written = &text[name.clone()];
    if !JOINED.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(written)) {
        return None;
    }
    let before = text[..name.start].strip_suffix(b" ")?;
    let length = before.iter().rev().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count();
    (length > 0).then(|| &text[before.len() - length..name.end])
}
