//! A copy of the database, from one snapshot.

use std::path::Path;

use redb::backends::FileBackend;
use redb::{
    Database, Key, ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition,
    Value, WriteTransaction,
};

use super::tables::{
    ADOPTED, DELIVERED, ENDS, Failure, LEDGER, META, OPEN, SIGN_ON_INDEX, SIGN_ON_TIMES, SIGN_ONS,
    SINKS, STREAMS,
};
use crate::permissions::{self, Readers};

/// Copies every table into a new file.
pub(super) fn copy(from: &Database, to: &Path) -> Result<(), Failure> {
    let snapshot = from.begin_read()?;
    let file = permissions::new_file(to, Readers::Nobody)?;
    let copy = Database::builder().create_with_backend(FileBackend::new(file)?)?;
    let transaction = copy.begin_write()?;
    table(&snapshot, &transaction, META)?;
    table(&snapshot, &transaction, STREAMS)?;
    table(&snapshot, &transaction, DELIVERED)?;
    table(&snapshot, &transaction, ENDS)?;
    table(&snapshot, &transaction, SIGN_ONS)?;
    table(&snapshot, &transaction, SIGN_ON_INDEX)?;
    table(&snapshot, &transaction, SIGN_ON_TIMES)?;
    table(&snapshot, &transaction, LEDGER)?;
    table(&snapshot, &transaction, OPEN)?;
    table(&snapshot, &transaction, SINKS)?;
    table(&snapshot, &transaction, ADOPTED)?;
    transaction.commit()?;
    Ok(())
}

fn table<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &WriteTransaction,
    definition: TableDefinition<'_, K, V>,
) -> Result<(), Failure> {
    let source = from.open_table(definition)?;
    let mut target = to.open_table(definition)?;
    for entry in source.iter()? {
        let (key, value) = entry?;
        target.insert(key.value(), value.value())?;
    }
    Ok(())
}
