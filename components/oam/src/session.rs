//! One reading of one range: pages by their number.
//!
//! A range is at its end when a page is empty, when as
//! many different rows were met as the service counts, or when a page brings
//! nothing new; a short page ends nothing. A page that is row by row the page before
//! brings nothing new, also where its rows have no id: telling it from another page
//! of the very same rows is beyond anybody, and the count then says what is missing.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::{Finding, ReadOptions, Severity, SourceError, TimeRange};
use signon_kit::digest::content_id;
use signon_kit::framer::{Framer as _, FramingError, Row};
use signon_kit::http::{Body, Request, Response, Transport};
use signon_kit::range::SecondRange;
use signon_kit::resume::Met;
use signon_kit::session::{Flow, Pages, Service};

use crate::config::Config;
use crate::cursor::Cursor;
use crate::framing::RowFramer;
use crate::page::Page;
use crate::query::{self, Asked};
use crate::reading::AuditRow;
use crate::seen_rows::{Entry, Key, MOST_ROWS, SeenRows};
use crate::{response_errors, stats};

/// A reading under way.
#[derive(Debug)]
pub struct Reading {
    config: Config,
    options: ReadOptions,
    asked: Asked,
    /// Every row met since the first page of this session.
    seen: SeenRows,
    /// Number of the page to read or being read, from 1.
    number: u32,
    page: Page,
    /// Keys of the rows of the page before.
    previous: Vec<u64>,
    /// The page is read a second time, being no repetition after all.
    is_told_apart: bool,
    total: Total,
}

/// The service's own count of the range.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Total {
    Unasked,
    Unknown,
    Known(u64),
}

