//! The embedded store: one redb file in the data folder.
//!
//! Tables (keys are texts, so that a dump is readable):
//!
//! ```text
//! meta       name                       -> number
//! streams    stream                     -> StreamState, JSON
//! delivered  (stream, id)               -> end of the range it was fetched in
//! ends       (stream, end, id)          -> ()      the same, by end, to forget by
//! family     (family, key)              -> end of the range it was fetched in, source
//! family_ends (family, end, key)        -> ()
//! ledger     (stream, number)           -> hash and ClosedEntry, JSON
//! open       (stream, end, start)       -> ReadingEntry, JSON
//! sinks      sink                       -> committed length
//! adopted    (sink, line id)            -> how many such lines wait
//! ```
//!
//! redb locks the file, checks its own consistency on opening after a crash and
//! syncs on every commit.

mod copy;
mod write;

use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::{Commit, State, StateError, StreamKey, StreamState};
use crate::ledger::{Hash, Link, ReadingEntry, Tip, genesis};

/// Format of the tables below.
const FORMAT: u64 = 2;

/// Memory for cached pages; the working set is the ids of the last day.
const CACHE_BYTES: usize = 32 << 20;

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const STREAMS: TableDefinition<'_, &str, &str> = TableDefinition::new("streams");
const DELIVERED: TableDefinition<'_, (&str, &str), i64> = TableDefinition::new("delivered");
const ENDS: TableDefinition<'_, (&str, i64, &str), ()> = TableDefinition::new("ends");
const FAMILY: TableDefinition<'_, (&str, &str), (i64, &str)> = TableDefinition::new("family");
const FAMILY_ENDS: TableDefinition<'_, (&str, i64, &str), ()> = TableDefinition::new("family_ends");
const LEDGER: TableDefinition<'_, (&str, u64), (&str, &str)> = TableDefinition::new("ledger");
const OPEN: TableDefinition<'_, (&str, i64, i64), &str> = TableDefinition::new("open");
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

    /// Writes a copy of the state as it is now to another file, while this one goes
    /// on; a copy that was there before is replaced when the new one is whole.
    ///
    /// # Errors
    ///
    /// When either cannot be read or written; then the old copy is still there.
    pub fn back_up(&self, to: &Path) -> Result<(), StateError> {
        let failed = |problem: String| StateError::Database { path: to.to_owned(), problem };
        let half = to.with_extension("half");
        // What an earlier attempt left.
        let _ = std::fs::remove_file(&half);
        let copied = self.run(|| copy::copy(&self.database, &half));
        copied
            .and_then(|()| std::fs::rename(&half, to).map_err(|error| failed(error.to_string())))
            .inspect_err(|_| drop(std::fs::remove_file(&half)))
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
                transaction.open_table(FAMILY)?;
                transaction.open_table(FAMILY_ENDS)?;
                transaction.open_table(LEDGER)?;
                transaction.open_table(OPEN)?;
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
}

/// Any of redb's errors, as text.
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// The last entry of a stream's chain.
fn last(
    ledger: &impl redb::ReadableTable<(&'static str, u64), (&'static str, &'static str)>,
    stream: &str,
) -> Result<Tip, Failure> {
    match ledger.range((stream, 0)..=(stream, u64::MAX))?.next_back().transpose()? {
        Some((number, value)) => {
            let hash: Hash = value.value().0.parse()?;
            Ok(Tip { number: number.value().1, hash })
        }
        None => Ok(genesis(stream)),
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

    fn correlated(&self, family: &str, keys: &[&str]) -> Result<Vec<Option<String>>, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let known = transaction.open_table(FAMILY)?;
            let mut answers = Vec::with_capacity(keys.len());
            for key in keys {
                answers.push(known.get((family, *key))?.map(|first| first.value().1.to_owned()));
            }
            Ok(answers)
        })
    }

    fn commit(&self, commits: &[Commit]) -> Result<(), StateError> {
        self.run(|| {
            let transaction = self.database.begin_write()?;
            for commit in commits {
                write::commit(&transaction, commit)?;
            }
            transaction.commit()?;
            Ok(())
        })
    }

    fn stream_keys(&self) -> Result<Vec<StreamKey>, StateError> {
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

    fn ledger(&self, key: &StreamKey) -> Result<Vec<Link>, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let ledger = transaction.open_table(LEDGER)?;
            let text = key.text();
            let stream = text.as_str();
            let mut links = Vec::new();
            for entry in ledger.range((stream, 0)..=(stream, u64::MAX))? {
                let (number, value) = entry?;
                let (hash, text) = value.value();
                links.push(Link {
                    number: number.value().1,
                    hash: hash.parse()?,
                    text: text.to_owned(),
                    entry: serde_json::from_str(text)?,
                });
            }
            Ok(links)
        })
    }

    fn tip(&self, key: &StreamKey) -> Result<Tip, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let ledger = transaction.open_table(LEDGER)?;
            last(&ledger, &key.text())
        })
    }

    fn open_readings(&self, key: &StreamKey) -> Result<Vec<ReadingEntry>, StateError> {
        self.run(|| {
            let transaction = self.database.begin_read()?;
            let open = transaction.open_table(OPEN)?;
            let text = key.text();
            let stream = text.as_str();
            let mut readings = Vec::new();
            for entry in open.range((stream, i64::MIN, i64::MIN)..=(stream, i64::MAX, i64::MAX))? {
                readings.push(serde_json::from_str(entry?.1.value())?);
            }
            Ok(readings)
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
mod tests;
