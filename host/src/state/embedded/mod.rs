//! The embedded store: one redb file in the data folder.
//!
//! Tables (keys are texts, so that a dump is readable):
//!
//! ```text
//! meta       name                       -> number
//! streams    stream                     -> StreamState, JSON
//! delivered  (stream, id)               -> end of the range it was fetched in
//! ends       (stream, end, id)          -> ()      the same, by end, to forget by
//! sign_ons   (group, record)           -> SignOnRecord, JSON
//! sign_on_index (group, what, time, record) -> ()  by ids (time 0) and by looks
//! sign_on_times (group, commit, record) -> ()     to forget by
//! ledger     (stream, number)           -> hash and ClosedEntry, JSON
//! open       (stream, end, start)       -> ReadingEntry, JSON
//! sinks      sink                       -> committed length
//! adopted    (sink, line id)            -> how many such lines wait
//! ```
//!
//! redb locks the file and syncs on every commit. It trusts the file, so this room
//! does not: a new file is made beside its place and put there whole, every page is
//! checked against its checksum on opening, and whatever redb says of a damaged file,
//! be it a panic, becomes an error that names the file.

mod copy;
#[cfg(test)]
mod damage;
mod pairs;
mod store;
mod tables;
mod write;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use redb::backends::FileBackend;
use redb::{Database, DatabaseError, ReadableTable as _, StorageBackend};

use tables::{
    ADOPTED, DELIVERED, ENDS, Failure, LEDGER, META, OPEN, SIGN_ON_INDEX, SIGN_ON_TIMES, SIGN_ONS,
    SINKS, STREAMS,
};

use super::StateError;
use crate::ledger::{Hash, Tip, genesis};
use crate::permissions::{self, Readers};

/// Format of the tables below.
const FORMAT: u64 = 4;

/// What is said of a file over which redb panicked.
const DAMAGED: &str = "is damaged";

/// Memory for cached pages; the working set is the ids of the last day.
const CACHE_BYTES: usize = 32 << 20;

/// Largest file whose pages are all checked on opening, in bytes: 512 MiB are read in
/// about a second from a disk of today, and hold the ids of some two million events.
/// Of a larger one only what redb checks itself is checked.
const MOST_CHECKED_BYTES: u64 = 512 << 20;

/// State in a file.
pub struct EmbeddedState {
    /// Taken out when it is dropped, and never before.
    database: Option<Database>,
    path: PathBuf,
    /// Set once redb has panicked: what it holds in memory is then worth nothing.
    broken: AtomicBool,
}

impl Drop for EmbeddedState {
    fn drop(&mut self) {
        let database = self.database.take();
        // Closing a damaged file may fail in any way; it will be told on opening.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
    }
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
        permissions::folder(folder, Readers::Nobody)
            .map_err(|source| StateError::Folder { path: folder.to_owned(), source })?;
        let path = folder.join("state.redb");
        let failed = |error: std::io::Error| StateError::Database {
            path: path.clone(),
            problem: error.to_string(),
        };
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.len() == 0 => {
                // What made it put it there whole.
                return Err(failed(std::io::Error::other("is empty: it was cut off")));
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(&path)?,
            Err(error) => return Err(failed(error)),
        }
        let bytes = std::fs::metadata(&path).map_err(failed)?.len();
        Self::opened(
            || Database::builder().set_cache_size(CACHE_BYTES).open(&path),
            bytes,
            path.clone(),
        )
    }

    /// Makes a new state beside its place and puts it there: a crash in between must not
    /// leave half of one, which nobody could open again.
    fn make(path: &Path) -> Result<(), StateError> {
        let failed = |error: std::io::Error| StateError::Database {
            path: path.to_owned(),
            problem: error.to_string(),
        };
        let beside = path.with_extension(format!("new-{}", std::process::id()));
        // What a crash of a process with our number left.
        let _ = std::fs::remove_file(&beside);
        let file = permissions::new_file(&beside, Readers::Nobody).map_err(failed)?;
        let open = || Database::builder().create_with_backend(FileBackend::new(file)?);
        let made = Self::opened(open, 0, path.to_owned());
        let placed = made.and_then(|made| {
            drop(made);
            crate::crash::point("state-made");
            // Unlike renaming it takes no place that another process took meanwhile.
            match std::fs::hard_link(&beside, path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
                // Not every file system has links.
                Err(_) => std::fs::rename(&beside, path).map_err(failed),
                Ok(()) => Ok(()),
            }
        });
        let _ = std::fs::remove_file(&beside);
        placed?;
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// Opens or creates a state that is kept elsewhere than in a file of its own;
    /// `path` is what errors call it.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with(backend: impl StorageBackend, path: PathBuf) -> Result<Self, StateError> {
        let bytes = backend.len().map_err(|error| StateError::Database {
            path: path.clone(),
            problem: error.to_string(),
        })?;
        let builder = || {
            let mut builder = Database::builder();
            builder.set_cache_size(CACHE_BYTES);
            builder
        };
        Self::opened(move || builder().create_with_backend(backend), bytes, path)
    }

    fn opened(
        open: impl FnOnce() -> Result<Database, DatabaseError>,
        bytes: u64,
        path: PathBuf,
    ) -> Result<Self, StateError> {
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let mut database = open()?;
            if bytes <= MOST_CHECKED_BYTES {
                // What had to be repaired went back to the commit before.
                database.check_integrity()?;
            }
            Ok(database)
        }));
        let failed = |problem| StateError::Database { path: path.clone(), problem };
        let database = match opened {
            Ok(Ok(database)) => database,
            Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => {
                return Err(StateError::Locked { path: path.parent().unwrap_or(&path).to_owned() });
            }
            Ok(Err(error)) => return Err(failed(error.to_string())),
            Err(_) => return Err(failed(DAMAGED.to_owned())),
        };
        let state = Self { database: Some(database), path, broken: AtomicBool::new(false) };
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
        let copied = self.run(|| copy::copy(self.database()?, &half));
        copied
            .and_then(|()| std::fs::rename(&half, to).map_err(|error| failed(error.to_string())))
            .inspect_err(|_| drop(std::fs::remove_file(&half)))
    }

    fn check_format(&self) -> Result<(), StateError> {
        let found = self.run(|| {
            let transaction = self.database()?.begin_write()?;
            let found = {
                let mut meta = transaction.open_table(META)?;
                let found = meta.get("format")?.map(|value| value.value());
                match found {
                    // Another version's tables are not ours to open, nor to add to.
                    Some(other) if other != FORMAT => return Ok(found),
                    Some(_) => {}
                    None => drop(meta.insert("format", FORMAT)?),
                }
                // Readers need every table to exist.
                transaction.open_table(STREAMS)?;
                transaction.open_table(DELIVERED)?;
                transaction.open_table(ENDS)?;
                transaction.open_table(SIGN_ONS)?;
                transaction.open_table(SIGN_ON_INDEX)?;
                transaction.open_table(SIGN_ON_TIMES)?;
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

    fn database(&self) -> Result<&Database, Failure> {
        self.database.as_ref().ok_or_else(|| Failure("was closed".to_owned()))
    }

    /// Names the file in whatever goes wrong.
    fn run<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, StateError> {
        let done = match self.broken.load(Ordering::Relaxed) {
            true => Err(Failure(DAMAGED.to_owned())),
            false => catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
                self.broken.store(true, Ordering::Relaxed);
                Err(Failure(DAMAGED.to_owned()))
            }),
        };
        done.map_err(|failure| StateError::Database { path: self.path.clone(), problem: failure.0 })
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

#[cfg(test)]
mod tests;
