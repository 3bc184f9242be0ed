//! One reading of one range: page after page, record after record.
//!
//! Invariants: a page is streamed and never held whole; the cursor handed out
//! with a batch lies exactly behind its last record; what was read before an
//! error is returned before the error.

use signon_kit::contract::{Batch, BatchLimits, Progress, ReadOptions, SourceError, TimeRange};
use signon_kit::digest::{HeadDigest, content_id};
use signon_kit::gathering::Gathering;
use signon_kit::http::{Body, Transport};
use signon_kit::listing::{ListReader, ListStep};
use signon_kit::source::Reads;

use crate::answers;
use crate::config::Place;
use crate::cursor::Position;
use crate::normalize::Origin;
use crate::query::{self, MinuteRange};
use crate::reading::{Taker, id_of};

/// A reading under way.
#[derive(Debug)]
pub struct Session<T: Transport> {
    transport: T,
    place: Place,
    taker: Taker,
    range: MinuteRange,
    /// Where to go on when no page is open.
    position: Position,
    page: Option<Page<T::Body>>,
    /// To be returned by the next call.
    failed: Option<SourceError>,
    finished: bool,
}

/// A page being read.
#[derive(Debug)]
struct Page<B> {
    body: B,
    reader: ListReader,
    token: Option<String>,
    next: Option<String>,
    /// Records read, and the digest of their ids.
    records: u64,
    head: HeadDigest,
    /// Records to pass over, if their digest turns out to be this one.
    skip: Option<(u64, String)>,
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
        let mut gathering = Gathering::new(limits);
        while !self.finished && !gathering.is_full() {
            match self.step(&mut gathering) {
                Ok(Moved::On) => {}
                Ok(Moved::RangeEnd) => self.finished = true,
                Err(error) => {
                    self.failed = Some(error.clone());
                    if gathering.is_empty() {
                        return Err(error);
                    }
                    break;
                }
            }
            let elapsed = self.transport.elapsed_ms().saturating_sub(started);
            if elapsed >= u64::from(limits.soft_deadline_ms) && !gathering.is_empty() {
                break;
            }
        }
        let progress = if self.finished { Progress::Finished } else { Progress::More };
        Ok(gathering.into_batch(Some(self.cursor().encode()), progress))
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
        place: Place,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self, SourceError> {
        let position = cursor.map(Position::decode).transpose()?.unwrap_or_default();
        let origin =
            Origin { region: Some(place.region.name.clone()), realm: place.region.realm.clone() };
        Ok(Self {
            transport,
            place,
            taker: Taker { origin, options },
            range: range.try_into()?,
            position,
            page: None,
            failed: None,
            finished: false,
        })
    }

    fn cursor(&self) -> Position {
        match &self.page {
            // Nothing behind the records that are still to be recognized was read.
            Some(Page { skip: Some(_), .. }) | None => self.position.clone(),
            Some(page) => Position::new(page.token.clone(), page.records, &page.head),
        }
    }

    fn step(&mut self, gathering: &mut Gathering) -> Result<Moved, SourceError> {
        let Some(page) = &mut self.page else {
            self.open_page()?;
            return Ok(Moved::On);
        };
        match page.reader.next() {
            // An answer is an array; anything else is not the API's.
            Ok(ListStep::Row(span)) if !page.reader.in_list() => {
                let digest = content_id(page.reader.bytes(span));
                Err(SourceError::Malformed(format!(
                    "the OCI Audit API answered 200 with what is no list of records ({digest}); \
                     is there a proxy in between?"
                )))
            }
            Ok(ListStep::Row(span)) => {
                let bytes = page.reader.bytes(span);
                let number = page.records;
                page.records += 1;
                let Some((count, head)) = page.skip.take() else {
                    page.head.add(&self.taker.take(gathering, bytes, number));
                    return Ok(Moved::On);
                };
                page.head.add(&id_of(bytes));
                if page.records < count {
                    // Still among the records to pass over.
                    page.skip = Some((count, head));
                } else if page.head.text() != head {
                    self.read_page_whole();
                }
                Ok(Moved::On)
            }
            Ok(ListStep::TooLong(length)) => {
                let number = page.records;
                page.records += 1;
                page.head.add("");
                gathering.reject_too_long(length, number);
                Ok(Moved::On)
            }
            // Records alone have none.
            Ok(ListStep::Frame) => Ok(Moved::On),
            Ok(ListStep::NeedMore) => {
                let more = page.reader.push_with(|buffer| page.body.read(buffer));
                if !more.map_err(answers::transport)? {
                    page.reader.finish();
                }
                Ok(Moved::On)
            }
            Ok(ListStep::End) => self.end_page(),
            Err(error) => Err(SourceError::Malformed(format!(
                "the answer of the OCI Audit API is cut off: {error}; the range is tried again later"
            ))),
        }
    }

    fn open_page(&mut self) -> Result<(), SourceError> {
        let token = self.position.page.clone();
        let request = query::request(&self.place, self.range, token.as_deref());
        let response = self.transport.send(&request).map_err(answers::transport)?;
        if response.status != 200 {
            return Err(answers::error(response, token.is_some()));
        }
        let next = response.header("opc-next-page").filter(|next| !next.is_empty());
        if next.is_some() && next == token.as_deref() {
            return Err(SourceError::Malformed(
                "the OCI Audit API names a page as its own successor; reading it would never end"
                    .to_owned(),
            ));
        }
        let next = next.map(str::to_owned);
        let skip = (self.position.records > 0)
            .then(|| (self.position.records, self.position.head.clone()));
        self.page = Some(Page {
            body: response.body,
            reader: ListReader::of_records(),
            token,
            next,
            records: 0,
            head: HeadDigest::default(),
            skip,
        });
        Ok(())
    }

    /// The page is not the one the cursor was made on: all of it is returned.
    fn read_page_whole(&mut self) {
        self.page = None;
        self.position.records = 0;
        self.position.head.clear();
    }

    fn end_page(&mut self) -> Result<Moved, SourceError> {
        let Some(page) = self.page.take() else {
            return Ok(Moved::On);
        };
        if page.skip.is_some() {
            // Shorter than the part that was read before.
            self.read_page_whole();
            return Ok(Moved::On);
        }
        if page.reader.is_blank() {
            return Err(SourceError::Malformed(
                "the OCI Audit API answered 200 with nothing in it; is there a proxy in between?"
                    .to_owned(),
            ));
        }
        match page.next {
            Some(next) => {
                self.position = Position::new(Some(next), 0, &HeadDigest::default());
                Ok(Moved::On)
            }
            None => {
                self.position = Position::new(page.token, page.records, &page.head);
                Ok(Moved::RangeEnd)
            }
        }
    }
}
