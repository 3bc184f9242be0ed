//! The answer sheet: which records are events to be delivered.
//!
//! The invariant: an id is entered by whoever made the record, at that moment.
//! Nothing here looks at a record's content.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use crate::error::SimulatorError;

#[derive(Debug, Default)]
pub(crate) struct Truth(BTreeSet<String>);

impl Truth {
    pub(crate) fn mark(&mut self, id: String) {
        self.0.insert(id);
    }

    pub(crate) fn ids(&self) -> &BTreeSet<String> {
        &self.0
    }
}

/// Writes ids, one a line, in order.
pub(crate) fn write(ids: &BTreeSet<String>, path: &Path) -> Result<(), SimulatorError> {
    let write = || {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        for id in ids {
            writeln!(file, "{id}")?;
        }
        file.flush()
    };
    write().map_err(|source| SimulatorError::Write { path: path.to_owned(), source })
}
