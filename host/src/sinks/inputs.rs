//! Patterns over source ids.
//!
//! Invariant: a pattern without `*` and `?` is a name and matches only itself.

/// Whether an input is more than a name.
pub fn is_pattern(input: &str) -> bool {
    input.contains(['*', '?'])
}

/// Whether a name fits a pattern: `*` stands for any characters, `?` for one.
pub fn matches(pattern: &str, name: &str) -> bool {
    if !is_pattern(pattern) {
        return pattern == name;
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut reached) = (0, 0);
    // After a `*`: where the pattern goes on, and up to where the `*` reaches.
    let mut star = None;
    while reached < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, reached));
                at += 1;
            }
            Some(expected) if *expected == '?' || *expected == name[reached] => {
                at += 1;
                reached += 1;
            }
            _ => match star {
                Some((after, end)) => {
                    star = Some((after, end + 1));
                    (at, reached) = (after, end + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, exponential and plain.
    fn fits(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some(b'*'), _) => {
                fits(&pattern[1..], name) || (!name.is_empty() && fits(pattern, &name[1..]))
            }
            (Some(expected), Some(found)) => {
                (*expected == b'?' || expected == found) && fits(&pattern[1..], &name[1..])
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_its_definition_says(
            pattern in "[ab*?]{0,8}",
            name in "[ab]{0,8}",
        ) {
            let expected = fits(pattern.as_bytes(), name.as_bytes());
            prop_assert_eq!(matches(&pattern, &name), expected);
        }

        #[test]
        fn every_id_matches_itself_and_the_star(id in "[a-z0-9_-]{1,64}") {
            prop_assert!(matches(&id, &id) && matches("*", &id));
        }
    }

    #[test]
    fn a_pattern_of_stars_is_answered_at_once() {
        assert!(!matches(&"a*".repeat(40), &"a".repeat(39)));
        assert!(!matches(&format!("{}b", "*a".repeat(30)), &"a".repeat(64)));
    }
}
