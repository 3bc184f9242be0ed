//! The same reading for bytes from elsewhere: a saved answer, several of them, an
//! array of rows or a row a line. Makes no requests.

use signon_kit::contract::{Batch, BatchLimits, Progress, ReadOptions, SourceError};
use signon_kit::gathering::Gathering;
use signon_kit::listing::{ListReader, ListStep};

use crate::ROWS;
use crate::reading::{self, Frame};

/// Reads rows from pushed bytes.
#[derive(Debug)]
pub struct Normalizer {
    reader: ListReader,
    options: ReadOptions,
    rows: u64,
    failed: Option<SourceError>,
}

impl Normalizer {
    /// A normalizer at the start of its bytes.
    pub fn new(options: ReadOptions) -> Self {
        Self { reader: ListReader::new(ROWS), options, rows: 0, failed: None }
    }

    /// Takes more bytes.
    pub fn push(&mut self, chunk: &[u8]) {
        self.reader.push(chunk);
    }

    /// There are no more bytes.
    pub fn finish(&mut self) {
        self.reader.finish();
    }

    /// Reads on.
    ///
    /// # Errors
    ///
    /// `malformed` when the bytes end inside a row or list.
    pub fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError> {
        if let Some(error) = self.failed.clone() {
            return Err(error);
        }
        let mut gathering = Gathering::new(limits);
        let progress = loop {
            if gathering.is_full() {
                break Progress::More;
            }
            match self.reader.next() {
                Ok(ListStep::Row(span)) => {
                    let bytes = self.reader.bytes(span);
                    // An answer that leaves its empty list out is no row.
                    if self.reader.in_list() || !is_answer_of_nothing(bytes) {
                        reading::take(&mut gathering, bytes, self.rows, self.options);
                        self.rows += 1;
                    }
                }
                Ok(ListStep::TooLong(length)) => {
                    gathering.reject_too_long(length, self.rows);
                    self.rows += 1;
                }
                // What stands around a list is no record.
                Ok(ListStep::Frame) => {}
                Ok(ListStep::NeedMore) => break Progress::CaughtUp,
                Ok(ListStep::End) => break Progress::Finished,
                Err(error) => {
                    let error = SourceError::Malformed(format!(
                        "the input is cut off or no JSON: {error}; whole rows before it were read"
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

fn is_answer_of_nothing(bytes: &[u8]) -> bool {
    // Rows have ids and times; only what has neither is looked at twice.
    let key = reading::key(bytes);
    key.id.is_none() && key.time.is_none() && Frame::of_nothing(bytes).is_some()
}
