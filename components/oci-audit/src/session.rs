//! One reading of one range: pages by the token of the one before.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::{BatchLimits, ReadOptions, SourceError, TimeRange};
use signon_kit::digest::content_id;
use signon_kit::framer::{Framer, Row};
use signon_kit::http::{Body, Request, Response, Transport};
use signon_kit::json_framer::JsonFramer;
use signon_kit::range::MinuteRange;
use signon_kit::record_id::{Equals, MOST_EQUALS};
use signon_kit::resume::{Met, Resume};
use signon_kit::session::{Flow, Pages, Service};

use crate::config::StreamTarget;
use crate::cursor::Cursor;
use crate::normalize::Origin;
use crate::query;
use crate::reading::Taker;
use crate::response_errors;

/// Room for a record that is only looked at.
const ONE: BatchLimits = BatchLimits { events: 1, bytes: 1, soft_deadline_ms: 0 };

/// A reading under way.
#[derive(Debug)]
pub struct Reading {
    target: StreamTarget,
    taker: Taker,
    range: MinuteRange,
    /// Token of the page where to go on, and what was read since: that is the page under
    /// way but where sign-ons without an id were met. Those are named by how many equal
    /// ones came before, so reading goes on from before the first of them.
    since: (Option<String>, Resume),
    /// Token of the page to be opened, or under way.
    token: Option<String>,
    /// Token of the page behind it.
    next: Option<String>,
}

impl Reading {
    /// A reading of `range` from `cursor` on.
    ///
    /// # Errors
    ///
    /// `invalid-config` for a range of anything but whole minutes,
    /// `cursor-expired` for a cursor of another version.
    pub fn open(
        target: StreamTarget,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<Self, SourceError> {
        let Cursor { page, records, head } =
            cursor.map(Cursor::decode).transpose()?.unwrap_or_default();
        let origin =
            Origin { region: Some(target.region.name.clone()), realm: target.region.realm.clone() };
        Ok(Self {
            target,
            taker: Taker::new(origin, options),
            range: range.try_into()?,
            since: (page.clone(), Resume::behind(records, head)),
            token: page,
            next: None,
        })
    }

    fn meet(&mut self, id: &str) -> Flow {
        match self.since.1.meet(id) {
            Met::New | Met::Known => Flow::On,
            Met::Changed => self.read_pages_whole(),
        }
    }

    /// The records are not those the cursor was made on: all of them are returned.
    fn read_pages_whole(&mut self) -> Flow {
        self.token = self.since.0.clone();
        self.since.1 = Resume::default();
        self.taker.equals = Equals::default();
        Flow::Again
    }
}

impl Pages for Reading {
    const SERVICE: Service = Service { name: "the OCI Audit API", endpoint: "the endpoint" };

    type Framer = JsonFramer;

    fn request(&self) -> Request {
        query::request(&self.target, self.range, self.token.as_deref())
    }

    fn open<B: Body>(&mut self, response: Response<B>) -> Result<(JsonFramer, B), SourceError> {
        if response.status != 200 {
            return Err(response_errors::error(response, self.token.is_some()));
        }
        let next = response.header("opc-next-page").filter(|next| !next.is_empty());
        if next.is_some() && next == self.token.as_deref() {
            return Err(SourceError::Malformed(
                "the OCI Audit API names a page as its own successor; reading it would never end"
                    .to_owned(),
            ));
        }
        self.next = next.map(str::to_owned);
        Ok((JsonFramer::of_records(), response.body))
    }

    fn row(
        &mut self,
        batch: &mut BatchBuilder,
        Row { framer, bytes, number }: Row<'_, JsonFramer>,
    ) -> Result<Flow, SourceError> {
        // An answer is an array; anything else is not the API's.
        if !framer.in_list() {
            let digest = content_id(bytes);
            return Err(SourceError::Malformed(format!(
                "the OCI Audit API answered 200 with what is no list of records ({digest}); is \
                 there a proxy in between?"
            )));
        }
        let id = if self.since.1.is_behind() {
            // Taken as before, so that it gets the same name, and let go.
            self.taker.take(&mut BatchBuilder::new(ONE), bytes, number)
        } else {
            self.taker.take(batch, bytes, number)
        };
        let flow = self.meet(&id);
        if self.taker.equals.is_full() {
            return Err(SourceError::Malformed(format!(
                "{MOST_EQUALS} sign-ons without an id in one range; set a shorter longest_range"
            )));
        }
        Ok(flow)
    }

    fn too_long(
        &mut self,
        batch: &mut BatchBuilder,
        length: usize,
        number: u64,
    ) -> Result<Flow, SourceError> {
        if !self.since.1.is_behind() {
            batch.reject_too_long(length, number);
        }
        Ok(self.meet(""))
    }

    fn end_page<T: Transport>(
        &mut self,
        _: &mut BatchBuilder,
        framer: &JsonFramer,
        _: &mut T,
    ) -> Result<Flow, SourceError> {
        if framer.is_blank() {
            return Err(SourceError::Malformed(
                "the OCI Audit API answered 200 with nothing in it; is there a proxy in between?"
                    .to_owned(),
            ));
        }
        let is_behind = self.since.1.is_behind();
        match self.next.take() {
            Some(next) => {
                if self.taker.equals.is_empty() && !is_behind {
                    self.since = (Some(next.clone()), Resume::default());
                }
                self.token = Some(next);
                Ok(Flow::On)
            }
            // Fewer records than were read before.
            None if is_behind => Ok(self.read_pages_whole()),
            None => Ok(Flow::End),
        }
    }

    fn cursor(&self) -> Vec<u8> {
        let (page, (records, head)) = (self.since.0.clone(), self.since.1.place());
        Cursor { page, records, head }.encode()
    }
}