impl Reading {
    /// A reading of `range` from `cursor` on.
    ///
    /// # Errors
    ///
    /// `invalid-config` for a range of anything but whole seconds,
    /// `cursor-expired` for a cursor of another version.
    pub fn open(
        config: Config,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self, SourceError> {
        let cursor = cursor.map(Cursor::decode).transpose()?.filter(|cursor| cursor.rows > 0);
        let number = cursor.as_ref().map_or(1, |cursor| cursor.page);
        Ok(Self {
            config,
            options,
            asked: SecondRange::try_from(range)?.into(),
            seen: cursor.map(SeenRows::from).unwrap_or_default(),
            number,
            page: Page::new(false),
            previous: Vec::new(),
            is_told_apart: false,
            total: Total::Unasked,
        })
    }

    /// Whether a row is what stood at its place of the page before, or else what to do.
    fn pass_repeated(&mut self, short: u64) -> Option<Flow> {
        if !self.page.is_repeating {
            return None;
        }
        if self.previous.get(self.page.keys.len()) == Some(&short) {
            self.page.keys.push(short);
            return Some(Flow::Passed);
        }
        self.page.is_repeating = false;
        if self.page.keys.is_empty() {
            return None;
        }
        // Alike at its head only: what was held back is needed after all.
        self.is_told_apart = true;
        Some(Flow::Again)
    }

    fn enter(&mut self, key: &Key, short: u64) -> Entry {
        self.page.keys.push(short);
        let entry = self.seen.enter(key);
        self.page.new_rows += u64::from(entry.is_new);
        entry
    }

    fn go_on(&mut self, met: Met) -> Result<Flow, SourceError> {
        if met == Met::Changed {
            return Ok(self.read_range_whole());
        }
        if self.seen.rows() >= MOST_ROWS {
            return Err(SourceError::Malformed(format!(
                "more than {MOST_ROWS} rows in one range; set a shorter longest_range, or the \
                 other page_style if the service ignores the page number"
            )));
        }
        Ok(Flow::Passed)
    }

    /// The rows are not those the cursor was made on: all of them are returned.
    fn read_range_whole(&mut self) -> Flow {
        self.seen = SeenRows::default();
        self.number = 1;
        self.previous.clear();
        self.is_told_apart = false;
        Flow::Again
    }

    /// What an operator should know about how the range ended. All of it are errors:
    /// they make the range unproven.
    fn shortfall(&self, last: &Page, nothing_new: bool) -> Option<Finding> {
        let met = self.seen.distinct();
        let missing = match self.total {
            Total::Known(total) if met >= total => return None,
            Total::Known(total) => Some(total),
            _ => None,
        };
        if !last.keys.is_empty() && nothing_new {
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

impl Pages for Reading {
    const SERVICE: Service = Service { name: "the audit service", endpoint: "base_url" };

    type Framer = RowFramer;

    fn request(&self) -> Request {
        query::events(&self.config, self.asked, self.number)
    }

    fn open<B: Body>(&mut self, response: Response<B>) -> Result<(RowFramer, B), SourceError> {
        let may_repeat = !self.previous.is_empty() && !self.is_told_apart;
        let mut framer = RowFramer::default();
        match response.status {
            200 => self.page = Page::new(may_repeat),
            // No content is no events.
            204 => {
                self.page = Page::new(false);
                framer.push(b"{}");
                framer.finish();
            }
            _ => return Err(response_errors::error(response, &self.config)),
        }
        Ok((framer, response.body))
    }

    fn row(
        &mut self,
        batch: &mut BatchBuilder,
        Row { framer, bytes, number }: Row<'_, RowFramer>,
    ) -> Result<Flow, SourceError> {
        let is_listed = framer.in_list();
        // A root of `null` is one way to write a list of nothing.
        if !is_listed && bytes.trim_ascii() == b"null" {
            return Ok(Flow::On);
        }
        let row = AuditRow::read(bytes, framer.form());
        if !is_listed && !row.is_event() {
            let digest = content_id(bytes);
            return Err(SourceError::Malformed(format!(
                "the audit service answered 200 with something that is no list of events \
                 ({digest}); is base_url the pod's login host?"
            )));
        }
        let short = row.page_key();
        if let Some(flow) = self.pass_repeated(short) {
            return Ok(flow);
        }
        let entry = self.enter(&row.key, short);
        if entry.met == Met::New {
            row.gather(batch, entry.id, number, self.options);
        }
        self.go_on(entry.met)
    }

    fn too_long(
        &mut self,
        batch: &mut BatchBuilder,
        length: usize,
        number: u64,
    ) -> Result<Flow, SourceError> {
        let content = format!("{length} bytes");
        let reason = format!("the row is too long to read: {content}");
        let key = Key::Content(content);
        let short = key.short();
        if let Some(flow) = self.pass_repeated(short) {
            return Ok(flow);
        }
        let met = self.enter(&key, short).met;
        if met == Met::New {
            batch.reject(reason, number, b"", None);
        }
        self.go_on(met)
    }

    fn end_page<T: Transport>(
        &mut self,
        batch: &mut BatchBuilder,
        framer: &RowFramer,
        transport: &mut T,
    ) -> Result<Flow, SourceError> {
        if framer.is_blank() {
            return Err(SourceError::Malformed(
                "the audit service answered 200 with nothing in it; is there a proxy in between?"
                    .to_owned(),
            ));
        }
        let page = std::mem::replace(&mut self.page, Page::new(false));
        let rows = page.keys.len();
        if page.is_repeating && rows > 0 && rows < self.previous.len() {
            // Only the head of the page before: these are other rows.
            self.is_told_apart = true;
            return Ok(Flow::Again);
        }
        self.is_told_apart = false;
        if self.total == Total::Unasked {
            // Only now, so that rows that came in while the page was read count.
            self.total = match stats::ask(transport, &self.config, self.asked)? {
                Ok(total) => Total::Known(total),
                Err(finding) => {
                    batch.findings.push(finding);
                    Total::Unknown
                }
            };
        }
        let nothing_new = page.is_repeating || page.new_rows == 0;
        let is_end = match self.total {
            _ if rows == 0 => true,
            Total::Known(total) if self.seen.is_whole() => {
                nothing_new || self.seen.distinct() >= total
            }
            _ => nothing_new,
        };
        if !is_end {
            self.previous = page.keys;
            self.number = self.number.saturating_add(1);
            self.seen.turn_to(self.number);
            return Ok(Flow::On);
        }
        if self.seen.is_behind() {
            // Fewer rows than were read before.
            return Ok(self.read_range_whole());
        }
        batch.findings.extend(self.shortfall(&page, nothing_new));
        Ok(Flow::End)
    }

    fn unreadable(&self, error: FramingError) -> SourceError {
        SourceError::Malformed(if error.is_cut {
            format!(
                "the answer of the audit service is cut off: {error}; the range is tried again \
                 later"
            )
        } else {
            format!(
                "the audit service answered what cannot be read: {error}; is base_url the pod's \
                 login host?"
            )
        })
    }

    fn cursor(&self) -> Vec<u8> {
        self.seen.cursor().encode()
    }

    fn source_total(&self) -> Option<u64> {
        match self.total {
            Total::Known(total) => Some(total),
            Total::Unasked | Total::Unknown => None,
        }
    }
}
