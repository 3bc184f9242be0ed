//! From files to a configuration.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::document::{Document, Syntax};
use super::merge;
use super::model::Config;
use crate::files;
use crate::schema::{ConfigError, Place, Problem};

impl Config {
    /// Reads files and merges them: the sources and sinks of all, `data_dir` from
    /// one. Relative paths start at the folder of the file they stand in.
    /// `environment` looks up a variable; `HOME` is what `~` stands for.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in all files. While a file cannot be read or is
    /// no TOML or YAML, that is all that is told.
    pub fn load(
        paths: &[PathBuf],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut documents = Vec::new();
        let mut problems = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let document = if paths[..index].contains(path) {
                Err(vec![whole(path, "the file is given twice; name it once")])
            } else {
                read(path).and_then(|text| Document::parse(&text, path, Syntax::of(path)))
            };
            match document {
                Ok(document) => documents.push(document),
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError::new(problems));
        }
        merge::merge(documents, environment)
    }

    /// Reads one text as the content of the file `file_name`, which need not exist.
    ///
    /// # Errors
    ///
    /// Everything that is wrong.
    pub fn parse(
        text: &str,
        file_name: impl AsRef<Path>,
        syntax: Syntax,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let document =
            Document::parse(text, file_name.as_ref(), syntax).map_err(ConfigError::new)?;
        merge::merge(vec![document], environment)
    }
}

/// The text of a file. It may hold passphrases, so it is wiped when dropped.
fn read(path: &Path) -> Result<Zeroizing<String>, Vec<Problem>> {
    let bytes = files::read_named(path, files::CONFIGURATION)
        .map_err(|error| vec![whole(path, &format!("cannot read the file: {error}"))])?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => {
            let line =
                1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let problem = whole(path, "the line is not UTF-8; save the file as UTF-8");
            let place = Place { line, column: 1, ..problem.place };
            Err(vec![Problem { place, ..problem }])
        }
    }
}

fn whole(path: &Path, message: &str) -> Problem {
    Problem { place: Place::whole(path), path: String::new(), message: message.to_owned() }
}
