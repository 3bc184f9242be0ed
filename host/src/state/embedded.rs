//! The embedded store: one redb file in the data folder.
//!
//! Tables (keys are texts, so that a dump is readable):
//!
//! ```text
//! meta       name                       -> number
//! streams    stream                     -> StreamState, JSON
//! delivered  (stream, id)               -> end of the range it was fetched in
//! ends       (stream, end, id)          -> ()      the same, by end, to forget by
//! ledger     (stream, number)           -> LedgerEntry, JSON
//! sinks      sink                       -> committed length
//! adopted    (sink, line id)            -> how many such lines wait
//! ```
//!
//! redb locks the file, checks its own consistency on opening after a crash and
//! syncs on every commit.

use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::{Commit, LedgerEntry, State, StateError, StreamKey, StreamState};

/// Format of the tables below.
const FORMAT: u64 = 1;

/// Memory for cached pages; the working set is the ids of the last day.
const CACHE_BYTES: usize = 32 << 20;

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const STREAMS: TableDefinition<'_, &str, &str> = TableDefinition::new("streams");
const DELIVERED: TableDefinition<'_, (&str, &str), i64> = TableDefinition::new("delivered");
const ENDS: TableDefinition<'_, (&str, i64, &str), ()> = TableDefinition::new("ends");
const LEDGER: TableDefinition<'_, (&str, u64), &str> = TableDefinition::new("ledger");
const SINKS: TableDefinition<'_, &str, u64> = TableDefinition::new("sinks");
const ADOPTED: TableDefinition<'_, (&str, &str), u32> = TableDefinition::new("adopted");

/// State in a file.
pub struct EmbeddedState {
    database: Database,
    path: PathBuf,
}

impl std::fmt::Debug for EmbeddedState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedState").field("path", &self.path).finish_non_exhaustive()
    }
}

impl EmbeddedState {
    /// Opens or creates `state.redb` in `folder`.
    ///
    /// # Errors
    ///
    /// When the folder or file cannot be used, another process has it, or another
    /// version wrote it.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(folder)
            .map_err(|source| StateError::Folder { path: folder.to_owned(), source })?;
        let path = folder.join("state.redb");
        let database =
            Database::builder().set_cache_size(CACHE_BYTES).create(&path).map_err(|error| {
                match error {
                    DatabaseError::DatabaseAlreadyOpen => {
                        StateError::Locked { path: folder.to_owned() }
                    }
                    other => {
                        StateError::Database { path: path.clone(), problem: other.to_string() }
                    }
                }
            })?;
        let state = Self { database, path };
        state.check_format()?;
        Ok(state)
    }

    fn check_format(&self) -> Result<(), StateError> {
        let found = self.run(|| {
            let transaction = self.database.begin_write()?;
            let found = {
                let mut meta = transaction.open_table(META)?;
                let found = meta.get("format")?.map(|value| value.value());
                if found.is_none() {
                    meta.insert("format", FORMAT)?;
                }
                // Readers need every table to exist.
                transaction.open_table(STREAMS)?;
                transaction.open_table(DELIVERED)?;
                transaction.open_table(ENDS)?;
                transaction.open_table(LEDGER)?;
                transaction.open_table(SINKS)?;
                transaction.open_table(ADOPTED)?;
                found
            };
            transaction.commit()?;
            Ok(found)
        })?;
        match found {
            Some(found) if found != FORMAT => {
                Err(StateError::Version { path: self.path.clone(), found, expected: FORMAT })
            }
            _ => Ok(()),
        }
    }

    /// Names the file in whatever goes wrong.
    fn run<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, StateError> {
        work()
            .map_err(|failure| StateError::Database { path: self.path.clone(), problem: failure.0 })
    }

    /// Every stream there is, by its text key.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn stream_keys(&self) -> Result<Vec<StreamKey>, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let streams = transaction.open_table(STREAMS)?;
            let mut keys = Vec::new();
            for entry in streams.iter()? {
                let (key, _) = entry?;
                let mut parts = key.value().split('\u{1f}').map(str::to_owned);
                if let (Some(source), Some(fingerprint), Some(stream)) =
                    (parts.next(), parts.next(), parts.next())
                {
                    keys.push(StreamKey { source, fingerprint, stream });
                }
            }
            Ok(keys)
        })
    }
}

