//! Rows from elsewhere: a saved answer, several of them, an array of rows or a row
//! a line.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::ReadOptions;
use signon_kit::json_framer::{Framed, JsonFramer};
use signon_kit::normalizer::{Frames, Normalizer, Taken};
use signon_kit::record_id::Equals;

use crate::ROWS;
use crate::reading::{self, Envelope};

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<Rows> {
    Normalizer::over(Rows {
        reader: JsonFramer::new(ROWS).by_lines(),
        options,
        equals: Equals::default(),
        rows: 0,
    })
}

/// Rows in pushed bytes.
#[derive(Debug)]
pub struct Rows {
    reader: JsonFramer,
    options: ReadOptions,
    /// Names rows without an id.
    equals: Equals,
    rows: u64,
}

impl Frames for Rows {
    fn push(&mut self, chunk: &[u8]) {
        self.reader.push(chunk);
    }

    fn finish(&mut self) {
        self.reader.finish();
    }

    fn take(&mut self, batch: &mut BatchBuilder) -> Result<Taken, String> {
        let step = self.reader.next();
        let line = self.reader.begun_in_line();
        batch.line = Some(line);
        match step.map_err(|error| format!("{error}, in line {line}"))? {
            Framed::Row(span) => {
                let bytes = self.reader.bytes(span);
                self.equals.make_room();
                let key = reading::key(bytes, &mut self.equals);
                // An answer that leaves its empty list out is no row. Rows have ids or
                // times; only what has neither is looked at twice.
                let may_be_answer =
                    !self.reader.in_list() && key.id.is_none() && key.time.is_none();
                if !may_be_answer || Envelope::of_nothing(bytes).is_none() {
                    reading::take(batch, bytes, key, self.rows, self.options);
                    self.rows += 1;
                }
            }
            Framed::Broken(span) => {
                batch.reject_broken(self.rows, self.reader.bytes(span));
                self.rows += 1;
            }
            Framed::TooLong(length) => {
                batch.reject_too_long(length, self.rows);
                self.rows += 1;
            }
            // What stands around a list is no record.
            Framed::Envelope => {}
            Framed::NeedMore => return Ok(Taken::NeedMore),
            Framed::End => return Ok(Taken::End),
        }
        Ok(Taken::Something)
    }
}
