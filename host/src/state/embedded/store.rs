//! The open database, and opening it again after the disk refused something.
//!
//! Invariant: redb is not asked again once it has panicked, nor after an I/O error before
//! it was opened anew: what it holds in memory is then worth nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use redb::{Database, DatabaseError};

use super::tables::Failure;
use crate::state::StateError;

/// What is said of a file over which redb panicked.
pub(super) const DAMAGED: &str = "is damaged";

type Open = Box<dyn Fn() -> Result<Database, DatabaseError> + Send + Sync>;

pub(super) struct Store {
    /// Closed after an I/O error.
    database: RwLock<Option<Database>>,
    open: Open,
    path: PathBuf,
    /// Set once redb has panicked.
    broken: AtomicBool,
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store {
    pub(super) fn new(database: Database, open: Open, path: PathBuf) -> Self {
        Self { database: RwLock::new(Some(database)), open, path, broken: AtomicBool::new(false) }
    }

    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Names the file in whatever went wrong.
    pub(super) fn error(&self, failure: Failure) -> StateError {
        let (path, problem) = (self.path.clone(), failure.problem);
        match failure.may_pass {
            true => StateError::Unavailable { path, problem },
            false => StateError::Database { path, problem },
        }
    }

    /// Works with the database, which is opened first if it has to be.
    pub(super) fn run<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(Failure::damaged(DAMAGED));
        }
        let done = catch_unwind(AssertUnwindSafe(|| {
            self.ensure_open()?;
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            work(database.as_ref().ok_or_else(|| Failure::passing("was closed"))?)
        }));
        match done {
            Ok(Err(failure)) if failure.may_pass => {
                self.close();
                Err(failure)
            }
            Ok(done) => done,
            Err(_) => {
                self.broken.store(true, Ordering::Relaxed);
                Err(Failure::damaged(DAMAGED))
            }
        }
    }

    fn ensure_open(&self) -> Result<(), Failure> {
        if self.database.read().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(());
        }
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if database.is_none() {
            // It repairs itself, and checks what it repairs.
            *database = Some((self.open)()?);
        }
        Ok(())
    }

    fn close(&self) {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        // Closing a damaged file may fail in any way; it will be told on opening.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database.take())));
    }
}
