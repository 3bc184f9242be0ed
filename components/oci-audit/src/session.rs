//! One reading of one range: page after page, record after record.
//!
//! Invariants: a page is streamed and never held whole; the cursor handed out
//! with a batch lies exactly behind its last record; what was read before an
//! error is returned before the error.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::{Batch, BatchLimits, Progress, ReadOptions, SourceError, TimeRange};
use signon_kit::digest::{HeadDigest, content_id};
use signon_kit::http::{Body, Transport};
use signon_kit::json_framer::{Framed, JsonFramer};
use signon_kit::record_id::{Equals, MOST_EQUALS};
use signon_kit::source::Reads;

use crate::config::StreamTarget;
use crate::cursor::Cursor;
use crate::normalize::Origin;
use crate::query::{self, MinuteRange};
use crate::reading::Taker;
use crate::response_errors;

/// Room for a record that is only looked at.
const ONE: BatchLimits = BatchLimits { events: 1, bytes: 1, soft_deadline_ms: 0 };

/// A reading under way.
#[derive(Debug)]
pub struct Session<T: Transport> {
    transport: T,
    target: StreamTarget,
    taker: Taker,
    range: MinuteRange,
    /// Where to go on when no page is open: what was read since its page, which is the
    /// page under way but where sign-ons without an id were met. Those are named by how
    /// many equal ones came before, so reading goes on from before the first of them.
    since: Since,
    /// Records since its page to pass over, if their digest turns out to be this one.
    skip: Option<(u64, String)>,
    /// Token of the page to be opened, or under way.
    token: Option<String>,
    page: Option<Page<T::Body>>,
    /// To be returned by the next call.
    failed: Option<SourceError>,
    finished: bool,
}

/// A page being read.
#[derive(Debug)]
struct Page<B> {
    body: B,
    reader: JsonFramer,
    next: Option<String>,
    /// Records read.
    records: u64,
}

/// What was read since the beginning of a page.
#[derive(Debug, Default)]
struct Since {
    page: Option<String>,
    records: u64,
    /// Digest of what tells them from others.
    head: HeadDigest,
}

impl Since {
    fn page(page: Option<String>) -> Self {
        Self { page, ..Self::default() }
    }

    fn add(&mut self, id: &str) {
        self.records += 1;
        self.head.add(id);
    }

    fn position(&self) -> Cursor {
        Cursor::new(self.page.clone(), self.records, &self.head)
    }
}

/// What became of one step.
enum Moved {
    On,
    RangeEnd,
}

impl<T: Transport> Reads for Session<T> {
    fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError> {
        if let Some(error) = self.failed.clone() {
            return Err(error);
        }
        let started = self.transport.elapsed_ms();
        let mut batch = BatchBuilder::new(limits);
        while !self.finished && !batch.is_full() {
            match self.step(&mut batch) {
                Ok(Moved::On) => {}
                Ok(Moved::RangeEnd) => self.finished = true,
                Err(error) => {
                    self.failed = Some(error.clone());
                    if batch.is_empty() {
                        return Err(error);
                    }
                    break;
                }
            }
            let elapsed = self.transport.elapsed_ms().saturating_sub(started);
            if elapsed >= u64::from(limits.soft_deadline_ms) && !batch.is_empty() {
                break;
            }
        }
        let progress = if self.finished { Progress::Finished } else { Progress::More };
        Ok(batch.into_batch(Some(self.cursor().encode()), progress))
    }
}

