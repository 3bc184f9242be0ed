//! Typed reading of the tree that goes on after a problem, so that an operator
//! mends a file once.
//!
//! Invariant: a reader that gives `None` for a key that is there has told why.

use std::path::{Path, PathBuf};

use super::problem::{Place, Problem, index_path, key_path};
use super::spelling::{is_near, nearest, quoted};
use super::tree::{Entry, Node, Text, Value};

/// The problems found so far.
#[derive(Debug, Default)]
pub struct Problems {
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

/// What relative paths and `~` stand for: where the process was started does not matter
/// beyond where the file itself was found.
#[derive(Debug, Clone, Copy)]
pub struct Folders<'a> {
    /// Folder of the configuration file.
    pub file: &'a Path,
    /// `HOME`.
    pub home: Option<&'a str>,
}

impl Folders<'_> {
    /// A path as an operator wrote it; `None` if it begins at a home that nobody knows.
    /// `~user` is left alone, it is a file name like any other.
    pub fn path(&self, text: &str) -> Option<PathBuf> {
        let below_home = match text.strip_prefix('~') {
            Some("") => Some(""),
            Some(rest) => rest.strip_prefix('/').map(|rest| rest.trim_start_matches('/')),
            None => None,
        };
        match below_home {
            Some(rest) => self.home.map(|home| Path::new(home).join(rest)),
            None => Some(self.file.join(text)),
        }
    }
}

/// A value being read, with the names to speak of it.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    pub node: &'a Node,
    /// Where its key is; for an element of a list, where the element is.
    pub key_place: &'a Place,
    pub path: String,
    /// What paths in it start at.
    pub folders: Folders<'a>,
    /// Whether it belongs to a credential: such values are never shown.
    pub secret: bool,
}

impl<'a> Field<'a> {
    /// The root of a file.
    pub fn root(node: &'a Node, folders: Folders<'a>) -> Self {
        Self { node, key_place: &node.place, path: String::new(), folders, secret: false }
    }

    /// The same, never to be shown.
    pub fn hushed(&self) -> Self {
        Self { secret: true, ..self.clone() }
    }

    /// Tells a problem at the value.
    pub fn wrong(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.add(&self.node.place, &self.path, message);
    }

    /// Tells a problem at the key.
    pub fn wrong_key(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.add(self.key_place, &self.path, message);
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

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.node.value, Value::Table(_))
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
            ..self.clone()
        };
        Some(elements.iter().enumerate().map(element).collect())
    }

    /// A table of the keys `known`.
    pub fn table(&self, problems: &mut Problems, known: Vec<&'static str>) -> Option<Table<'a>> {
        let Value::Table(entries) = &self.node.value else {
            self.expected(problems, "a table");
            return None;
        };
        Some(Table { field: self.clone(), entries, known, told: Vec::new() })
    }

    /// The keys and values of a table whose keys are names that operators choose.
    pub fn entries(&self, problems: &mut Problems) -> Vec<(&'a str, Self)> {
        let Some(table) = self.table(problems, Vec::new()) else {
            return Vec::new();
        };
        table.entries.iter().map(|entry| (entry.key.as_str(), table.field_of(entry))).collect()
    }
}

/// A table being read.
#[derive(Debug)]
pub struct Table<'a> {
    pub field: Field<'a>,
    entries: &'a [Entry],
    known: Vec<&'static str>,
    /// Keys told to be slips of a required one.
    told: Vec<&'a str>,
}

impl<'a> Table<'a> {
    fn field_of(&self, entry: &'a Entry) -> Field<'a> {
        Field {
            node: &entry.node,
            key_place: &entry.place,
            path: key_path(&self.field.path, &entry.key),
            ..self.field.clone()
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
            let advice = match nearest(&entry.key, &self.known) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("known keys: {}", self.known.join(", ")),
            };
            let path = key_path(&self.field.path, &entry.key);
            problems.add(&entry.place, &path, format!("unknown key; {advice}"));
        }
    }
}
