//! The same reading for bytes from elsewhere: a saved answer, an archive, a stream
//! entry. Makes no requests.
//!
//! Invariant: whole records before the place where the bytes cannot be read any
//! further are returned before the error.

use crate::contract::{Batch, BatchLimits, Progress, SourceError};
use crate::gathering::Gathering;

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
    fn take(&mut self, gathering: &mut Gathering) -> Result<Taken, String>;
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

/// Reads records from pushed bytes.
#[derive(Debug)]
pub struct Normalizer<F> {
    frames: F,
    failed: Option<SourceError>,
}

impl<F: Frames> Normalizer<F> {
    /// A normalizer at the start of its bytes.
    pub fn over(frames: F) -> Self {
        Self { frames, failed: None }
    }

    /// Takes more bytes.
    pub fn push(&mut self, chunk: &[u8]) {
        self.frames.push(chunk);
    }

    /// There are no more bytes.
    pub fn finish(&mut self) {
        self.frames.finish();
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
        let mut gathering = Gathering::new(limits);
        let progress = loop {
            if gathering.is_full() {
                break Progress::More;
            }
            match self.frames.take(&mut gathering) {
                Ok(Taken::Something) => {}
                Ok(Taken::NeedMore) => break Progress::CaughtUp,
                Ok(Taken::End) => break Progress::Finished,
                Err(problem) => {
                    let error = SourceError::Malformed(format!(
                        "the input is cut off or none of this service's: {problem}; whole records \
                         before it were read"
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
