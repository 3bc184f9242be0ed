//! Events that a receiver refuses although it takes others: kept, bounded, and sent
//! again when an operator says so.
//!
//! One NDJSON file a sink, `deadletter/<sink>.ndjson` in `data_dir`, readable by
//! nobody else. Invariants: a letter is synced before its batch is acknowledged;
//! only whole lines are ever read; a line that is no letter stays as it is and stands
//! in nobody's way; the file is changed only under the lock beside it, so that a
//! replay and a running collector never lose each other's letters.

mod replay;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::lines::end_of_whole_lines;
use super::{Line, SinkError};
use crate::files;
use crate::permissions::{self, Readers};
use crate::render::Owner;

pub use replay::{Replayed, replay};

/// Most bytes of refused events kept for a sink: some ten thousand events, far more
/// than a sink refuses unless it is set up wrongly.
pub const MOST_BYTES: u64 = 64 << 20;

/// Why an event is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterKind {
    /// The receiver refused it.
    Refused,
    /// It was in a batch of which the receiver rejected some, without saying which.
    Partial,
}

/// An event that was put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// When, RFC 3339.
    pub refused: String,
    /// Sink id.
    pub sink: String,
    /// Source id.
    pub source: String,
    /// Tenant of the source.
    #[serde(default)]
    pub tenant: String,
    /// The operator's labels of the source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Why it is here.
    pub kind: DeadLetterKind,
    /// Status of the answer.
    pub status: u16,
    /// Status and start of the answer.
    pub reason: String,
    /// Native id of the event.
    pub event_id: String,
    /// When the event happened, Unix time in milliseconds.
    pub time: i64,
    /// The event as it was sent.
    pub line: String,
}

impl DeadLetter {
    /// A letter of now.
    pub fn new(sink: &str, kind: DeadLetterKind, line: &Line, status: u16, reason: &str) -> Self {
        Self {
            refused: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            sink: sink.to_owned(),
            source: line.owner.source.clone(),
            tenant: line.owner.tenant.clone(),
            labels: line.owner.labels.clone(),
            kind,
            status,
            reason: reason.to_owned(),
            event_id: line.id.clone(),
            time: line.time,
            line: line.text.clone(),
        }
    }

    /// The event, to be sent again.
    pub fn event(&self) -> Line {
        let owner = Owner {
            tenant: self.tenant.clone(),
            source: self.source.clone(),
            labels: self.labels.clone(),
        };
        Line {
            id: self.event_id.clone(),
            owner: owner.into(),
            time: self.time,
            text: self.line.clone(),
        }
    }
}

/// What a file of dead letters holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Oldest first.
    pub letters: Vec<DeadLetter>,
    /// Numbers of the lines that are no letter, from 1 on.
    pub unreadable: Vec<usize>,
}

/// The lines of a text. A last one without its end is torn, and its batch was not
/// acknowledged, unless it is a letter: then an editor left the end away.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = |line: &[u8]| serde_json::from_slice::<DeadLetter>(line).is_ok();
    text.split_inclusive(|byte| *byte == b'\n')
        .filter_map(move |line| line.strip_suffix(b"\n").or_else(|| whole(line).then_some(line)))
}

/// The dead letters of a sink.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    path: PathBuf,
    most_bytes: u64,
}

impl DeadLetters {
    /// Those of a sink, be there any or not.
    pub fn of(data_dir: &Path, sink: &str) -> Self {
        let path = data_dir.join("deadletter").join(format!("{sink}.ndjson"));
        Self { path, most_bytes: MOST_BYTES }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, source: std::io::Error) -> SinkError {
        SinkError::DeadLetters { path: self.path.clone(), source }
    }

    /// Adds letters and syncs them, all or none.
    ///
    /// # Errors
    ///
    /// When the disk does not take them, or the file is full.
    pub fn append(&self, letters: &[DeadLetter]) -> Result<(), SinkError> {
        let mut text = Vec::new();
        for letter in letters {
            serde_json::to_writer(&mut text, letter).map_err(|error| self.failed(error.into()))?;
            text.push(b'\n');
        }
        let _lock = self.lock("lock")?;
        let bytes = std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        if bytes + text.len() as u64 > self.most_bytes {
            return Err(SinkError::DeadLettersFull { path: self.path.clone(), bytes });
        }
        self.add(&text).map_err(|source| self.failed(source))?;
        crate::crash::point("letter-synced");
        Ok(())
    }

