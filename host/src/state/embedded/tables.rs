//! The tables, and what goes wrong with them.

use std::io::ErrorKind;

use redb::{Key, TableDefinition, Value};

/// Stream, kind and start.
type OfReading<'r> = (&'r str, u8, i64);

pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
pub(super) const STREAMS: TableDefinition<'_, &str, (u64, u64, &str)> =
    TableDefinition::new("streams");
pub(super) const READINGS: TableDefinition<'_, OfReading<'_>, (Option<&[u8]>, &str)> =
    TableDefinition::new("readings");
pub(super) const RUNS: TableDefinition<'_, (&str, i64, u64), (i64, u64)> =
    TableDefinition::new("runs");
pub(super) const RUN_IDS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("run_ids");
pub(super) const SIGN_ONS: TableDefinition<'_, (&str, &str), &str> =
    TableDefinition::new("sign_ons");
pub(super) const SIGN_ON_INDEX: TableDefinition<'_, (&str, &str, i64, &str), ()> =
    TableDefinition::new("sign_on_index");
pub(super) const SIGN_ON_TIMES: TableDefinition<'_, (&str, i64, &str), ()> =
    TableDefinition::new("sign_on_times");
pub(super) const LEDGER: TableDefinition<'_, (&str, u64), (&str, &str)> =
    TableDefinition::new("ledger");
pub(super) const OPEN: TableDefinition<'_, (&str, i64, i64), &str> = TableDefinition::new("open");
pub(super) const SINKS: TableDefinition<'_, &str, u64> = TableDefinition::new("sinks");
pub(super) const WAITING: TableDefinition<'_, (&str, &[u8; 32]), u32> =
    TableDefinition::new("waiting");
pub(super) const GROUP: TableDefinition<'_, (), (u64, &str)> = TableDefinition::new("group");

/// What is done with every table.
pub(super) trait EachTable {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'_, K, V>,
    ) -> Result<(), Failure>;
}

/// All tables but the first, which says whether the others are ours.
pub(super) fn each(work: &mut impl EachTable) -> Result<(), Failure> {
    work.table(STREAMS)?;
    work.table(READINGS)?;
    work.table(RUNS)?;
    work.table(RUN_IDS)?;
    work.table(SIGN_ONS)?;
    work.table(SIGN_ON_INDEX)?;
    work.table(SIGN_ON_TIMES)?;
    work.table(LEDGER)?;
    work.table(OPEN)?;
    work.table(SINKS)?;
    work.table(WAITING)?;
    work.table(GROUP)
}

/// What went wrong, as text, and whether it may pass.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) problem: String,
    pub(super) may_pass: bool,
}

impl Failure {
    pub(super) fn damaged(problem: impl ToString) -> Self {
        Self { problem: problem.to_string(), may_pass: false }
    }

    pub(super) fn passing(problem: impl ToString) -> Self {
        Self { problem: problem.to_string(), may_pass: true }
    }
}

impl From<redb::Error> for Failure {
    fn from(error: redb::Error) -> Self {
        let may_pass = match &error {
            // A file that ends too early does not grow by waiting.
            redb::Error::Io(error) => {
                !matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData)
            }
            redb::Error::PreviousIo | redb::Error::DatabaseClosed => true,
            // Whoever opens it while we open it again lets go of it some time.
            redb::Error::DatabaseAlreadyOpen => true,
            _ => false,
        };
        Self { problem: error.to_string(), may_pass }
    }
}

macro_rules! failures {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        })*
    };
}

failures!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::DatabaseError
);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        redb::Error::Io(error).into()
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::damaged(error)
    }
}
