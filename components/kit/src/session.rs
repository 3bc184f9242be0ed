//! One reading of one range: page after page, row after row.
//!
//! Invariants: a page is streamed and never held whole; the cursor handed out with a
//! batch lies exactly behind its last row; what was read before an error is returned
//! before the error.

use crate::batch::BatchBuilder;
use crate::contract::{Batch, BatchLimits, Progress, SourceError};
use crate::framer::{Framed, Framer, FramingError, Row};
use crate::http::{Body, Request, Response, Transport};
use crate::response_errors;

/// Hands out what was read, batch by batch.
pub trait Reads {
    /// Reads on until the limits are reached.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError>;
}

/// Who is asked, in the words of messages.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// What it is called.
    pub name: &'static str,
    /// The key of the configuration that says where it is.
    pub endpoint: &'static str,
}

/// What comes of a row or the end of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Reading goes on: in the page, or with the next one where it has ended.
    On,
    /// The same, and that is worth a cursor even if nothing was taken.
    Passed,
    /// The page is let go, and asked for as the cursor says.
    Again,
    /// The range was read to its end.
    End,
}

/// What a guest knows of a range: which page comes next, and what its rows are.
pub trait Pages {
    /// Who is asked.
    const SERVICE: Service;

    /// What cuts an answer into rows.
    type Framer: Framer;

    /// The request for the page that is to be opened.
    fn request(&self) -> Request;

    /// A page begins.
    ///
    /// # Errors
    ///
    /// What an answer means that is none.
    fn open<B: Body>(&mut self, response: Response<B>) -> Result<(Self::Framer, B), SourceError>;

    /// Takes a row of the page.
    ///
    /// # Errors
    ///
    /// When the range cannot be read further.
    fn row(
        &mut self,
        batch: &mut BatchBuilder,
        row: Row<'_, Self::Framer>,
    ) -> Result<Flow, SourceError>;

    /// A row of that many bytes could not be held.
    ///
    /// # Errors
    ///
    /// When the range cannot be read further.
    fn too_long(
        &mut self,
        batch: &mut BatchBuilder,
        length: usize,
        number: u64,
    ) -> Result<Flow, SourceError>;

    /// An answer around a list ended.
    fn envelope(&mut self, _: &Self::Framer) {}

    /// The page ended.
    ///
    /// # Errors
    ///
    /// When it was none, or says that rows are missing.
    fn end_page<T: Transport>(
        &mut self,
        batch: &mut BatchBuilder,
        framer: &Self::Framer,
        transport: &mut T,
    ) -> Result<Flow, SourceError>;

    /// What an answer means that cannot be cut into rows.
    fn unreadable(&self, error: FramingError) -> SourceError {
        SourceError::Malformed(format!(
            "the answer of {} is cut off: {error}; the range is tried again later",
            Self::SERVICE.name
        ))
    }

    /// Where to go on.
    fn cursor(&self) -> Vec<u8>;

    /// How many events the service says the range holds.
    fn source_total(&self) -> Option<u64> {
        None
    }

    /// Whether the cursor that this began with stands at the end.
    fn is_finished(&self) -> bool {
        false
    }
}

/// A reading under way.
#[derive(Debug)]
pub struct Session<T: Transport, P: Pages> {
    transport: T,
    pages: P,
    page: Option<Page<T::Body, P::Framer>>,
    /// To be returned by the next call.
    failed: Option<SourceError>,
    finished: bool,
}

/// A page being read.
#[derive(Debug)]
struct Page<B, F> {
    body: B,
    framer: F,
    /// Rows read.
    rows: u64,
}

impl<T: Transport, P: Pages> Session<T, P> {
    /// A reading of some pages. Makes no request yet.
    pub fn new(transport: T, pages: P) -> Self {
        let finished = pages.is_finished();
        Self { transport, pages, page: None, failed: None, finished }
    }

    fn step(&mut self, batch: &mut BatchBuilder) -> Result<Flow, SourceError> {
        let Some(Page { body, framer, rows }) = &mut self.page else {
            return self.open_page();
        };
        let flow = match framer.next().map_err(|error| self.pages.unreadable(error))? {
            Framed::Row(row) => {
                let (framer, number) = (&*framer, *rows);
                *rows += 1;
                self.pages.row(batch, Row { framer, bytes: framer.bytes(row), number })?
            }
            Framed::TooLong(length) => {
                *rows += 1;
                self.pages.too_long(batch, length, *rows - 1)?
            }
            // An answer is not read by lines: what is cut in it is found at its end.
            Framed::Broken(_) => Flow::On,
            Framed::Envelope => {
                self.pages.envelope(framer);
                Flow::On
            }
            Framed::NeedMore => {
                let more = framer.push_with(|buffer| body.read(buffer));
                if !more.map_err(|error| response_errors::transport(error, P::SERVICE.endpoint))? {
                    framer.finish();
                }
                Flow::On
            }
            Framed::End => {
                let flow = self.pages.end_page(batch, framer, &mut self.transport);
                self.page = None;
                flow?
            }
        };
        match flow {
            Flow::Again => self.page = None,
            Flow::End => self.finished = true,
            Flow::On | Flow::Passed => {}
        }
        Ok(flow)
    }

    fn open_page(&mut self) -> Result<Flow, SourceError> {
        let response = self
            .transport
            .send(&self.pages.request())
            .map_err(|error| response_errors::transport(error, P::SERVICE.endpoint))?;
        let (framer, body) = self.pages.open(response)?;
        self.page = Some(Page { body, framer, rows: 0 });
        Ok(Flow::On)
    }
}

impl<T: Transport, P: Pages> Reads for Session<T, P> {
    fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError> {
        if let Some(error) = self.failed.clone() {
            return Err(error);
        }
        let started = self.transport.elapsed_ms();
        let mut batch = BatchBuilder::new(limits);
        let mut has_passed = false;
        while !self.finished && !batch.is_full() {
            match self.step(&mut batch) {
                Ok(flow) => has_passed |= flow == Flow::Passed || !batch.is_empty(),
                Err(error) => {
                    self.failed = Some(error.clone());
                    if batch.is_empty() {
                        return Err(error);
                    }
                    break;
                }
            }
            let elapsed = self.transport.elapsed_ms().saturating_sub(started);
            if elapsed >= u64::from(limits.soft_deadline_ms) && has_passed {
                break;
            }
        }
        batch.source_total = self.pages.source_total();
        let progress = if self.finished { Progress::Finished } else { Progress::More };
        Ok(batch.into_batch(Some(self.pages.cursor()), progress))
    }
}
