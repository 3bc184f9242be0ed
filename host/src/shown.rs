//! What of other people's text reaches a terminal.
//!
//! Services, components, receivers and records write what is shown to operators: in
//! errors, reasons, ids. A terminal obeys what it is sent: it would move the cursor, paint
//! a line anew, or turn the order of a text around. Invariant: what comes out of here is
//! one line, and every character of it is one that is seen or a blank.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal, or whoever lays out text, would obey the character instead of
/// showing it.
pub fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Directions, and what separates lines and paragraphs.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
            // Nothing to see: two texts that differ would look alike. The joiners of
            // Indic and Persian script and of emoji are left: they are part of words.
            | '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A text as one line for a terminal: what would be obeyed is written out, like
/// `\u{1b}`.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_obeyed(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The same JSON text, with what would be obeyed as escapes. JSON escapes the first 32
/// characters itself and leaves the rest as they are.
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        // Outside of texts JSON has no character but these that is obeyed.
        if !is_obeyed(character) || matches!(character, '\n' | '\r' | '\t') {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing into a string cannot fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    Cow::Owned(shown)
}

/// Changes every text of a JSON value; the keys are ours.
pub fn each_text(value: &mut serde_json::Value, change: &mut dyn FnMut(&mut String)) {
    match value {
        serde_json::Value::String(text) => change(text),
        serde_json::Value::Array(values) => {
            values.iter_mut().for_each(|value| each_text(value, change));
        }
        serde_json::Value::Object(members) => {
            members.values_mut().for_each(|value| each_text(value, change));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_read_stays_and_what_is_obeyed_is_written_out() {
        for plain in ["", "Zoë 日本語 👩\u{200d}💻 می\u{200c}خواهم", "a  b \\ \"c\""]
        {
            assert_eq!(line(plain), plain);
        }
        assert_eq!(line("a\u{1b}[2Kb\r\n\u{7}c"), "a\\u{1b}[2Kb\\u{d}\\u{a}\\u{7}c");
        assert_eq!(line("\u{9b}31m \u{202e}evil\u{2066}"), "\\u{9b}31m \\u{202e}evil\\u{2066}");
    }

    proptest! {
        #[test]
        fn no_text_moves_a_terminal(text in any::<String>()) {
            prop_assert!(!line(&text).contains(is_obeyed));
        }

        #[test]
        fn json_says_the_same_and_moves_no_terminal(text in any::<String>()) {
            let before = serde_json::json!({ "a": text, "b": [text] }).to_string();
            let after = json(&before);
            prop_assert!(!after.contains(is_obeyed));
            prop_assert_eq!(
                serde_json::from_str::<serde_json::Value>(&after).unwrap(),
                serde_json::from_str::<serde_json::Value>(&before).unwrap()
            );
        }
    }
}
