//! Opening the file, or making it.
//!
//! Invariant: what is opened is whole, of this version, and nobody else's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_core::{OsRng, RngCore as _};
use redb::backends::FileBackend;
use redb::{
    Database, DatabaseError, Key, ReadableTable as _, StorageBackend, TableDefinition, Value,
    WriteTransaction,
};

use super::EmbeddedState;
use super::store::{DAMAGED, Store};
use super::tables::{EachTable, Failure, META, each};
use crate::permissions::{self, Readers};
use crate::state::StateError;
use crate::state::seen::SeenKey;

/// Format of the tables.
const FORMAT: u64 = 5;

/// Memory for cached pages; the working set is the ids of the last day.
const CACHE_BYTES: usize = 32 << 20;

/// Largest file whose pages are all checked on opening, in bytes: 512 MiB are read in
/// about a second from a disk of today, and hold the ids of some two million events.
/// Of a larger one only what redb checks itself is checked.
const MOST_CHECKED_BYTES: u64 = 512 << 20;

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
        let file = path.clone();
        let open = move || Database::builder().set_cache_size(CACHE_BYTES).open(&file);
        Self::opened(open, bytes, path)
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
        let again = beside.clone();
        let made = FileBackend::new(file)
            .and_then(|file| Database::builder().create_with_backend(file))
            .map_err(|error| StateError::Database {
                path: path.to_owned(),
                problem: error.to_string(),
            });
        let made = made.and_then(|database| {
            let open = move || Database::builder().open(&again);
            Self::with(Store::new(database, Box::new(open), path.to_owned()))
        });
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
    pub fn open_with(
        backend: impl StorageBackend + Clone,
        path: PathBuf,
    ) -> Result<Self, StateError> {
        let bytes = backend.len().map_err(|error| StateError::Database {
            path: path.clone(),
            problem: error.to_string(),
        })?;
        let open = move || {
            let mut builder = Database::builder();
            builder.set_cache_size(CACHE_BYTES);
            builder.create_with_backend(backend.clone())
        };
        Self::opened(open, bytes, path)
    }

    fn opened(
        open: impl Fn() -> Result<Database, DatabaseError> + Send + Sync + 'static,
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
        match opened {
            Ok(Ok(database)) => Self::with(Store::new(database, Box::new(open), path)),
            Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => {
                Err(StateError::Locked { path: path.parent().unwrap_or(&path).to_owned() })
            }
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(DAMAGED.to_owned())),
        }
    }

    /// Makes the tables that are missing.
    fn with(store: Store) -> Result<Self, StateError> {
        let prepared = store.run(|database| {
            let transaction = database.begin_write()?;
            let prepared = prepare(&transaction)?;
            transaction.commit()?;
            Ok(prepared)
        });
        let path = store.path().clone();
        let seen = match prepared {
            Ok(Ok(seen)) => seen,
            Ok(Err(found)) => {
                return Err(StateError::Version { path, found, expected: FORMAT });
            }
            Err(Failure { problem, .. }) => return Err(StateError::Database { path, problem }),
        };
        Ok(Self { store: Arc::new(store), seen, is_leased: Arc::default() })
    }
}

/// Makes what is missing; the format found, if it is another.
fn prepare(transaction: &WriteTransaction) -> Result<Result<SeenKey, u64>, Failure> {
    let mut meta = transaction.open_table(META)?;
    let found = meta.get("format")?.map(|value| value.value());
    match found {
        // Another version's tables are not ours to open, nor to add to.
        Some(other) if other != FORMAT => return Ok(Err(other)),
        Some(_) => {}
        None => {
            meta.insert("format", FORMAT)?;
            for half in SEEN_KEY {
                meta.insert(half, OsRng.next_u64())?;
            }
        }
    }
    let mut key = [0; 16];
    for (half, bytes) in SEEN_KEY.iter().zip(key.chunks_exact_mut(8)) {
        let number =
            meta.get(half)?.ok_or_else(|| Failure::damaged("has lost a key of its own"))?;
        bytes.copy_from_slice(&number.value().to_le_bytes());
    }
    // Readers need every table to exist.
    each(&mut Making(transaction))?;
    Ok(Ok(SeenKey(key)))
}

/// Where the key of the hashes stands in two halves.
const SEEN_KEY: [&str; 2] = ["seen key 1", "seen key 2"];

struct Making<'m>(&'m WriteTransaction);

impl EachTable for Making<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'_, K, V>,
    ) -> Result<(), Failure> {
        self.0.open_table(table)?;
        Ok(())
    }
}
