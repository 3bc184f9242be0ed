//! Rows from elsewhere, in JSON or XML by their first byte.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::ReadOptions;
use signon_kit::normalizer::{Frames, Normalizer, Taken};

use crate::framing::{Framer, Step};
use crate::reading::Row;
use crate::seen_rows::{MOST_ROWS, SeenRows};

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<Rows> {
    Normalizer::over(Rows {
        framer: Framer::by_lines(),
        options,
        seen: SeenRows::default(),
        rows: 0,
    })
}

/// Rows in pushed bytes.
#[derive(Debug)]
pub struct Rows {
    framer: Framer,
    options: ReadOptions,
    /// Names rows without an id; begun anew after [`MOST_ROWS`], far beyond any
    /// saved answer, so that an endless stream stays within bounds.
    seen: SeenRows,
    rows: u64,
}

impl Frames for Rows {
    fn push(&mut self, chunk: &[u8]) {
        self.framer.push(chunk);
    }

    fn finish(&mut self) {
        self.framer.finish();
    }

    fn take(&mut self, batch: &mut BatchBuilder) -> Result<Taken, String> {
        batch.line = None;
        match self.framer.next() {
            Ok(Step::Row { bytes, form, line, .. }) => {
                batch.line = line;
                let row = Row::read(bytes, form);
                if self.seen.rows() >= MOST_ROWS {
                    self.seen = SeenRows::default();
                }
                let id = self.seen.enter(&row.key).id;
                row.gather(batch, id, self.rows, self.options);
                self.rows += 1;
            }
            Ok(Step::Broken { bytes, line }) => {
                batch.line = line;
                batch.reject_broken(self.rows, bytes);
                self.rows += 1;
            }
            Ok(Step::TooLong(length)) => {
                batch.reject_too_long(length, self.rows);
                self.rows += 1;
            }
            Ok(Step::NeedMore) => return Ok(Taken::NeedMore),
            Ok(Step::End) => return Ok(Taken::End),
            Err(error) => {
                let line = self.framer.line().map(|line| format!(", in line {line}"));
                return Err(format!("{error}{}", line.unwrap_or_default()));
            }
        }
        Ok(Taken::Something)
    }
}
