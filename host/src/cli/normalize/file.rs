//! The file that is normalized.
//!
//! Invariant: of a file that grows what was there at the beginning is read, and no more,
//! so that reading ends.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use super::super::failure::Failure;

/// What is read.
pub struct Input {
    name: String,
    reader: Box<dyn Read>,
    /// A regular file, and how long it was.
    known: Option<(File, u64)>,
}

impl Input {
    /// Opens a file, or standard input.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            let reader = Box::new(std::io::stdin().lock());
            return Ok(Self { name: "standard input".to_owned(), reader, known: None });
        };
        let name = path.display().to_string();
        let failed = |error| Failure::failed(format!("{name}: {error}"));
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Failure::failed(format!(
                "{name} is a directory: name one of its files, or send several, one after \
                 another, through standard input"
            )));
        }
        let (reader, known): (Box<dyn Read>, _) = match length(&metadata) {
            Some(length) => {
                let reader = file.try_clone().map_err(failed)?;
                (Box::new(reader.take(length)), Some((file, length)))
            }
            None => (Box::new(file), None),
        };
        Ok(Self { name, reader, known })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What came while it was read, and was not.
    pub fn growth(&self) -> Option<String> {
        let (file, length) = self.known.as_ref()?;
        let now = file.metadata().ok()?.len();
        let name = &self.name;
        (now > *length).then(|| {
            format!(
                "{name} grew while it was read: its first {length} bytes were, not the {} behind \
                 them",
                now - length
            )
        })
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.reader.read(buffer)
    }
}

/// How long a regular file is. What the kernel makes as it is read says 0.
fn length(metadata: &Metadata) -> Option<u64> {
    (metadata.is_file() && metadata.len() > 0).then_some(metadata.len())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn of_a_file_that_grows_what_was_there_is_read_and_the_rest_is_told() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"{}\n{}\n").unwrap();
        let mut input = Input::open(Some(file.path())).unwrap();
        let mut text = String::new();
        input.read_exact(&mut [0; 2]).unwrap();
        file.write_all(b"{\"a\":1}\n").unwrap();
        input.read_to_string(&mut text).unwrap();
        assert_eq!(text, "\n{}\n");
        let growth = input.growth().unwrap();
        assert!(growth.contains("first 6 bytes were, not the 8"), "{growth}");
    }

    #[test]
    fn of_a_file_that_stays_as_it_is_nothing_is_told() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"{}").unwrap();
        let mut input = Input::open(Some(file.path())).unwrap();
        input.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(input.growth(), None);
    }

    #[test]
    fn a_directory_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let failure = Input::open(Some(folder.path())).err().unwrap().to_string();
        assert!(failure.contains("is a directory: name one of its files"), "{failure}");
    }
}
