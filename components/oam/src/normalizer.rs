//! The same reading for bytes from elsewhere: a saved answer, an archive, a
//! stream entry. Makes no requests.

use signon_kit::contract::{Batch, BatchLimits, Progress, ReadOptions, SourceError};
use signon_kit::gathering::Gathering;

use crate::framing::{Framer, Step};
use crate::ledger::{Ledger, MOST_ROWS};
use crate::reading::Row;

/// Reads rows from pushed bytes, in JSON or XML by their first byte.
#[derive(Debug)]
pub struct Normalizer {
    framer: Framer,
    options: ReadOptions,
    /// Names rows without an id; begun anew after [`MOST_ROWS`], far beyond any
    /// saved answer, so that an endless stream stays within bounds.
    ledger: Ledger,
    rows: u64,
    failed: Option<SourceError>,
}

impl Normalizer {
    /// A normalizer at the start of its bytes.
    pub fn new(options: ReadOptions) -> Self {
        Self {
            framer: Framer::default(),
            options,
            ledger: Ledger::default(),
            rows: 0,
            failed: None,
        }
    }

    /// Takes more bytes.
    pub fn push(&mut self, chunk: &[u8]) {
        self.framer.push(chunk);
    }

    /// There are no more bytes.
    pub fn finish(&mut self) {
        self.framer.finish();
    }

    /// Reads on.
    ///
    /// # Errors
    ///
    /// `malformed` when the bytes end inside a row, or are neither JSON nor XML of
    /// this API.
    pub fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError> {
        if let Some(error) = self.failed.clone() {
            return Err(error);
        }
        let mut gathering = Gathering::new(limits);
        let progress = loop {
            if gathering.is_full() {
                break Progress::More;
            }
            match self.framer.next() {
                Ok(Step::Row { bytes, form, .. }) => {
                    let row = Row::read(bytes, form);
                    if self.ledger.rows() >= MOST_ROWS {
                        self.ledger = Ledger::default();
                    }
                    let id = self.ledger.enter(&row.key).id;
                    row.gather(&mut gathering, id, self.rows, self.options);
                    self.rows += 1;
                }
                Ok(Step::TooLong(length)) => {
                    gathering.reject_too_long(length, self.rows);
                    self.rows += 1;
                }
                Ok(Step::NeedMore) => break Progress::CaughtUp,
                Ok(Step::End) => break Progress::Finished,
                Err(error) => {
                    let error = SourceError::Malformed(format!(
                        "the input is cut off or not of this API: {error}; whole rows before it \
                         were read"
                    ));
                    self.failed = Some(error.clone());
                    if gathering.is_empty() {
                        return Err(error);
                    }
                    break Progress::More;
                }
            }
        };
        Ok(gathering.into_batch(None, progress))
    }
}
