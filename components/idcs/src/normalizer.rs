//! Rows from elsewhere: a saved answer, several of them, an array of rows or a row
//! a line.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::ReadOptions;
use signon_kit::framer::{Framer, Row};
use signon_kit::json_framer::JsonFramer;
use signon_kit::normalizer::{FramedRecords, Normalizer, Records};
use signon_kit::record_id::Equals;

use crate::config::ROWS;
use crate::reading::{self, Envelope};

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<FramedRecords<Rows>> {
    let rows = Rows { options, equals: Equals::default() };
    Normalizer::of(JsonFramer::new(ROWS).by_lines(), rows)
}

/// Rows of `AuditEvents`.
#[derive(Debug)]
pub struct Rows {
    options: ReadOptions,
    /// Names rows without an id.
    equals: Equals,
}

impl Records for Rows {
    type Framer = JsonFramer;

    fn take(&mut self, batch: &mut BatchBuilder, row: Row<'_, JsonFramer>) -> u64 {
        let Row { framer, bytes, number } = row;
        self.equals.make_room();
        let key = reading::key(bytes, &mut self.equals);
        // An answer that leaves its empty list out is no row. Rows have ids or
        // times; only what has neither is looked at twice.
        let may_be_answer = !framer.in_list() && key.id.is_none() && key.time.is_none();
        if may_be_answer && Envelope::of_nothing(bytes).is_some() {
            return 0;
        }
        reading::take(batch, bytes, key, number, self.options);
        1
    }
}
