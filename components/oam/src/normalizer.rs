//! Rows from elsewhere, in JSON or XML by their first byte.

use signon_kit::contract::ReadOptions;
use signon_kit::gathering::Gathering;
use signon_kit::normalizer::{Frames, Normalizer, Taken};

use crate::framing::{Framer, Step};
use crate::ledger::{Ledger, MOST_ROWS};
use crate::reading::Row;

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<Rows> {
    Normalizer::over(Rows {
        framer: Framer::by_lines(),
        options,
        ledger: Ledger::default(),
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
    ledger: Ledger,
    rows: u64,
}

impl Frames for Rows {
    fn push(&mut self, chunk: &[u8]) {
        self.framer.push(chunk);
    }

    fn finish(&mut self) {
        self.framer.finish();
    }

    fn take(&mut self, gathering: &mut Gathering) -> Result<Taken, String> {
        gathering.line = None;
        match self.framer.next() {
            Ok(Step::Row { bytes, form, line, .. }) => {
                gathering.line = line;
                let row = Row::read(bytes, form);
                if self.ledger.rows() >= MOST_ROWS {
                    self.ledger = Ledger::default();
                }
                let id = self.ledger.enter(&row.key).id;
                row.gather(gathering, id, self.rows, self.options);
                self.rows += 1;
            }
            Ok(Step::Broken { bytes, line }) => {
                gathering.line = line;
                gathering.reject_broken(self.rows, bytes);
                self.rows += 1;
            }
            Ok(Step::TooLong(length)) => {
                gathering.reject_too_long(length, self.rows);
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
