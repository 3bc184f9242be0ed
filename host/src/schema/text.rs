//! Kinds that are written as text.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::kind::{Kind, Shown};
use super::reader::{Field, Problems};
use super::variable::or_variable;

/// Any text.
pub struct Text;

impl Kind for Text {
    type Value = String;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<String> {
        field.text(problems).map(str::to_owned)
    }

    fn schema(&self) -> Json {
        json!({ "title": "text", "type": "string" })
    }
}

/// A text that is not empty and on one line.
pub struct Name;

impl Kind for Name {
    type Value = String;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<String> {
        field.name(problems).map(str::to_owned)
    }

    fn schema(&self) -> Json {
        json!({ "title": "text", "type": "string", "minLength": 1 })
    }
}

impl Shown for Name {
    fn shown(&self, value: &String) -> Json {
        Json::from(value.as_str())
    }
}

/// A path: relative to the file it stands in, `~` for the home directory.
pub struct PathKind;

/// See [`PathKind`].
pub const PATH: PathKind = PathKind;

impl Kind for PathKind {
    type Value = PathBuf;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<PathBuf> {
        let path = field.folders.path(field.name(problems)?);
        if path.is_none() {
            field.wrong(problems, "HOME is not set, so \"~\" has no meaning; write the path out");
        }
        path
    }

    fn schema(&self) -> Json {
        json!({ "title": "path", "type": "string", "minLength": 1 })
    }
}

/// A text that means something else.
pub struct Parsed<T> {
    pub parse: fn(&str) -> Option<T>,
    /// What operators call it.
    pub title: &'static str,
    /// What it looks like, for a refusal.
    pub expected: &'static str,
    /// What every such text fits, as a regular expression.
    pub pattern: &'static str,
}

impl<T> Kind for Parsed<T> {
    type Value = T;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<T> {
        let parsed = (self.parse)(field.text(problems)?);
        if parsed.is_none() {
            field.expected(problems, self.expected);
        }
        parsed
    }

    fn schema(&self) -> Json {
        let (title, pattern) = (self.title, self.pattern);
        or_variable(json!({ "title": title, "type": "string", "pattern": pattern }))
    }
}

/// A value that is written as one of a few words.
pub trait Words: Copy + PartialEq {
    /// What operators call such a value.
    const WHAT: &'static str;

    /// Every word, and what it means.
    fn words() -> Vec<(&'static str, Self)>;
}

/// See [`Words`].
pub struct Word<T>(std::marker::PhantomData<T>);

/// One word of a type's.
pub fn word<T: Words>() -> Word<T> {
    Word(std::marker::PhantomData)
}

impl<T: Words> Kind for Word<T> {
    type Value = T;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<T> {
        let text = field.text(problems)?;
        let words = T::words();
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            field.unknown(problems, T::WHAT, &known, "");
        }
        found
    }

    fn schema(&self) -> Json {
        let words: Vec<&str> = T::words().into_iter().map(|(word, _)| word).collect();
        or_variable(choice(&words))
    }
}

impl<T: Words> Shown for Word<T> {
    fn shown(&self, value: &T) -> Json {
        let words = T::words();
        words
            .into_iter()
            .find(|(_, other)| other == value)
            .map_or(Json::Null, |(word, _)| word.into())
    }
}

/// One of a few words that mean themselves.
pub struct OneOf {
    what: &'static str,
    words: &'static [&'static str],
}

/// One of `words`; `what` is what operators call them.
pub fn one_of(what: &'static str, words: &'static [&'static str]) -> OneOf {
    OneOf { what, words }
}

impl Kind for OneOf {
    type Value = &'static str;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<&'static str> {
        let text = field.text(problems)?;
        let found = self.words.iter().copied().find(|word| *word == text);
        if found.is_none() {
            field.unknown(problems, self.what, self.words, "");
        }
        found
    }

    fn schema(&self) -> Json {
        or_variable(choice(self.words))
    }
}

fn choice(words: &[&str]) -> Json {
    let shown: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    json!({ "title": shown.join(", "), "enum": words })
}