impl<T: Transport> Session<T> {
    /// A reading of `range` from `cursor` on. Makes no request yet.
    ///
    /// # Errors
    ///
    /// `invalid-config` for a range of anything but whole minutes,
    /// `cursor-expired` for a cursor of another version.
    pub fn open(
        transport: T,
        target: StreamTarget,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self, SourceError> {
        let position = cursor.map(Cursor::decode).transpose()?.unwrap_or_default();
        let origin =
            Origin { region: Some(target.region.name.clone()), realm: target.region.realm.clone() };
        Ok(Self {
            transport,
            target,
            taker: Taker::new(origin, options),
            range: range.try_into()?,
            since: Since::page(position.page.clone()),
            skip: (position.records > 0).then_some((position.records, position.head)),
            token: position.page,
            page: None,
            failed: None,
            finished: false,
        })
    }

    fn cursor(&self) -> Cursor {
        match &self.skip {
            // Nothing behind the records that are still to be recognized was read.
            Some((records, head)) => {
                Cursor::recognized(self.since.page.clone(), *records, head.clone())
            }
            None => self.since.position(),
        }
    }

    fn step(&mut self, batch: &mut BatchBuilder) -> Result<Moved, SourceError> {
        let Some(page) = &mut self.page else {
            self.open_page()?;
            return Ok(Moved::On);
        };
        match page.reader.next() {
            // An answer is an array; anything else is not the API's.
            Ok(Framed::Row(span)) if !page.reader.in_list() => {
                let digest = content_id(page.reader.bytes(span));
                Err(SourceError::Malformed(format!(
                    "the OCI Audit API answered 200 with what is no list of records ({digest}); \
                     is there a proxy in between?"
                )))
            }
            Ok(Framed::Row(span)) => {
                let bytes = page.reader.bytes(span);
                let number = page.records;
                page.records += 1;
                if self.skip.is_none() {
                    let id = self.taker.take(batch, bytes, number);
                    self.since.add(&id);
                } else {
                    // Taken as before, so that it gets the same name, and let go.
                    let mut again = BatchBuilder::new(ONE);
                    self.since.add(&self.taker.take(&mut again, bytes, number));
                    self.recognize();
                }
                self.bounded()
            }
            Ok(Framed::TooLong(length)) => {
                let number = page.records;
                page.records += 1;
                self.since.add("");
                if self.skip.is_none() {
                    batch.reject_too_long(length, number);
                } else {
                    self.recognize();
                }
                Ok(Moved::On)
            }
            // Records alone have none; and an answer is not read by lines: what is cut in
            // it is found at its end.
            Ok(Framed::Envelope | Framed::Broken(_)) => Ok(Moved::On),
            Ok(Framed::NeedMore) => {
                let more = page.reader.push_with(|buffer| page.body.read(buffer));
                if !more.map_err(response_errors::transport)? {
                    page.reader.finish();
                }
                Ok(Moved::On)
            }
            Ok(Framed::End) => self.end_page(),
            Err(error) => Err(SourceError::Malformed(format!(
                "the answer of the OCI Audit API is cut off: {error}; the range is tried again later"
            ))),
        }
    }

    fn open_page(&mut self) -> Result<(), SourceError> {
        let token = self.token.as_deref();
        let request = query::request(&self.target, self.range, token);
        let response = self.transport.send(&request).map_err(response_errors::transport)?;
        if response.status != 200 {
            return Err(response_errors::error(response, token.is_some()));
        }
        let next = response.header("opc-next-page").filter(|next| !next.is_empty());
        if next.is_some() && next == token {
            return Err(SourceError::Malformed(
                "the OCI Audit API names a page as its own successor; reading it would never end"
                    .to_owned(),
            ));
        }
        let next = next.map(str::to_owned);
        let reader = JsonFramer::of_records();
        self.page = Some(Page { body: response.body, reader, next, records: 0 });
        Ok(())
    }

    /// Whether the place where an earlier session stopped is reached, and is the same
    /// place.
    fn recognize(&mut self) {
        let Some((records, head)) = &self.skip else {
            return;
        };
        if self.since.records < *records {
            return;
        }
        if self.since.head.text() == *head {
            self.skip = None;
        } else {
            self.read_pages_whole();
        }
    }

    fn bounded(&self) -> Result<Moved, SourceError> {
        if !self.taker.equals.is_full() {
            return Ok(Moved::On);
        }
        Err(SourceError::Malformed(format!(
            "{MOST_EQUALS} sign-ons without an id in one range; set a shorter longest_range"
        )))
    }

    /// The records are not those the cursor was made on: all of them are returned.
    fn read_pages_whole(&mut self) {
        self.page = None;
        self.skip = None;
        self.token = self.since.page.clone();
        self.since = Since::page(self.token.clone());
        self.taker.equals = Equals::default();
    }

    fn end_page(&mut self) -> Result<Moved, SourceError> {
        let Some(page) = self.page.take() else {
            return Ok(Moved::On);
        };
        if page.reader.is_blank() {
            return Err(SourceError::Malformed(
                "the OCI Audit API answered 200 with nothing in it; is there a proxy in between?"
                    .to_owned(),
            ));
        }
        match page.next {
            Some(next) => {
                if self.taker.equals.is_empty() && self.skip.is_none() {
                    self.since = Since::page(Some(next.clone()));
                }
                self.token = Some(next);
                Ok(Moved::On)
            }
            None if self.skip.is_some() => {
                // Fewer records than were read before.
                self.read_pages_whole();
                Ok(Moved::On)
            }
            None => Ok(Moved::RangeEnd),
        }
    }
}
