//! Paths as operators write them: relative to the file they stand in, `~` for
//! the home directory. Invariant: where the process was started does not matter
//! beyond where the file itself was found.

use std::path::{Path, PathBuf};

use super::reader::{Field, Problems};

/// What relative paths and `~` stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Folders<'a> {
    /// Folder of the configuration file.
    pub file: &'a Path,
    /// `HOME`.
    pub home: Option<&'a str>,
}

impl Folders<'_> {
    /// Reads a path.
    pub fn path(&self, field: &Field<'_>, problems: &mut Problems) -> Option<PathBuf> {
        let text = field.name(problems)?;
        let Some(rest) = below_home(text) else {
            return Some(self.file.join(text));
        };
        let path = self.home.map(|home| Path::new(home).join(rest));
        if path.is_none() {
            field.wrong(problems, "HOME is not set, so \"~\" has no meaning; write the path out");
        }
        path
    }
}

/// What follows `~/`. `~user` is left alone, it is a file name like any other.
fn below_home(text: &str) -> Option<&str> {
    match text.strip_prefix('~')? {
        "" => Some(""),
        rest => rest.strip_prefix('/').map(|rest| rest.trim_start_matches('/')),
    }
}
