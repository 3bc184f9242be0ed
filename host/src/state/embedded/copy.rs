//! A copy of the database, from one snapshot.

use std::path::Path;

use redb::backends::FileBackend;
use redb::{
    Database, Key, ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition,
    Value, WriteTransaction,
};

use super::tables::{EachTable, Failure, META, each};
use crate::permissions::{self, Readers};

/// Copies every table into a new file.
pub(super) fn copy(from: &Database, to: &Path) -> Result<(), Failure> {
    let snapshot = from.begin_read()?;
    let file = permissions::new_file(to, Readers::Nobody)?;
    let copy = Database::builder().create_with_backend(FileBackend::new(file)?)?;
    let transaction = copy.begin_write()?;
    let mut copying = Copying { snapshot, transaction: &transaction };
    copying.table(META)?;
    each(&mut copying)?;
    transaction.commit()?;
    Ok(())
}

struct Copying<'c> {
    snapshot: ReadTransaction,
    transaction: &'c WriteTransaction,
}

impl EachTable for Copying<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'_, K, V>,
    ) -> Result<(), Failure> {
        let source = self.snapshot.open_table(table)?;
        let mut target = self.transaction.open_table(table)?;
        for entry in source.iter()? {
            let (key, value) = entry?;
            target.insert(key.value(), value.value())?;
        }
        Ok(())
    }
}
