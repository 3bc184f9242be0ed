//! Why the state cannot be used, and what became of a commit that failed.

use std::path::PathBuf;

use super::Version;

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The folder cannot be made or written.
    #[error("data_dir {path}: {source}; check that it exists and that this user may write to it")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process holds the database.
    #[error(
        "data_dir {path}: in use by another process; stop it, or give this one a data_dir of its own"
    )]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// Another collector writes it.
    #[error(
        "{path}: another collector of this process writes it; run one at a time, or give each a \
         data_dir of its own"
    )]
    Leased {
        /// The file.
        path: PathBuf,
    },
    /// The database was written by another version.
    #[error(
        "{path}: has format {found}, this version reads {expected}; use the version that wrote it"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: u64,
        /// The format expected.
        expected: u64,
    },
    /// The database is damaged, or cannot be opened.
    #[error(
        "{path}: {problem}; if this user may not write here, or the disk is full or read-only, \
         mend that and start again; if the file is damaged, put a backup (state.backup.redb) in \
         its place, or move it away: the sources are then read again from their start"
    )]
    Database {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
    /// The database cannot be read or written at the moment.
    #[error(
        "{path}: {problem}; if the disk is full or read-only, or this user may not write here, \
         mend that: it is tried again, and nothing is lost"
    )]
    Unavailable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
}

impl StateError {
    /// Whether it may pass by itself.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Why one commit of a group changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The stream has moved on since the commit was made up.
    #[error("its stream has moved on meanwhile, to version {}", found.number())]
    Conflict {
        /// The version there is.
        found: Version,
    },
    /// Somebody else writes this stream now.
    #[error("another collector writes this stream now")]
    Fenced,
}

/// Why a transaction failed, with all that was in it.
#[derive(Debug, thiserror::Error)]
pub enum CommitFailure {
    /// Nothing of it was written.
    #[error(transparent)]
    Unavailable(StateError),
    /// All of it was written, or nothing; the store knows once it answers.
    #[error(transparent)]
    Unknown(StateError),
    /// Nothing can be written any more.
    #[error(transparent)]
    Damaged(StateError),
}