    fn add(&self, text: &[u8]) -> std::io::Result<()> {
        let is_new = !self.path.exists();
        let mut file = permissions::file(&self.path, Readers::Nobody)?;
        let end = mend_end(&mut file)?;
        file.seek(SeekFrom::Start(end))?;
        let written = file
            .write_all(text)
            .inspect(|()| crate::crash::point("letter-written"))
            .and_then(|()| file.sync_all());
        if written.is_err() {
            // Best effort: a torn line is passed over by every reader.
            let _ = file.set_len(end);
        }
        if is_new {
            self.sync_folder()?;
        }
        written
    }

    /// Every letter, oldest first, and the lines that are none.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn read(&self) -> Result<Contents, SinkError> {
        let mut contents = Contents::default();
        for (index, line) in lines(&self.bytes()?).enumerate() {
            match serde_json::from_slice(line) {
                Ok(letter) => contents.letters.push(letter),
                Err(_) => contents.unreadable.push(index + 1),
            }
        }
        Ok(contents)
    }

    fn bytes(&self) -> Result<Vec<u8>, SinkError> {
        // Some room for whoever put files together.
        match files::read(&self.path, 4 * MOST_BYTES) {
            Ok(text) => Ok(text.to_vec()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Takes letters out, in one step; those that came meanwhile stay.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or replaced; it is then as before.
    pub fn remove(&self, delivered: &[DeadLetter]) -> Result<(), SinkError> {
        let _lock = self.lock("lock")?;
        let is_delivered = |line: &[u8]| {
            serde_json::from_slice(line).is_ok_and(|letter| delivered.contains(&letter))
        };
        let mut text = Vec::new();
        for line in lines(&self.bytes()?).filter(|line| !is_delivered(line)) {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        self.replace(&text).map_err(|source| self.failed(source))
    }

    fn replace(&self, text: &[u8]) -> std::io::Result<()> {
        let beside = self.path.with_extension("new");
        let mut file = permissions::emptied_file(&beside, Readers::Nobody)?;
        file.write_all(text)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        self.sync_folder()
    }

    /// Keeps a second replay away while the returned file lives.
    ///
    /// # Errors
    ///
    /// When there is one already.
    pub fn begin_replay(&self) -> Result<File, SinkError> {
        let path = self.path.with_extension("replay");
        let file = self.open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(SinkError::ReplayUnderWay { path }),
            Err(std::fs::TryLockError::Error(source)) => Err(self.failed(source)),
        }
    }

    /// The lock under which the file is changed; others hold it for milliseconds.
    fn lock(&self, extension: &str) -> Result<File, SinkError> {
        let file = self.open_lock(&self.path.with_extension(extension))?;
        file.lock().map_err(|source| self.failed(source))?;
        Ok(file)
    }

    fn open_lock(&self, path: &Path) -> Result<File, SinkError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        permissions::folder(folder, Readers::Nobody)
            .and_then(|()| permissions::file(path, Readers::Nobody))
            .map_err(|source| self.failed(source))
    }

    /// The name of a file has to survive a power cut, too.
    fn sync_folder(&self) -> std::io::Result<()> {
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// A crash may have torn the last line, whose batch was not acknowledged then; a
/// letter without a line end gets one.
fn mend_end(file: &mut File) -> std::io::Result<u64> {
    let length = file.metadata()?.len();
    let end = end_of_whole_lines(file, length)?;
    let mut rest = Vec::new();
    file.seek(SeekFrom::Start(end))?;
    file.read_to_end(&mut rest)?;
    if serde_json::from_slice::<DeadLetter>(&rest).is_ok() {
        file.write_all(b"\n")?;
        return Ok(length + 1);
    }
    file.set_len(end)?;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;

    fn letter(id: &str) -> DeadLetter {
        let line =
            Line { id: id.into(), owner: Owner::of_source("s").into(), time: 5, text: "{}".into() };
        DeadLetter::new("siem", DeadLetterKind::Refused, &line, 400, "no")
    }

    fn ids(letters: &DeadLetters) -> Vec<String> {
        letters.read().unwrap().letters.into_iter().map(|letter| letter.event_id).collect()
    }

    #[test]
    fn what_is_delivered_is_removed_and_what_came_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::of(folder.path(), "siem");
        letters.append(&[letter("a"), letter("b")]).unwrap();
        let replayed = letters.read().unwrap().letters;
        letters.append(&[letter("c")]).unwrap();
        letters.remove(&replayed[..1]).unwrap();
        assert_eq!(ids(&letters), ["b", "c"]);
        assert_eq!(letters.read().unwrap().letters[0].event().id, "b");
    }

    #[test]
    fn a_letter_still_knows_whose_event_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::of(folder.path(), "siem");
        let owner = Owner {
            tenant: "acme".to_owned(),
            labels: [("environment".to_owned(), "production".to_owned())].into(),
            ..Owner::of_source("one")
        };
        let line = Line { id: "a".into(), owner: owner.into(), time: 5, text: "{}".into() };
        let letter = DeadLetter::new("siem", DeadLetterKind::Refused, &line, 400, "no");
        letters.append(&[letter]).unwrap();
        assert_eq!(letters.read().unwrap().letters[0].event(), line);
    }

    #[test]
    fn a_torn_letter_is_passed_over_and_the_next_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::of(folder.path(), "siem");
        letters.append(&[letter("a"), letter("b")]).unwrap();
        let length = std::fs::metadata(letters.path()).unwrap().len();
        File::options().write(true).open(letters.path()).unwrap().set_len(length - 4).unwrap();
        assert_eq!(ids(&letters), ["a"]);
        letters.append(&[letter("c")]).unwrap();
        assert_eq!(ids(&letters), ["a", "c"]);
    }

    #[test]
    fn a_line_that_is_no_letter_is_named_passed_over_and_kept_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::of(folder.path(), "siem");
        letters.append(&[letter("a")]).unwrap();
        let mut file = OpenOptions::new().append(true).open(letters.path()).unwrap();
        file.write_all(b"{\"refused\":\xff\n\n").unwrap();
        letters.append(&[letter("b")]).unwrap();
        let contents = letters.read().unwrap();
        assert_eq!(contents.unreadable, [2, 3]);
        assert_eq!(ids(&letters), ["a", "b"]);
        letters.remove(&contents.letters).unwrap();
        assert_eq!(std::fs::read(letters.path()).unwrap(), b"{\"refused\":\xff\n\n");
    }

    #[test]
    fn a_letter_without_a_line_end_is_a_letter() {
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::of(folder.path(), "siem");
        letters.append(&[letter("a"), letter("b")]).unwrap();
        let length = std::fs::metadata(letters.path()).unwrap().len();
        OpenOptions::new().write(true).open(letters.path()).unwrap().set_len(length - 1).unwrap();
        assert_eq!(ids(&letters), ["a", "b"]);
        letters.append(&[letter("c")]).unwrap();
        assert_eq!(ids(&letters), ["a", "b", "c"]);
    }

    #[test]
    fn a_full_file_takes_no_letter_and_loses_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut letters = DeadLetters::of(folder.path(), "siem");
        letters.append(&[letter("a")]).unwrap();
        letters.most_bytes = std::fs::metadata(letters.path()).unwrap().len() + 10;
        let full = letters.append(&[letter("b")]);
        assert!(matches!(full, Err(SinkError::DeadLettersFull { .. })), "{full:?}");
        assert_eq!(ids(&letters), ["a"]);
    }

    #[test]
    fn two_replays_of_a_sink_are_not_under_way_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::of(folder.path(), "siem");
        let first = letters.begin_replay().unwrap();
        let second = letters.begin_replay();
        assert!(matches!(second, Err(SinkError::ReplayUnderWay { .. })));
        drop(first);
        letters.begin_replay().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn dead_letters_are_for_nobody_else() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::of(folder.path(), "siem");
        letters.append(&[letter("a")]).unwrap();
        let mode = std::fs::metadata(letters.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
