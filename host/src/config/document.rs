//! A configuration file as a tree that knows where everything was written.
//!
//! TOML and YAML become the same tree, so that nothing behind this room can tell
//! them apart. Invariant: every place lies on a line that the file has.

mod builder;
mod from_toml;
mod from_yaml;
mod lines;

use std::path::{Path, PathBuf};

use crate::schema::{Node, Place, Problem};
use builder::Builder;
use lines::Lines;

/// How a configuration file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// TOML 1.0 and 1.1.
    Toml,
    /// YAML 1.2, core schema, one document.
    Yaml,
}

impl Syntax {
    /// The syntax that a file's extension tells; TOML unless it is `.yaml` or `.yml`.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml") => Self::Yaml,
            _ => Self::Toml,
        }
    }
}

/// A file that was read.
#[derive(Debug)]
pub struct Document {
    /// Its first character.
    pub start: Place,
    /// Relative paths in it start here.
    pub folder: PathBuf,
    /// Its content, as a rule a table.
    pub root: Node,
}

impl Document {
    /// Reads `text` as the content of `file`.
    ///
    /// # Errors
    ///
    /// Everything that keeps the text from being one tree.
    pub fn parse(text: &str, file: &Path, syntax: Syntax) -> Result<Self, Vec<Problem>> {
        // Editors of some systems put a byte order mark first; it is no content.
        let lines = Lines::new(text.strip_prefix('\u{feff}').unwrap_or(text), file);
        let mut builder = Builder::new(&lines);
        // The YAML parser takes NUL for the end and would drop what follows.
        let root = match lines.text.find('\0') {
            Some(offset) => {
                builder.wrong(lines.at(offset), "", "a NUL character; remove it");
                None
            }
            None => match syntax {
                Syntax::Toml => from_toml::read(&mut builder),
                Syntax::Yaml => from_yaml::read(&mut builder),
            },
        };
        match root {
            Some(root) if builder.problems.is_empty() => Ok(Self {
                start: lines.at(0),
                folder: file.parent().map(Path::to_path_buf).unwrap_or_default(),
                root,
            }),
            _ => Err(builder.problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Entry, Value};

    fn parse(text: &str, syntax: Syntax) -> Result<Document, Vec<String>> {
        Document::parse(text, Path::new("conf/f"), syntax)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn refusal(text: &str, syntax: Syntax) -> Vec<String> {
        parse(text, syntax).map(drop).unwrap_err()
    }

    fn entries(document: &Document) -> Vec<(&str, usize, usize, &'static str)> {
        let Value::Table(entries) = &document.root.value else { panic!("no table") };
        let row = |entry: &Entry| (entry.place.line, entry.place.column, entry.node.value.kind());
        entries
            .iter()
            .map(|entry| (entry.key.as_str(), row(entry).0, row(entry).1, row(entry).2))
            .collect()
    }

    #[test]
    fn both_syntaxes_keep_the_order_and_the_places_of_the_file() {
        let toml = "z = 1\n  a = [1]\n[t]\nx = true\n";
        let yaml = "z: 1\na: [1]\nt:\n  x: true\nn:\n";
        let expected =
            [("z", 1, 1, "a whole number"), ("a", 2, 3, "a list"), ("t", 3, 2, "a table")];
        assert_eq!(entries(&parse(toml, Syntax::Toml).unwrap()), expected);
        let expected = [
            ("z", 1, 1, "a whole number"),
            ("a", 2, 1, "a list"),
            ("t", 3, 1, "a table"),
            ("n", 5, 1, "nothing"),
        ];
        assert_eq!(entries(&parse(yaml, Syntax::Yaml).unwrap()), expected);
    }

    #[test]
    fn a_column_counts_characters_and_a_byte_order_mark_is_none() {
        let found = refusal("\u{feff}\"äöü\" = 1\n\"äöü\" = 2\n", Syntax::Toml);
        assert!(found[0].starts_with("conf/f:2:1: duplicate key"), "{found:?}");
        let found = refusal("\u{feff}a = 'äöü' b", Syntax::Toml);
        assert!(found[0].starts_with("conf/f:1:11: "), "{found:?}");
    }

    #[test]
    fn a_duplicate_key_is_refused_in_both_syntaxes() {
        let message = "duplicate key \"tenant\"; remove one of the two";
        let toml = refusal("tenant = 'a'\ntenant = 'b'\n", Syntax::Toml);
        assert_eq!(toml, [format!("conf/f:2:1: {message}")]);
        let yaml = refusal("s:\n  tenant: a\n  tenant: b\n", Syntax::Yaml);
        assert_eq!(yaml, [format!("conf/f:3:3: {message}")]);
    }

    #[test]
    fn aliases_are_followed_and_what_else_yaml_offers_is_refused() {
        let document = parse("a: &x {k: [1, 2]}\nb: *x\n", Syntax::Yaml).unwrap();
        assert_eq!(entries(&document)[1], ("b", 2, 1, "a table"));
        assert_eq!(entries(&parse("a: !!str 1\n", Syntax::Yaml).unwrap())[0].3, "a text");
        for (text, told) in [
            ("a: !!int b\n", "conf/f:1:4: a: the value does not fit its tag"),
            ("1: a\n", "conf/f:1:1: the key is a whole number; put it in quotes"),
            ("? [a]\n: b\n", "conf/f:1:3: the key is a list; put it in quotes"),
            ("a: !mine b\n", "conf/f:1:4: a: a tag; remove it, tags are not read"),
            ("a: &x {k: 1}\nb:\n  <<: *x\n", "conf/f:3:3: b: merge keys are not read"),
            ("a: 1\n---\na: 2\n", "conf/f:3:1: a second document"),
            ("a: *nobody\n", "conf/f:1:4: "),
            ("a: 18446744073709551616\n", "conf/f:1:4: a: the number does not fit"),
            ("a: .nan\n", "conf/f:1:4: a: the number does not fit"),
            ("a: 1\0b: 2\n", "conf/f:1:5: a NUL character"),
        ] {
            let found = refusal(text, Syntax::Yaml);
            assert!(found.len() == 1 && found[0].starts_with(told), "{text:?} gave {found:?}");
        }
    }

    #[test]
    fn every_syntax_error_of_a_toml_file_is_told_once_a_line() {
        let found = refusal("a = \nb = 1\nc = = 2\nd = 99999999999999999999\n", Syntax::Toml);
        let lines: Vec<&str> = found.iter().map(|problem| &problem[..9]).collect();
        assert_eq!(lines, ["conf/f:1:", "conf/f:3:"], "{found:?}");
        let found = refusal("d = 99999999999999999999\n", Syntax::Toml);
        assert!(found[0].starts_with("conf/f:1:5: d: the number does not fit"), "{found:?}");
    }

    #[test]
    fn nesting_without_end_is_refused_and_not_a_crash() {
        let many = 100_000;
        let dotted = format!("{}a = 1", "a.".repeat(many));
        let header = format!("[{}a]", "a.".repeat(many));
        let inline = format!("x = {{ {}a = 1 }}", "a.".repeat(many));
        let tables: String =
            (1..many / 100).map(|n| format!("[a{}]\n", ".a".repeat(n % 60))).collect();
        for text in [dotted, header, inline, format!("a = {}", "[".repeat(many)), tables] {
            assert!(!refusal(&text, Syntax::Toml).is_empty());
        }
        let stairs: String = (0..1000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        let rows: String = (0..190).map(|n| format!("{0}a:\n{0}-\n", " ".repeat(n))).collect();
        for text in ["[".repeat(many), "- ".repeat(many), "? ".repeat(many), "{a: ".repeat(many)] {
            assert!(!refusal(&text, Syntax::Yaml).is_empty());
        }
        let both: String = (0..190)
            .map(|n| format!("{0}a:\n{0}-\n", " ".repeat(n)))
            .chain([" ".repeat(195) + &"[".repeat(250) + &"]".repeat(250)])
            .collect();
        for text in [stairs, rows, both, "[".repeat(250) + &"]".repeat(250)] {
            assert!(!refusal(&text, Syntax::Yaml).is_empty());
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_table() {
        for syntax in [Syntax::Toml, Syntax::Yaml] {
            for text in ["", "\n", "# nothing\n", "\u{feff}"] {
                assert!(entries(&parse(text, syntax).unwrap()).is_empty());
            }
        }
    }
}
