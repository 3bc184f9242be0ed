//! What is wrong with a configuration, and where.
//!
//! Invariant: one problem is one line, and no value of a credential and no value
//! of a variable is ever part of it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A position in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file as the operator named it.
    pub file: Arc<str>,
    /// Counted from 1; 0 means the file as a whole.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
}

impl Place {
    /// A file as a whole: one that cannot be read has no lines.
    pub fn whole(file: &Path) -> Self {
        Self { file: file.display().to_string().into(), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if self.line > 0 {
            write!(formatter, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
///
/// Displayed as `file:line:column: key.path: what is wrong; what to do`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Key path, like `sources.acme.regions[0]`; empty when the file has no keys yet.
    pub path: String,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.place)?;
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        // Components write messages too; a line break in one would forge a second problem.
        for character in self.message.chars() {
            let shown = if crate::shown::is_obeyed(character) { ' ' } else { character };
            fmt::Write::write_char(formatter, shown)?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a configuration, displayed one line a problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(problems))]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    /// An error out of problems found elsewhere, say by the component of a source.
    pub fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems, in the order of the files and of their lines.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The path of `key` in the table at `path`.
pub fn key_path(path: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// The path of an element of the list at `path`.
pub fn index_path(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_one_line_whatever_is_in_its_message() {
        let place = Place { file: "signon.toml".into(), line: 12, column: 1 };
        let path = key_path("sources.acme", "re\ngoins");
        let problem = Problem { place, path, message: "unknown\nkey".to_owned() };
        assert_eq!(
            problem.to_string(),
            r#"signon.toml:12:1: sources.acme."re\ngoins": unknown key"#
        );
    }

    #[test]
    fn a_file_as_a_whole_is_shown_without_a_line() {
        assert_eq!(Place::whole(Path::new("a.toml")).to_string(), "a.toml");
    }
}
