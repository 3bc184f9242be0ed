//! The configuration that the simulator wrote, with the changes a test makes to it.
//!
//! Invariant: a change is made to the text, as an operator would make it; nothing
//! here knows what a key means.

use std::path::{Path, PathBuf};

/// The line after which a source's keys go.
const SOURCE: &str = "type = \"oci_audit\"";

/// A `signon.toml` that can be edited and written.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    folder: PathBuf,
    lines: Vec<String>,
}

impl ConfigFile {
    /// Reads the one in a folder.
    pub fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("signon.toml")).unwrap();
        Self { folder: folder.to_owned(), lines: text.lines().map(str::to_owned).collect() }
    }

    /// Gives a key another value (TOML, so texts in quotes). A key that is nowhere
    /// is added to the source.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        let line = format!("{key} = {value}");
        match self.line_of(key) {
            Some(index) => self.lines[index] = line,
            None => {
                let source = self.lines.iter().position(|line| line == SOURCE).unwrap();
                self.lines.insert(source + 1, line);
            }
        }
        self
    }

    /// Gives a key of one source another value, or adds it.
    pub fn set_in(mut self, source: &str, key: &str, value: &str) -> Self {
        let head = format!("[sources.{source}]");
        let first = 1 + self.lines.iter().position(|line| *line == head).unwrap();
        let is_head = |line: &String| line.starts_with('[');
        let length = self.lines[first..].iter().position(is_head).unwrap();
        let start = format!("{key} = ");
        let place =
            self.lines[first..first + length].iter().position(|line| line.starts_with(&start));
        let line = format!("{start}{value}");
        match place {
            Some(place) => self.lines[first + place] = line,
            None => self.lines.insert(first, line),
        }
        self
    }

    /// Adds tables at the end, such as further sinks.
    pub fn with(mut self, tables: &str) -> Self {
        self.lines.extend(tables.lines().map(str::to_owned));
        self
    }

    /// Sets a path below the folder.
    pub fn set_path(self, key: &str, name: &str) -> Self {
        let path = self.folder.join(name);
        self.set(key, &format!("{:?}", path.to_str().unwrap()))
    }

    /// Takes a key out.
    pub fn without(mut self, key: &str) -> Self {
        let line = self.line_of(key).unwrap_or_else(|| panic!("{key} is not in the file"));
        self.lines.remove(line);
        self
    }

    /// Takes the last table out, which is that of the file sink.
    pub fn without_last_table(mut self) -> Self {
        let head = self.lines.iter().rposition(|line| line.starts_with('[')).unwrap();
        self.lines.truncate(head);
        self
    }

    /// Replaces a text wherever it stands.
    pub fn replace(mut self, from: &str, to: &str) -> Self {
        assert!(self.text().contains(from), "{from} is not in the file");
        for line in &mut self.lines {
            *line = line.replace(from, to);
        }
        self
    }

    /// The value of a key, as it was written.
    pub fn value(&self, key: &str) -> &str {
        let line = self.line_of(key).unwrap_or_else(|| panic!("{key} is not in the file"));
        self.lines[line].split_once(" = ").unwrap().1
    }

    /// Number of the line of a key, from 1.
    pub fn line(&self, key: &str) -> usize {
        self.line_of(key).unwrap() + 1
    }

    /// The text.
    pub fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// Writes it under a name of its own.
    pub fn write(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, self.text()).unwrap();
        path
    }

    fn line_of(&self, key: &str) -> Option<usize> {
        let start = format!("{key} = ");
        self.lines.iter().position(|line| line.starts_with(&start))
    }
}
