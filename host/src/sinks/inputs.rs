//! Patterns over source ids.
//!
//! Invariant: a pattern without `*` and `?` is a name and matches only itself.

use std::collections::{BTreeSet, HashMap};

/// What stands for anything, and what for one character.
const WILD: [char; 2] = ['*', '?'];

/// Whether an input is more than a name.
pub fn is_pattern(input: &str) -> bool {
    input.contains(WILD)
}

/// Whether a name fits a pattern: `*` stands for any characters, `?` for one.
pub fn matches(pattern: &str, name: &str) -> bool {
    // What is left of each.
    let (mut wanted, mut found) = (pattern.chars(), name.chars());
    // After a `*`: where the pattern goes on, and what is left behind what the `*` takes.
    let mut star = None;
    loop {
        let mut after = wanted.clone();
        match (after.next(), found.clone().next()) {
            (Some('*'), _) => {
                star = Some((after.clone(), found.clone()));
                wanted = after;
            }
            (None, None) => return true,
            // However much less a `*` took, that would not be there either.
            (Some(_), None) => return false,
            (Some(expected), Some(character)) if expected == '?' || expected == character => {
                wanted = after;
                found.next();
            }
            _ => match &mut star {
                Some((behind, taken)) => {
                    taken.next();
                    (wanted, found) = (behind.clone(), taken.clone());
                }
                None => return false,
            },
        }
    }
}

/// Which of many inputs take a source, found without looking at all of them: there may be
/// thousands of sinks with a source or two each.
#[derive(Debug, Default)]
pub struct InputIndex {
    /// Whose input is that name.
    names: HashMap<String, Vec<usize>>,
    /// Whose pattern begins with that text, and the pattern.
    patterns: HashMap<String, Vec<(usize, String)>>,
}

impl InputIndex {
    /// Of the inputs of each.
    pub fn new<'i>(inputs: impl IntoIterator<Item = &'i [String]>) -> Self {
        let mut index = Self::default();
        for (number, inputs) in inputs.into_iter().enumerate() {
            for input in inputs {
                match input.find(WILD) {
                    None => index.names.entry(input.clone()).or_default().push(number),
                    Some(end) => {
                        let alike = index.patterns.entry(input[..end].to_owned()).or_default();
                        alike.push((number, input.clone()));
                    }
                }
            }
        }
        index
    }

    /// The numbers of those that take it, in their order.
    pub fn taking(&self, source_id: &str) -> BTreeSet<usize> {
        let mut taking: BTreeSet<usize> =
            self.names.get(source_id).into_iter().flatten().copied().collect();
        let ends = (0..=source_id.len()).filter(|end| source_id.is_char_boundary(*end));
        let alike = ends.filter_map(|end| self.patterns.get(&source_id[..end])).flatten();
        taking.extend(
            alike.filter(|(_, pattern)| matches(pattern, source_id)).map(|(number, _)| *number),
        );
        taking
    }
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
        fn an_index_finds_whom_each_of_its_inputs_would_take(
            inputs in proptest::collection::vec(
                proptest::collection::vec("[ab*?]{1,5}", 1..4), 0..12,
            ),
            name in "[ab]{0,5}",
        ) {
            let index = InputIndex::new(inputs.iter().map(Vec::as_slice));
            let takes = |inputs: &Vec<String>| inputs.iter().any(|input| matches(input, &name));
            let expected: BTreeSet<usize> =
                (0..inputs.len()).filter(|number| takes(&inputs[*number])).collect();
            prop_assert_eq!(index.taking(&name), expected);
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
