//! Rows from elsewhere, in JSON or XML by their first byte.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::ReadOptions;
use signon_kit::framer::Row;
use signon_kit::normalizer::{FramedRecords, Normalizer, Records};

use crate::framing::RowFramer;
use crate::reading::AuditRow;
use crate::seen_rows::{MOST_ROWS, SeenRows};

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<FramedRecords<Rows>> {
    Normalizer::of(RowFramer::by_lines(), Rows { options, seen: SeenRows::default() })
}

/// Rows of the audit.
#[derive(Debug)]
pub struct Rows {
    options: ReadOptions,
    /// Names rows without an id; begun anew after [`MOST_ROWS`], far beyond any
    /// saved answer, so that an endless stream stays within bounds.
    seen: SeenRows,
}

impl Records for Rows {
    type Framer = RowFramer;

    fn take(&mut self, batch: &mut BatchBuilder, row: Row<'_, RowFramer>) -> u64 {
        let Row { framer, bytes, number } = row;
        let row = AuditRow::read(bytes, framer.form());
        if self.seen.rows() >= MOST_ROWS {
            self.seen = SeenRows::default();
        }
        let id = self.seen.enter(&row.key).id;
        row.gather(batch, id, number, self.options);
        1
    }
}
