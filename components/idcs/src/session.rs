//! One reading of one range: pages by the key of the rows of the one before.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::{ReadOptions, SourceError, TimeRange};
use signon_kit::framer::{Framer, Row};
use signon_kit::http::{Body, Request, Response, Transport};
use signon_kit::json_framer::JsonFramer;
use signon_kit::range::SecondRange;
use signon_kit::record_id::MOST_EQUALS;
use signon_kit::resume::Met;
use signon_kit::session::{Flow, Pages, Service};

use crate::config::{Config, ROWS};
use crate::cursor::{Cursor, PageKey};
use crate::page::Page;
use crate::query::{self, Question};
use crate::reading::{self, Envelope};
use crate::{keyset, response_errors, silence};

/// A reading under way.
#[derive(Debug)]
pub struct Reading {
    config: Config,
    options: ReadOptions,
    range: SecondRange,
    /// Where to go on when no page is open.
    cursor: Cursor,
    page: Option<Page>,
}

impl Reading {
    /// A reading of `range` from `cursor` on.
    ///
    /// # Errors
    ///
    /// `invalid-config` for a range of anything but whole seconds,
    /// `cursor-expired` for a cursor of another version or range.
    pub fn open(
        config: Config,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self, SourceError> {
        let range = SecondRange::try_from(range)?;
        let cursor = match cursor {
            Some(cursor) => Cursor::decode(cursor, range)?,
            None => Cursor::start(range.start()),
        };
        Ok(Self { config, options, range, cursor, page: None })
    }

    /// Whether the page under way answers for the whole range.
    fn is_first(&self) -> bool {
        self.cursor.page_key == PageKey::From(self.range.start()) && self.cursor.seen.is_empty()
    }

    fn take_envelope(&mut self, envelope: &Envelope) {
        if self.is_first() {
            self.cursor.total = envelope.total;
        }
        if let Some(page) = &mut self.page {
            page.answered = true;
            page.summary.total = envelope.total;
        }
    }

    /// The page is not the one the cursor was made on: all of it is returned.
    fn read_page_whole(&mut self) -> Flow {
        self.page = None;
        self.cursor.rows = 0;
        self.cursor.head.clear();
        Flow::Again
    }
}

impl Pages for Reading {
    const SERVICE: Service = Service { name: "the identity domain", endpoint: "domain_url" };

    type Framer = JsonFramer;

    fn request(&self) -> Request {
        let question = match &self.cursor.page_key {
            PageKey::From(from) => Question::Range { from: *from, end: self.range.end() },
            PageKey::At { at, after } => Question::Moment { at: *at, after: after.as_deref() },
        };
        query::request(&self.config, question)
    }

    fn open<B: Body>(&mut self, response: Response<B>) -> Result<(JsonFramer, B), SourceError> {
        if response.status != 200 {
            return Err(response_errors::error(response));
        }
        self.page = Some(Page::new(&self.cursor));
        Ok((JsonFramer::new(ROWS), response.body))
    }

    fn row(
        &mut self,
        batch: &mut BatchBuilder,
        Row { framer, bytes, number }: Row<'_, JsonFramer>,
    ) -> Result<Flow, SourceError> {
        if !framer.in_list() {
            let envelope =
                Envelope::of_nothing(bytes).ok_or_else(|| response_errors::no_list(bytes))?;
            self.take_envelope(&envelope);
            return Ok(Flow::On);
        }
        let Some(page) = &mut self.page else {
            return Ok(Flow::Again);
        };
        let key = reading::key(bytes, &mut page.equals);
        match page.count_in(Some(&key), &self.cursor, self.range) {
            Met::New => reading::take(batch, bytes, key, number, self.options),
            Met::Known => {}
            Met::Changed => return Ok(self.read_page_whole()),
        }
        if page.equals.is_full() {
            return Err(SourceError::Malformed(format!(
                "{MOST_EQUALS} rows without an id in one page; set a smaller page_size"
            )));
        }
        Ok(Flow::On)
    }

    fn too_long(
        &mut self,
        batch: &mut BatchBuilder,
        length: usize,
        number: u64,
    ) -> Result<Flow, SourceError> {
        let Some(page) = &mut self.page else {
            return Ok(Flow::Again);
        };
        match page.count_in(None, &self.cursor, self.range) {
            Met::New => batch.reject_too_long(length, number),
            Met::Known => {}
            Met::Changed => return Ok(self.read_page_whole()),
        }
        Ok(Flow::On)
    }

    fn envelope(&mut self, framer: &JsonFramer) {
        self.take_envelope(&Envelope::read(framer.envelope()));
    }

    fn end_page<T: Transport>(
        &mut self,
        batch: &mut BatchBuilder,
        framer: &JsonFramer,
        transport: &mut T,
    ) -> Result<Flow, SourceError> {
        let Some(page) = self.page.take() else {
            return Ok(Flow::Again);
        };
        if page.resume.is_behind() {
            // Shorter than the part that was read before.
            return Ok(self.read_page_whole());
        }
        // A bare array is an answer too, though it has no total.
        if !page.answered && !framer.in_list() {
            return Err(response_errors::no_list(b""));
        }
        let is_silent = self.is_first() && page.summary.rows == 0;
        if let Some(next) = keyset::next(&self.cursor, &page.summary, self.range)? {
            self.cursor = next;
            return Ok(Flow::On);
        }
        let total = self.cursor.total;
        self.cursor = Cursor { total, ..Cursor::start(self.range.end()) };
        if is_silent {
            batch.findings.extend(silence::look(&self.config, transport, self.range.start()));
        }
        Ok(Flow::End)
    }

    fn cursor(&self) -> Vec<u8> {
        match &self.page {
            Some(page) => self.cursor.after_rows(page.resume.place()).encode(),
            None => self.cursor.encode(),
        }
    }

    fn source_total(&self) -> Option<u64> {
        self.cursor.total
    }

    fn is_finished(&self) -> bool {
        self.cursor.page_key == PageKey::From(self.range.end())
    }
}
