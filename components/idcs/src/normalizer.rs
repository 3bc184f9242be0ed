//! Rows from elsewhere: a saved answer, several of them, an array of rows or a row
//! a line.

use signon_kit::contract::ReadOptions;
use signon_kit::gathering::Gathering;
use signon_kit::listing::{ListReader, ListStep};
use signon_kit::normalizer::{Frames, Normalizer, Taken};

use crate::ROWS;
use crate::reading::{self, Frame};

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<Rows> {
    Normalizer::over(Rows { reader: ListReader::new(ROWS), options, rows: 0 })
}

/// Rows in pushed bytes.
#[derive(Debug)]
pub struct Rows {
    reader: ListReader,
    options: ReadOptions,
    rows: u64,
}

impl Frames for Rows {
    fn push(&mut self, chunk: &[u8]) {
        self.reader.push(chunk);
    }

    fn finish(&mut self) {
        self.reader.finish();
    }

    fn take(&mut self, gathering: &mut Gathering) -> Result<Taken, String> {
        match self.reader.next().map_err(|error| error.to_string())? {
            ListStep::Row(span) => {
                let bytes = self.reader.bytes(span);
                // An answer that leaves its empty list out is no row.
                if self.reader.in_list() || !is_answer_of_nothing(bytes) {
                    reading::take(gathering, bytes, self.rows, self.options);
                    self.rows += 1;
                }
            }
            ListStep::TooLong(length) => {
                gathering.reject_too_long(length, self.rows);
                self.rows += 1;
            }
            // What stands around a list is no record.
            ListStep::Frame => {}
            ListStep::NeedMore => return Ok(Taken::NeedMore),
            ListStep::End => return Ok(Taken::End),
        }
        Ok(Taken::Something)
    }
}

fn is_answer_of_nothing(bytes: &[u8]) -> bool {
    // Rows have ids and times; only what has neither is looked at twice.
    let key = reading::key(bytes);
    key.id.is_none() && key.time.is_none() && Frame::of_nothing(bytes).is_some()
}
