//! One reading of one range: page after page, row after row.
//!
//! Invariants: a page is streamed and never held whole; the cursor handed out with
//! a batch lies exactly behind its last row; what was read before an error is
//! returned before the error. A range is at its end when a page is empty, when as
//! many different rows were met as the service counts, or when a page brings
//! nothing new; a short page ends nothing. A page that is row by row the page before
//! brings nothing new, also where its rows have no id: telling it from another page
//! of the very same rows is beyond anybody, and the count then says what is missing.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::{
    Batch, BatchLimits, Finding, Progress, ReadOptions, Severity, SourceError, TimeRange,
};
use signon_kit::digest::content_id;
use signon_kit::http::{Body, Transport};
use signon_kit::source::Reads;

use crate::config::Config;
use crate::cursor::Cursor;
use crate::framing::{FramingError, Step};
use crate::page::Page;
use crate::query::{self, Asked};
use crate::reading::Row;
use crate::response_errors;
use crate::seen_rows::{Key, MOST_ROWS, SeenRows};
use crate::stats;

/// A reading under way.
#[derive(Debug)]
pub struct Session<T: Transport> {
    transport: T,
    config: Config,
    options: ReadOptions,
    asked: Asked,
    /// Every row met since the first page of this session.
    seen: SeenRows,
    /// Where an earlier session stopped, until that place is reached again.
    resumed: Option<Cursor>,
    /// Number of the page to read or being read, from 1.
    number: u32,
    page: Option<Page<T::Body>>,
    /// Keys of the rows of the page before.
    previous: Vec<u64>,
    /// The page is read a second time, being no repetition after all.
    is_told_apart: bool,
    total: Total,
    chunk: Vec<u8>,
    /// To be returned by the next call.
    failed: Option<SourceError>,
    finished: bool,
}

/// The service's own count of the range.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Total {
    Unasked,
    Unknown,
    Known(u64),
}

impl<T: Transport> Reads for Session<T> {
    fn next(&mut self, limits: BatchLimits) -> Result<Batch, SourceError> {
        if let Some(error) = self.failed.clone() {
            return Err(error);
        }
        let started = self.transport.elapsed_ms();
        let mut batch = BatchBuilder::new(limits);
        let mut has_moved = false;
        while !self.finished && !batch.is_full() {
            if let Err(error) = self.step(&mut batch, &mut has_moved) {
                self.failed = Some(error.clone());
                if batch.is_empty() {
                    return Err(error);
                }
                break;
            }
            let elapsed = self.transport.elapsed_ms().saturating_sub(started);
            if elapsed >= u64::from(limits.soft_deadline_ms) && has_moved {
                break;
            }
        }
        let progress = if self.finished { Progress::Finished } else { Progress::More };
        if let Total::Known(total) = self.total {
            batch.source_total = Some(total);
        }
        Ok(batch.into_batch(Some(self.cursor().encode()), progress))
    }
}

