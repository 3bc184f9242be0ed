//! The same reading for bytes from elsewhere: a saved answer, an archive, a
//! stream entry. Makes no requests.

use signon_kit::contract::{Batch, BatchLimits, Progress, ReadOptions, SourceError};
use signon_kit::gathering::Gathering;
use signon_kit::records::{RecordReader, Step};

use crate::normalize::Origin;
use crate::reading::Taker;

/// Reads records from pushed bytes.
#[derive(Debug)]
pub struct Normalizer {
    reader: RecordReader,
    taker: Taker,
    records: u64,
    failed: Option<SourceError>,
}

impl Normalizer {
    /// A normalizer at the start of its bytes.
    pub fn new(options: ReadOptions) -> Self {
        let taker = Taker { origin: Origin::default(), options };
        Self { reader: RecordReader::new(), taker, records: 0, failed: None }
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
    /// `malformed` when the bytes end inside a record.
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
                Ok(Step::Record(span)) => {
                    let bytes = self.reader.bytes(span);
                    self.taker.take(&mut gathering, bytes, self.records);
                    self.records += 1;
                }
                Ok(Step::TooLong(length)) => {
                    gathering.reject_too_long(length, self.records);
                    self.records += 1;
                }
                Ok(Step::NeedMore) => break Progress::CaughtUp,
                Ok(Step::End) => break Progress::Finished,
                Err(error) => {
                    let error = SourceError::Malformed(format!(
                        "the input is cut off or no JSON: {error}; whole records before it were read"
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
