//! Which events of a source are wanted: `include` and `exclude`, each by user,
//! event, domain and outcome, with `*` and `?`.
//!
//! Invariant: a key stands for fields of one kind. What people may set themselves, their
//! display name or mail address, is never held against the patterns for logins and ids:
//! whoever calls herself as a monitor is called would hide behind it.

use crate::schema::{Kind as _, List, Name, Or, keys, list};

keys! {
    /// Patterns by what they are held against. Case does not count.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct FilterConfig {
        /// Login or id of whose sign-on it is.
        pub users: Vec<String> = patterns();
        /// Display name, which people may set themselves.
        pub display_names: Vec<String> = patterns();
        /// Mail address, which people may set themselves.
        pub emails: Vec<String> = patterns();
        /// Event name (`TokenRequest`), type, or identity domain event id (`sso.*`).
        pub events: Vec<String> = patterns();
        /// The identity domain by display name, name (`idcs-…`) or OCID; domain of the user.
        pub domains: Vec<String> = patterns();
        /// `success`, `failure`, `initiated`, `unknown`, or the source's own word.
        pub outcomes: Vec<String> = patterns();
    }
}

/// Patterns with `*` for anything and `?` for one character.
fn patterns() -> Or<List<Name>> {
    list(Name, "[\"rats_monitor\", \"svc-*\"]").or(Vec::new())
}

/// Whether `text` fits a pattern of `*` (anything) and `?` (one character), in any
/// case. Linear in the text for each `*`: patterns come from the operator, texts
/// from anybody.
pub fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let (mut at, mut position) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(&character) if character == '?' || character == text[position] => {
                at += 1;
                position += 1;
            }
            _ => match star {
                // The last star takes one character more.
                Some((star_at, taken)) => {
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    position = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_fit_in_any_case() {
        for (pattern, text) in
            [("*", ""), ("rats_*", "RATS_monitor"), ("a?c", "abc"), ("*a*b", "xaxxab"), ("é", "É")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("a", ""), ("a?c", "ac"), ("*a", "ab"), ("rats", "rats2")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_hostile_text_takes_no_exponential_time() {
        assert!(!fits("*a*a*a*a*a*a*a*a*b", &"a".repeat(20_000)));
    }
}
