//! The tables, and what goes wrong with them.

use redb::TableDefinition;

pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
pub(super) const STREAMS: TableDefinition<'_, &str, &str> = TableDefinition::new("streams");
pub(super) const DELIVERED: TableDefinition<'_, (&str, &str), i64> =
    TableDefinition::new("delivered");
pub(super) const ENDS: TableDefinition<'_, (&str, i64, &str), ()> = TableDefinition::new("ends");
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
pub(super) const ADOPTED: TableDefinition<'_, (&str, &str), u32> = TableDefinition::new("adopted");

/// Any of redb's errors, as text.
pub(super) struct Failure(pub(super) String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}
