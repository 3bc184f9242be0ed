//! Typed reading of the tree that goes on after a problem, so that an operator
//! mends a file once.
//!
//! Invariant: a reader that gives `None` for a key that is there has told why.

use super::document::{Entry, Node, Text, Value};
use super::problem::{Place, Problem, index_path, key_path};

/// Longest piece of a value shown in a message, in characters: enough to find
/// it, too short to flood a terminal.
const LONGEST_QUOTE: usize = 60;

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    pub fn add(&mut self, place: &Place, path: &str, message: impl Into<String>) {
        let (place, path) = (place.clone(), path.to_owned());
        self.found.push(Problem { place, path, message: message.into() });
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}

/// A value being read, with the names to speak of it.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub node: &'a Node,
    /// Where its key is; for an element of a list, where the element is.
    pub key_place: &'a Place,
    pub path: String,
    /// Whether it belongs to a credential: such values are never shown.
    pub secret: bool,
}

impl<'a> Field<'a> {
    /// The root of a file.
    pub fn root(node: &'a Node) -> Self {
        Self { node, key_place: &node.place, path: String::new(), secret: false }
    }

    /// Tells a problem at the value.
    pub fn wrong(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.add(&self.node.place, &self.path, message);
    }

    /// Tells that something else was expected.
    pub fn expected(&self, problems: &mut Problems, what: &str) {
        if !matches!(self.node.value, Value::Faulty) {
            self.wrong(problems, format!("expected {what}, found {}", self.shown()));
        }
    }

    /// Tells that the value is none of those known.
    pub fn unknown(&self, problems: &mut Problems, what: &str, known: &[&str], advice: &str) {
        let written = match &self.node.value {
            // What it was likely meant to be tells what it is.
            Value::Text(text) if !text.is_from_variable() => text.text.as_str(),
            _ => "",
        };
        let advice = match nearest(written, known) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("known: {}{advice}", known.join(", ")),
        };
        match &self.node.value {
            Value::Text(text) if !self.secret || text.is_from_variable() => {
                let shown = self.shown();
                let quote = if text.is_from_variable() { "in " } else { "" };
                self.wrong(problems, format!("unknown {what} {quote}{shown}; {advice}"));
            }
            _ => self.wrong(problems, format!("unknown {what}; {advice}")),
        }
    }

    /// The value as it may be shown: never one of a credential, and of a text with a
    /// variable the variable. Every message of this room that shows a value asks here.
    pub fn shown(&self) -> String {
        match &self.node.value {
            Value::Text(Text { variables: Some(variables), .. }) => {
                format!("the text of {variables}")
            }
            Value::Text(text) if !self.secret => quoted(&text.text),
            value => value.kind().to_owned(),
        }
    }

    /// Whether it is a text with a variable in it.
    pub fn is_from_variable(&self) -> bool {
        matches!(&self.node.value, Value::Text(text) if text.is_from_variable())
    }

    /// Whether it is a table without keys.
    pub fn is_empty_table(&self) -> bool {
        matches!(&self.node.value, Value::Table(entries) if entries.is_empty())
    }

    /// A text, empty or not.
    pub fn text(&self, problems: &mut Problems) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) => Some(&text.text),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
                self.expected(problems, "a text in quotes");
                None
            }
            _ => {
                self.expected(problems, "a text");
                None
            }
        }
    }

    /// A text that is not empty and has no control characters.
    pub fn name(&self, problems: &mut Problems) -> Option<&'a str> {
        let text = self.text(problems)?;
        if text.is_empty() {
            self.wrong(problems, "is empty");
        } else if text.contains(char::is_control) {
            self.wrong(problems, "has control characters; write it on one line");
        } else {
            return Some(text);
        }
        None
    }

    /// A boolean, or a variable that holds one.
    pub fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        match &self.node.value {
            Value::Boolean(boolean) => return Some(*boolean),
            Value::Text(text) if text.is_from_variable() => {
                if let Ok(boolean) = text.text.parse() {
                    return Some(boolean);
                }
            }
            _ => {}
        }
        self.expected(problems, "true or false");
        None
    }

    /// The elements of a list.
    pub fn list(&self, problems: &mut Problems, what: &str) -> Option<Vec<Self>> {
        let Value::List(elements) = &self.node.value else {
            self.expected(problems, what);
            return None;
        };
        let element = |(index, node): (usize, &'a Node)| Self {
            node,
            key_place: &node.place,
            path: index_path(&self.path, index),
            secret: self.secret,
        };
        Some(elements.iter().enumerate().map(element).collect())
    }

    /// A table of the keys `known`.
    pub fn table(
        &self,
        problems: &mut Problems,
        known: &'static [&'static str],
    ) -> Option<Table<'a>> {
        let Value::Table(entries) = &self.node.value else {
            self.expected(problems, "a table");
            return None;
        };
        Some(Table { field: self.clone(), entries, known, told: Vec::new() })
    }

    /// The keys and values of a table whose keys are names that operators choose.
    pub fn entries(&self, problems: &mut Problems) -> Vec<(&'a str, Self)> {
        let Some(table) = self.table(problems, &[]) else {
            return Vec::new();
        };
        table.entries.iter().map(|entry| (entry.key.as_str(), table.field_of(entry))).collect()
    }
}