/// Any of redb's errors, as text.
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn add_waiting(
    adopted: &mut redb::Table<'_, (&'static str, &'static str), u32>,
    sink: &str,
    lines: &[(String, u32)],
) -> Result<(), Failure> {
    for (id, count) in lines {
        let key = (sink, id.as_str());
        let before = adopted.get(key)?.map_or(0, |count| count.value());
        adopted.insert(key, before.saturating_add(*count))?;
    }
    Ok(())
}

impl State for EmbeddedState {
    fn stream(&self, key: &StreamKey) -> Result<Option<StreamState>, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let streams = transaction.open_table(STREAMS)?;
            match streams.get(key.text().as_str())? {
                Some(value) => Ok(Some(serde_json::from_str(value.value())?)),
                None => Ok(None),
            }
        })
    }

    fn delivered(&self, key: &StreamKey, ids: &[&str]) -> Result<Vec<bool>, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let delivered = transaction.open_table(DELIVERED)?;
            let stream = key.text();
            let mut answers = Vec::with_capacity(ids.len());
            for id in ids {
                answers.push(delivered.get((stream.as_str(), *id))?.is_some());
            }
            Ok(answers)
        })
    }

    fn commit(&self, commit: &Commit) -> Result<(), StateError> {
        self.run(|| {
            let transaction = self.database.begin_write()?;
            let text = commit.key.text();
            let stream = text.as_str();
            {
                let state = serde_json::to_string(&commit.state)?;
                transaction.open_table(STREAMS)?.insert(stream, state.as_str())?;
                let mut delivered = transaction.open_table(DELIVERED)?;
                let mut ends = transaction.open_table(ENDS)?;
                for id in &commit.delivered {
                    delivered.insert((stream, id.as_str()), commit.fetched_until)?;
                    ends.insert((stream, commit.fetched_until, id.as_str()), ())?;
                }
                let old = (stream, i64::MIN, "")..(stream, commit.forget_before, "");
                for entry in ends.extract_from_if(old, |_, ()| true)? {
                    let (forgotten, _) = entry?;
                    let (stream, _, id) = forgotten.value();
                    delivered.remove((stream, id))?;
                }
                if let Some(entry) = &commit.ledger {
                    let mut ledger = transaction.open_table(LEDGER)?;
                    let last = ledger
                        .range((stream, 0)..=(stream, u64::MAX))?
                        .next_back()
                        .transpose()?
                        .map_or(0, |(number, _)| number.value().1);
                    let entry = serde_json::to_string(entry)?;
                    ledger.insert((stream, last + 1), entry.as_str())?;
                }
                let mut sinks = transaction.open_table(SINKS)?;
                let mut adopted = transaction.open_table(ADOPTED)?;
                for mark in &commit.sinks {
                    sinks.insert(mark.sink.as_str(), mark.length)?;
                    add_waiting(&mut adopted, &mark.sink, &mark.waiting)?;
                    for id in &mark.adopted {
                        let key = (mark.sink.as_str(), id.as_str());
                        let left = adopted.get(key)?.map_or(0, |count| count.value());
                        if left > 1 {
                            adopted.insert(key, left - 1)?;
                        } else {
                            adopted.remove(key)?;
                        }
                    }
                }
            }
            transaction.commit()?;
            Ok(())
        })
    }

    fn ledger(&self, key: &StreamKey) -> Result<Vec<LedgerEntry>, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let ledger = transaction.open_table(LEDGER)?;
            let text = key.text();
            let stream = text.as_str();
            let mut entries = Vec::new();
            for entry in ledger.range((stream, 0)..=(stream, u64::MAX))? {
                entries.push(serde_json::from_str(entry?.1.value())?);
            }
            Ok(entries)
        })
    }

    fn sink_length(&self, sink: &str) -> Result<Option<u64>, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let sinks = transaction.open_table(SINKS)?;
            Ok(sinks.get(sink)?.map(|length| length.value()))
        })
    }

    fn adopted(&self, sink: &str) -> Result<Vec<(String, u32)>, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let adopted = transaction.open_table(ADOPTED)?;
            let mut lines = Vec::new();
            for entry in adopted.range((sink, "")..)? {
                let (key, count) = entry?;
                let (owner, id) = key.value();
                if owner != sink {
                    break;
                }
                lines.push((id.to_owned(), count.value()));
            }
            Ok(lines)
        })
    }

    fn adopt(&self, sink: &str, length: u64, lines: &[(String, u32)]) -> Result<(), StateError> {
        self.run(|| {
            let transaction = self.database.begin_write()?;
            {
                transaction.open_table(SINKS)?.insert(sink, length)?;
                let mut adopted = transaction.open_table(ADOPTED)?;
                add_waiting(&mut adopted, sink, lines)?;
            }
            transaction.commit()?;
            Ok(())
        })
    }

    fn kept_ids(&self, key: &StreamKey) -> Result<u64, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let ends = transaction.open_table(ENDS)?;
            let text = key.text();
            let stream = text.as_str();
            let mut kept = 0;
            for entry in ends.range((stream, i64::MIN, "")..=(stream, i64::MAX, ""))? {
                entry?;
                kept += 1;
            }
            Ok(kept)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Schedule;
    use crate::state::SinkMark;

    fn key() -> StreamKey {
        StreamKey { source: "s".into(), fingerprint: "f".into(), stream: "a/b".into() }
    }

    fn commit(ids: &[&str], until: i64, forget_before: i64) -> Commit {
        let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
        Commit {
            key: key(),
            state: StreamState { frontiers: schedule.begin(until), reading: None },
            delivered: ids.iter().map(|id| (*id).to_owned()).collect(),
            fetched_until: until,
            forget_before,
            ledger: Some(LedgerEntry::Gap {
                range: crate::plan::Range { start: 0, end: until },
                reason: "test".into(),
            }),
            sinks: vec![SinkMark {
                sink: "file".into(),
                length: 7,
                waiting: Vec::new(),
                adopted: Vec::new(),
            }],
        }
    }

    #[test]
    fn what_was_committed_is_there_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let state = EmbeddedState::open(folder.path()).unwrap();
        state.commit(&commit(&["x", "y"], 60_000, i64::MIN)).unwrap();
        drop(state);
        let state = EmbeddedState::open(folder.path()).unwrap();
        assert_eq!(state.delivered(&key(), &["x", "z", "y"]).unwrap(), [true, false, true]);
        assert_eq!(state.stream(&key()).unwrap().unwrap().frontiers.slowest(), 60_000);
        assert_eq!(state.sink_length("file").unwrap(), Some(7));
        assert_eq!(state.ledger(&key()).unwrap().len(), 1);
        assert_eq!(state.stream_keys().unwrap(), [key()]);
    }

    #[test]
    fn ids_are_forgotten_with_their_range_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let state = EmbeddedState::open(folder.path()).unwrap();
        state.commit(&commit(&["old"], 60_000, i64::MIN)).unwrap();
        state.commit(&commit(&["new"], 120_000, 60_000)).unwrap();
        assert_eq!(state.delivered(&key(), &["old", "new"]).unwrap(), [true, true]);
        state.commit(&commit(&[], 180_000, 60_001)).unwrap();
        assert_eq!(state.delivered(&key(), &["old", "new"]).unwrap(), [false, true]);
        assert_eq!(state.kept_ids(&key()).unwrap(), 1);
    }

    #[test]
    fn a_second_process_is_turned_away() {
        let folder = tempfile::tempdir().unwrap();
        let _first = EmbeddedState::open(folder.path()).unwrap();
        let second = EmbeddedState::open(folder.path());
        assert!(matches!(second, Err(StateError::Locked { .. })), "{second:?}");
    }

    #[test]
    fn a_damaged_database_is_named_and_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.redb");
        std::fs::write(&path, b"no database at all, but long enough to be looked at").unwrap();
        let error = EmbeddedState::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("state.redb") && error.contains("move it away"), "{error}");
        assert!(std::fs::read(&path).unwrap().starts_with(b"no database"));
    }
}
