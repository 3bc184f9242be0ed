//! Rows from elsewhere: a saved answer, several of them, an array of rows or a row
//! a line.

use signon_kit::contract::ReadOptions;
use signon_kit::gathering::Gathering;
use signon_kit::identity::Equals;
use signon_kit::listing::{ListReader, ListStep};
use signon_kit::normalizer::{Frames, Normalizer, Taken};

use crate::ROWS;
use crate::reading::{self, Frame};

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<Rows> {
    Normalizer::over(Rows {
        reader: ListReader::new(ROWS).by_lines(),
        options,
        equals: Equals::default(),
        rows: 0,
    })
}

/// Rows in pushed bytes.
#[derive(Debug)]
pub struct Rows {
    reader: ListReader,
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

    fn take(&mut self, gathering: &mut Gathering) -> Result<Taken, String> {
        let step = self.reader.next();
        let line = self.reader.begun_in_line();
        gathering.line = Some(line);
        match step.map_err(|error| format!("{error}, in line {line}"))? {
            ListStep::Row(span) => {
                let bytes = self.reader.bytes(span);
                self.equals.make_room();
                let key = reading::key(bytes, &mut self.equals);
                // An answer that leaves its empty list out is no row. Rows have ids or
                // times; only what has neither is looked at twice.
                let may_be_answer =
                    !self.reader.in_list() && key.id.is_none() && key.time.is_none();
                if !may_be_answer || Frame::of_nothing(bytes).is_none() {
                    reading::take(gathering, bytes, key, self.rows, self.options);
                    self.rows += 1;
                }
            }
            ListStep::Broken(span) => {
                gathering.reject_broken(self.rows, self.reader.bytes(span));
                self.rows += 1;
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