/// A table being read.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub field: Field<'a>,
    entries: &'a [Entry],
    known: &'static [&'static str],
    /// Keys told to be slips of a required one.
    told: Vec<&'a str>,
}

impl<'a> Table<'a> {
    fn field_of(&self, entry: &'a Entry) -> Field<'a> {
        Field {
            node: &entry.node,
            key_place: &entry.place,
            path: key_path(&self.field.path, &entry.key),
            secret: self.field.secret,
        }
    }

    /// The value of a key, if it is there.
    pub fn get(&self, key: &'static str) -> Option<Field<'a>> {
        debug_assert!(self.known.contains(&key), "{key} is not among the known keys");
        self.entries.iter().find(|entry| entry.key == key).map(|entry| self.field_of(entry))
    }

    /// The value of a key that must be there. `example` is what to add.
    pub fn require(
        &mut self,
        problems: &mut Problems,
        key: &'static str,
        example: &str,
    ) -> Option<Field<'a>> {
        let found = self.get(key);
        if found.is_none() && !self.tell_slip(problems, key) {
            let path = key_path(&self.field.path, key);
            problems.add(self.field.key_place, &path, format!("missing key; add {example}"));
        }
        found
    }

    /// Tells of an unknown key that is a slip of `key`, if there is one.
    pub fn tell_slip(&mut self, problems: &mut Problems, key: &'static str) -> bool {
        let slip = self.unknown().find(|entry| is_near(key, &entry.key));
        if let Some(entry) = slip {
            let path = key_path(&self.field.path, &entry.key);
            problems.add(&entry.place, &path, format!("unknown key; did you mean {key:?}?"));
            self.told.push(&entry.key);
        }
        slip.is_some()
    }

    /// Entries that are none of the known keys, and no slip that was told.
    pub fn unknown(&self) -> impl Iterator<Item = &'a Entry> + use<'_, 'a> {
        let is_unknown = |entry: &&Entry| {
            !self.known.contains(&entry.key.as_str()) && !self.told.contains(&entry.key.as_str())
        };
        self.entries.iter().filter(is_unknown)
    }

    /// Ends the reading of a table that takes no other keys.
    pub fn finish(self, problems: &mut Problems) {
        for entry in self.unknown() {
            let advice = match nearest(&entry.key, self.known) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("known keys: {}", self.known.join(", ")),
            };
            let path = key_path(&self.field.path, &entry.key);
            problems.add(&entry.place, &path, format!("unknown key; {advice}"));
        }
    }
}

/// A text in quotes, on one line, not too long.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The known word that was most likely meant.
pub(super) fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    known.iter().copied().find(|known| is_near(known, written))
}

/// Whether two words are the same but for case and `-` for `_`, or but for one
/// slip: a letter changed, left out, added, or two swapped.
pub(super) fn is_near(known: &str, written: &str) -> bool {
    // Every word known here is short; a value may be megabytes.
    if written.len() > 4 * known.len() + 4 {
        return false;
    }
    let (a, b) = (plain(known), plain(written));
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (&a[..a.len() - tail], &b[..b.len() - tail]) {
        ([], [] | [_]) | ([_], [] | [_]) => true,
        ([x, y], [u, v]) => x == v && y == u,
        _ => false,
    }
}

fn plain(word: &str) -> Vec<char> {
    word.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_slip_is_near_and_two_are_not() {
        for near in ["regoins", "region", "regionss", "regiqns", "Regions", "REGIONS", "regions"] {
            assert!(is_near("regions", near), "{near}");
        }
        for far in ["realm", "regoin", "", "regions_of_the_world"] {
            assert!(!is_near("regions", far), "{far}");
        }
        assert!(is_near("oci_audit", "oci-audit"));
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        assert_eq!(quoted("a\nb"), r#""a\nb""#);
        assert_eq!(quoted(&"ä".repeat(61)), format!("\"{}\"…", "ä".repeat(60)));
    }

    proptest! {
        #[test]
        fn nearness_is_mutual(a in "[a-c_-]{0,6}", b in "[a-c_-]{0,6}") {
            prop_assert_eq!(is_near(&a, &b), is_near(&b, &a));
        }
    }
}