impl<T: Transport> Session<T> {
    /// A reading of `range` from `cursor` on. Makes no request yet.
    ///
    /// # Errors
    ///
    /// `invalid-config` for a range of anything but whole seconds,
    /// `cursor-expired` for a cursor of another version.
    pub fn open(
        transport: T,
        config: Config,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self, SourceError> {
        let position = cursor.map(Cursor::decode).transpose()?;
        let resumed = position.filter(|position| position.rows > 0);
        Ok(Self {
            transport,
            config,
            options,
            asked: range.try_into()?,
            seen: resumed.clone().map(SeenRows::from).unwrap_or_default(),
            number: resumed.as_ref().map_or(1, |position| position.page),
            resumed,
            page: None,
            previous: Vec::new(),
            is_told_apart: false,
            total: Total::Unasked,
            chunk: Vec::new(),
            failed: None,
            finished: false,
        })
    }

    fn cursor(&self) -> Cursor {
        match &self.resumed {
            Some(position) => position.clone(),
            None => self.seen.cursor(),
        }
    }

    fn step(&mut self, batch: &mut BatchBuilder, has_moved: &mut bool) -> Result<(), SourceError> {
        let Some(page) = &mut self.page else {
            return self.open_page();
        };
        let (key, short, entry) = match page.framer.next().map_err(framing)? {
            Step::Row { bytes, form, is_listed, .. } => {
                // A root of `null` is one way to write a list of nothing.
                if !is_listed && bytes.trim_ascii() == b"null" {
                    return Ok(());
                }
                let row = Row::read(bytes, form);
                if !is_listed && !row.is_event() {
                    let digest = content_id(bytes);
                    return Err(SourceError::Malformed(format!(
                        "the audit service answered 200 with something that is no list of \
                         events ({digest}); is base_url the pod's login host?"
                    )));
                }
                (row.key.clone(), row.page_key(), Some(row))
            }
            Step::TooLong(length) => {
                let key = Key::Content(format!("{length} bytes"));
                let short = key.short();
                (key, short, None)
            }
            // An answer is not read by lines: what is cut in it is found at its end.
            Step::Broken { .. } => return Ok(()),
            Step::NeedMore => {
                self.chunk.clear();
                if page.body.read(&mut self.chunk).map_err(response_errors::transport)? {
                    page.framer.push(&self.chunk);
                } else {
                    page.framer.finish();
                }
                return Ok(());
            }
            Step::End => return self.end_page(batch),
        };
        *has_moved = true;
        if page.is_repeating {
            if self.previous.get(page.keys.len()) == Some(&short) {
                page.keys.push(short);
                page.rows += 1;
                return Ok(());
            }
            page.is_repeating = false;
            if page.rows > 0 {
                // Alike at its head only: what was held back is needed after all.
                self.page = None;
                self.is_told_apart = true;
                return Ok(());
            }
        }
        let position = page.rows;
        page.rows += 1;
        page.keys.push(short);
        let entered = self.seen.enter(&key);
        page.new_rows += u64::from(entered.is_new);
        if self.resumed.is_none() {
            match entry {
                Some(row) => row.gather(batch, entered.id, position, self.options),
                None => batch.reject(
                    format!("the row is too long to read: {}", key_text(&key)),
                    position,
                    b"",
                    None,
                ),
            }
        }
        self.recognize();
        if self.seen.rows() >= MOST_ROWS {
            return Err(SourceError::Malformed(format!(
                "more than {MOST_ROWS} rows in one range; set a shorter longest_range, or the \
                 other page_style if the service ignores the page number"
            )));
        }
        Ok(())
    }

    /// Whether the place where an earlier session stopped is reached, and is the
    /// same place.
    fn recognize(&mut self) {
        let Some(position) = &self.resumed else {
            return;
        };
        if self.seen.entered() < position.rows {
            return;
        }
        let is_same = self.seen.position() == *position;
        self.resumed = None;
        if !is_same {
            self.read_range_whole();
        }
    }

    /// The rows are not those the cursor was made on: all of them are returned.
    fn read_range_whole(&mut self) {
        self.resumed = None;
        self.seen = SeenRows::default();
        self.number = 1;
        self.page = None;
        self.previous.clear();
        self.is_told_apart = false;
    }

    fn open_page(&mut self) -> Result<(), SourceError> {
        let request = query::events(&self.config, self.asked, self.number);
        let response = self.transport.send(&request).map_err(response_errors::transport)?;
        let may_repeat = !self.previous.is_empty() && !self.is_told_apart;
        match response.status {
            200 => self.page = Some(Page::new(response.body, may_repeat)),
            // No content is no events.
            204 => {
                let mut page = Page::new(response.body, false);
                page.framer.push(b"{}");
                page.framer.finish();
                self.page = Some(page);
            }
            _ => return Err(response_errors::error(response, &self.config)),
        }
        Ok(())
    }

    fn end_page(&mut self, batch: &mut BatchBuilder) -> Result<(), SourceError> {
        let Some(page) = self.page.take() else {
            return Ok(());
        };
        if page.framer.is_blank() {
            return Err(SourceError::Malformed(
                "the audit service answered 200 with nothing in it; is there a proxy in between?"
                    .to_owned(),
            ));
        }
        if page.is_repeating && page.rows > 0 && page.keys.len() < self.previous.len() {
            // Only the head of the page before: these are other rows.
            self.is_told_apart = true;
            return Ok(());
        }
        self.is_told_apart = false;
        if self.total == Total::Unasked {
            // Only now, so that rows that came in while the page was read count.
            self.total = match stats::ask(&mut self.transport, &self.config, self.asked)? {
                Ok(total) => Total::Known(total),
                Err(finding) => {
                    batch.findings.push(finding);
                    Total::Unknown
                }
            };
        }
        let nothing_new = page.is_repeating || page.new_rows == 0;
        let is_end = match self.total {
            _ if page.rows == 0 => true,
            Total::Known(total) if self.seen.is_whole() => {
                nothing_new || self.seen.distinct() >= total
            }
            _ => nothing_new,
        };
        if !is_end {
            self.previous = page.keys;
            self.number = self.number.saturating_add(1);
            self.seen.turn_to(self.number);
            return Ok(());
        }
        if self.resumed.is_some() {
            // Fewer rows than were read before.
            self.read_range_whole();
            return Ok(());
        }
        self.finished = true;
        batch.findings.extend(self.shortfall(&page, nothing_new));
        Ok(())
    }

    /// What an operator should know about how the range ended. All of it are errors:
    /// they make the range unproven.
    fn shortfall(&self, last: &Page<T::Body>, nothing_new: bool) -> Option<Finding> {
        let met = self.seen.distinct();
        let missing = match self.total {
            Total::Known(total) if met >= total => return None,
            Total::Known(total) => Some(total),
            _ => None,
        };
        if last.rows > 0 && nothing_new {
            // Also behind a short page there may be more: the service may send fewer
            // rows than it is asked for.
            return Some(Finding {
                severity: Severity::Error,
                path: "/page_style".to_owned(),
                problem: format!(
                    "page {} brought nothing new: the service ignores the page number",
                    self.number
                ),
                fix: format!("set page_style = {:?}", self.config.page_style.other().word()),
            });
        }
        missing.map(|total| Finding {
            severity: Severity::Error,
            path: String::new(),
            problem: format!("the service counts {total} events, its pages hold {met}"),
            fix: "the range is read again later; if that stays so, try another page_size, and \
                  compare with the Sign In - Sign Out report"
                .to_owned(),
        })
    }
}

fn key_text(key: &Key) -> &str {
    match key {
        Key::Native(text) | Key::Content(text) => text,
    }
}

fn framing(error: FramingError) -> SourceError {
    if error.is_cut {
        SourceError::Malformed(format!(
            "the answer of the audit service is cut off: {error}; the range is tried again later"
        ))
    } else {
        SourceError::Malformed(format!(
            "the audit service answered what cannot be read: {error}; is base_url the pod's login \
             host?"
        ))
    }
}
