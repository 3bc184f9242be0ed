//! One reading of one range: page after page, row after row.
//!
//! Invariants: a page is streamed and never held whole; the cursor handed out
//! with a batch lies exactly behind its last row; what was read before an error is
//! returned before the error.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::{Batch, BatchLimits, Progress, ReadOptions, SourceError, TimeRange};
use signon_kit::http::{Body, Transport};
use signon_kit::json_framer::Framed;
use signon_kit::record_id::MOST_EQUALS;
use signon_kit::source::Reads;

use crate::config::Config;
use crate::cursor::{Cursor, PageKey};
use crate::page::{Page, RowAction};
use crate::query::{self, Question, SecondRange};
use crate::reading::{self, Envelope};
use crate::response_errors;
use crate::{keyset, silence};

/// A reading under way.
#[derive(Debug)]
pub struct Session<T: Transport> {
    transport: T,
    config: Config,
    options: ReadOptions,
    range: SecondRange,
    /// Where to go on when no page is open.
    position: Cursor,
    page: Option<Page<T::Body>>,
    /// To be returned by the next call.
    failed: Option<SourceError>,
    finished: bool,
}

impl<T: Transport> Reads for Session<T> {
    fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError> {
        if let Some(error) = self.failed.clone() {
            return Err(error);
        }
        let started = self.transport.elapsed_ms();
        let mut batch = BatchBuilder::new(limits);
        while !self.finished && !batch.is_full() {
            if let Err(error) = self.step(&mut batch) {
                self.failed = Some(error.clone());
                if batch.is_empty() {
                    return Err(error);
                }
                break;
            }
            let elapsed = self.transport.elapsed_ms().saturating_sub(started);
            if elapsed >= u64::from(limits.soft_deadline_ms) && !batch.is_empty() {
                break;
            }
        }
        batch.source_total = self.position.total;
        let progress = if self.finished { Progress::Finished } else { Progress::More };
        Ok(batch.into_batch(Some(self.cursor().encode()), progress))
    }
}

impl<T: Transport> Session<T> {
    /// A reading of `range` from `cursor` on. Makes no request yet.
    ///
    /// # Errors
    ///
    /// `invalid-config` for a range of anything but whole seconds,
    /// `cursor-expired` for a cursor of another version or range.
    pub fn open(
        transport: T,
        config: Config,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self, SourceError> {
        let range = SecondRange::try_from(range)?;
        let position = match cursor {
            Some(cursor) => Cursor::decode(cursor, range)?,
            None => Cursor::start(range.start()),
        };
        let finished = position.page_key == PageKey::From(range.end());
        Ok(Self { transport, config, options, range, position, page: None, failed: None, finished })
    }

    fn cursor(&self) -> Cursor {
        match &self.page {
            // Nothing behind the rows that are still to be recognized was read.
            Some(Page { skip: Some(_), .. }) | None => self.position.clone(),
            Some(page) => self.position.after_rows(page.summary.rows, &page.head),
        }
    }

    fn step(&mut self, batch: &mut BatchBuilder) -> Result<(), SourceError> {
        let Some(page) = &mut self.page else {
            return self.open_page();
        };
        match page.reader.next() {
            Ok(Framed::Row(span)) if !page.reader.in_list() => {
                let bytes = page.reader.bytes(span);
                let frame =
                    Envelope::of_nothing(bytes).ok_or_else(|| response_errors::no_list(bytes))?;
                self.take_envelope(&frame);
            }
            Ok(Framed::Row(span)) => {
                let number = page.summary.rows;
                let key = reading::key(page.reader.bytes(span.clone()), &mut page.equals);
                match page.count_in(Some(&key), &self.position, self.range) {
                    RowAction::Take => {
                        let bytes = page.reader.bytes(span);
                        reading::take(batch, bytes, key, number, self.options);
                    }
                    RowAction::Drop => {}
                    RowAction::NotThisPage => {
                        self.read_page_whole();
                        return Ok(());
                    }
                }
                if page.equals.is_full() {
                    return Err(SourceError::Malformed(format!(
                        "{MOST_EQUALS} rows without an id in one page; set a smaller page_size"
                    )));
                }
            }
            Ok(Framed::TooLong(length)) => {
                let number = page.summary.rows;
                match page.count_in(None, &self.position, self.range) {
                    RowAction::Take => batch.reject_too_long(length, number),
                    RowAction::Drop => {}
                    RowAction::NotThisPage => self.read_page_whole(),
                }
            }
            // An answer is not read by lines: what is cut in it is found at its end.
            Ok(Framed::Broken(_)) => {}
            Ok(Framed::Envelope) => {
                let frame = Envelope::read(page.reader.envelope());
                self.take_envelope(&frame);
            }
            Ok(Framed::NeedMore) => {
                let more = page.reader.push_with(|buffer| page.body.read(buffer));
                if !more.map_err(response_errors::transport)? {
                    page.reader.finish();
                }
            }
            Ok(Framed::End) => self.end_page(batch)?,
            Err(error) => {
                return Err(SourceError::Malformed(format!(
                    "the answer of the identity domain is cut off: {error}; the range is tried \
                     again later"
                )));
            }
        }
        Ok(())
    }

    fn open_page(&mut self) -> Result<(), SourceError> {
        let question = match &self.position.page_key {
            PageKey::From(from) => Question::Range { from: *from, end: self.range.end() },
            PageKey::At { at, after } => Question::Moment { at: *at, after: after.as_deref() },
        };
        let request = query::request(&self.config, question);
        let response = self.transport.send(&request).map_err(response_errors::transport)?;
        if response.status != 200 {
            return Err(response_errors::error(response));
        }
        self.page = Some(Page::new(response.body, &self.position));
        Ok(())
    }

    /// Whether the page under way answers for the whole range.
    fn is_first(&self) -> bool {
        self.position.page_key == PageKey::From(self.range.start()) && self.position.seen.is_empty()
    }

    fn take_envelope(&mut self, frame: &Envelope) {
        if self.is_first() {
            self.position.total = frame.total;
        }
        if let Some(page) = &mut self.page {
            page.answered = true;
            page.summary.total = frame.total;
        }
    }

    /// The page is not the one the cursor was made on: all of it is returned.
    fn read_page_whole(&mut self) {
        self.page = None;
        self.position.rows = 0;
        self.position.head.clear();
    }

    fn end_page(&mut self, batch: &mut BatchBuilder) -> Result<(), SourceError> {
        let Some(page) = self.page.take() else {
            return Ok(());
        };
        if page.skip.is_some() {
            // Shorter than the part that was read before.
            self.read_page_whole();
            return Ok(());
        }
        // A bare array is an answer too, though it has no total.
        if !page.answered && !page.reader.in_list() {
            return Err(response_errors::no_list(b""));
        }
        let is_silent = self.is_first() && page.summary.rows == 0;
        match keyset::next(&self.position, &page.summary, self.range)? {
            Some(position) => self.position = position,
            None => {
                let total = self.position.total;
                self.position = Cursor { total, ..Cursor::start(self.range.end()) };
                self.finished = true;
            }
        }
        if is_silent && self.finished {
            let finding = silence::look(&self.config, &mut self.transport, self.range.start());
            batch.findings.extend(finding);
        }
        Ok(())
    }
}
