//! The same reading for bytes from elsewhere: a saved answer, an archive, a stream
//! entry. Makes no requests.
//!
//! Invariant: whole records before the place where the bytes cannot be read any
//! further are returned before the error.

use crate::batch::BatchBuilder;
use crate::contract::{Batch, BatchLimits, Progress, SourceError, TypeCount};
use crate::framer::{Framed, Framer, Row};
use crate::magic_bytes::MagicBytes;
use crate::passed_over::PassedOver;

/// What a guest knows about bytes.
pub trait Frames {
    /// Takes more bytes.
    fn push(&mut self, chunk: &[u8]);

    /// There are no more bytes.
    fn finish(&mut self);

    /// Takes the next record into the batch.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes from here on.
    fn take(&mut self, batch: &mut BatchBuilder) -> Result<Taken, String>;
}

/// What became of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A record, or something beside them.
    Something,
    /// Push more bytes, or finish.
    NeedMore,
    /// Everything was read.
    End,
}

/// What a guest knows about framed records.
pub trait Records {
    /// What cuts the bytes into records.
    type Framer: Framer;

    /// Takes a framed record, and tells how many it was.
    fn take(&mut self, batch: &mut BatchBuilder, record: Row<'_, Self::Framer>) -> u64;

    /// Takes the next record of those that were in the one taken last, if there is one.
    fn take_inner(&mut self, _: &mut BatchBuilder, _: u64) -> bool {
        false
    }
}

/// Records as a framer cuts them.
#[derive(Debug)]
pub struct FramedRecords<R: Records> {
    framer: R::Framer,
    records: R,
    number: u64,
}

impl<R: Records> Frames for FramedRecords<R> {
    fn push(&mut self, chunk: &[u8]) {
        self.framer.push(chunk);
    }

    fn finish(&mut self) {
        self.framer.finish();
    }

    fn take(&mut self, batch: &mut BatchBuilder) -> Result<Taken, String> {
        if self.records.take_inner(batch, self.number) {
            self.number += 1;
            return Ok(Taken::Something);
        }
        let found = self.framer.next();
        batch.line = self.framer.line();
        let found = found.map_err(|error| match batch.line {
            Some(line) => format!("{error}, in line {line}"),
            None => error.to_string(),
        })?;
        self.number += match found {
            Framed::Row(row) => {
                let (framer, number) = (&self.framer, self.number);
                self.records.take(batch, Row { framer, bytes: framer.bytes(row), number })
            }
            Framed::Broken(row) => {
                batch.reject_broken(self.number, self.framer.bytes(row));
                1
            }
            Framed::TooLong(length) => {
                batch.reject_too_long(length, self.number);
                1
            }
            // What stands around a list is no record.
            Framed::Envelope => 0,
            Framed::NeedMore => return Ok(Taken::NeedMore),
            Framed::End => return Ok(Taken::End),
        };
        Ok(Taken::Something)
    }
}

/// Reads records from pushed bytes.
#[derive(Debug)]
pub struct Normalizer<F> {
    frames: F,
    magic_bytes: MagicBytes,
    passed_over: PassedOver,
    failed: Option<SourceError>,
}

impl<R: Records> Normalizer<FramedRecords<R>> {
    /// A normalizer of records at the start of their bytes.
    pub fn of(framer: R::Framer, records: R) -> Self {
        Self::over(FramedRecords { framer, records, number: 0 })
    }
}

impl<F: Frames> Normalizer<F> {
    /// A normalizer at the start of its bytes.
    pub fn over(frames: F) -> Self {
        let (magic_bytes, passed_over) = (MagicBytes::default(), PassedOver::default());
        Self { frames, magic_bytes, passed_over, failed: None }
    }

    /// Takes more bytes.
    pub fn push(&mut self, chunk: &[u8]) {
        self.pass(chunk, false);
    }

    /// There are no more bytes.
    pub fn finish(&mut self) {
        self.pass(b"", true);
        self.frames.finish();
    }

    fn pass(&mut self, chunk: &[u8], finished: bool) {
        match self.magic_bytes.pass(chunk, finished) {
            Ok(passed) => {
                for bytes in [&passed.held, passed.chunk] {
                    if !bytes.is_empty() {
                        self.frames.push(bytes);
                    }
                }
            }
            Err(problem) => {
                self.failed.get_or_insert(SourceError::Malformed(problem));
            }
        }
    }

    /// What was passed over so far, by type.
    pub fn passed_over(&self) -> Vec<TypeCount> {
        self.passed_over.counts()
    }

    /// Reads on.
    ///
    /// # Errors
    ///
    /// `malformed` when the bytes end inside a record or are none of this service.
    pub fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError> {
        if let Some(error) = self.failed.clone() {
            return Err(error);
        }
        let mut batch = BatchBuilder::new(limits);
        batch.passed_over = Some(std::mem::take(&mut self.passed_over));
        let progress = self.read_on(&mut batch);
        self.passed_over = batch.passed_over.take().unwrap_or_default();
        Ok(batch.into_batch(None, progress?))
    }

    fn read_on(&mut self, batch: &mut BatchBuilder) -> Result<Progress, SourceError> {
        loop {
            if batch.is_full() {
                return Ok(Progress::More);
            }
            match self.frames.take(batch) {
                Ok(Taken::Something) => {}
                Ok(Taken::NeedMore) => return Ok(Progress::CaughtUp),
                Ok(Taken::End) => return Ok(Progress::Finished),
                Err(problem) => {
                    let error = SourceError::Malformed(format!(
                        "the input is cut off or none of this service's: {problem}; whole records \
                         before it were read"
                    ));
                    self.failed = Some(error.clone());
                    if batch.is_empty() {
                        return Err(error);
                    }
                    return Ok(Progress::More);
                }
            }
        }
    }
}
