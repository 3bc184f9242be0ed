//! OCI Audit: `ListEvents` and `GetConfiguration`.
//!
//! The invariant: a reading (a first page and the pages its tokens lead to)
//! shows every record once that was visible when it began, whatever happens
//! meanwhile. Ranges are on processing time, as the service documents, not on
//! the time of the event.

mod pages;
mod query;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::StatusCode;

use crate::answer::{Answer, Refusal};
use crate::injection::{InjectedFault, Injector};
use crate::prng::Prng;
use crate::query_string::QueryString;
use crate::record_store::RecordStore;
use crate::statistics::Counters;
use pages::{PageToken, Readings, TokenKey};
use query::ListEvents;

/// Days that Oracle keeps audit records; the ceiling that `GetConfiguration`
/// documents.
const RETENTION_DAYS: u32 = 365;

/// How the service behaves.
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) page_size: usize,
    pub(crate) tenancy: String,
    pub(crate) empty_compartment: String,
    pub(crate) shuffle: bool,
    pub(crate) late: f64,
    pub(crate) strict_minutes: bool,
    /// Ranges that touch this are answered in HTML.
    pub(crate) html: Option<(i64, i64)>,
}

/// One authenticated request.
pub(crate) struct Call<'a> {
    /// Index of the region whose endpoint was called.
    pub(crate) region: usize,
    pub(crate) query: &'a str,
    /// The simulator's time, Unix milliseconds.
    pub(crate) now: i64,
    pub(crate) injector: &'a Injector,
    pub(crate) counters: &'a Counters,
}

/// How a page is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Serving {
    Whole,
    /// Without records, but with a token for the same place.
    Empty,
    /// The connection ends in the middle.
    Cut,
}

/// The service, with one store of records for each region.
pub(crate) struct OciAudit {
    settings: Settings,
    stores: Vec<RecordStore>,
    nothing: RecordStore,
    readings: Readings,
    tokens: TokenKey,
}

impl OciAudit {
    pub(crate) fn new(stores: Vec<RecordStore>, settings: Settings) -> Self {
        Self {
            readings: Readings::new(&stores, settings.seed, settings.shuffle, settings.late),
            tokens: TokenKey::new(settings.seed),
            nothing: RecordStore::default(),
            stores,
            settings,
        }
    }

    pub(crate) fn records(&self) -> usize {
        self.stores.iter().map(RecordStore::len).sum()
    }

    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.stores.iter().flat_map(RecordStore::ids).collect()
    }

    /// `GET /20190901/auditEvents`
    pub(crate) fn list_events(
        &self,
        call: &Call<'_>,
        random: &mut Prng,
    ) -> Result<Answer, Refusal> {
        let query = ListEvents::read(call.query, self.settings.strict_minutes)?;
        let store = self.store(call.region, &query.compartment)?;
        if self.settings.html.is_some_and(|(from, to)| query.start < to && from < query.end) {
            call.counters.update(|counts| counts.faults += 1);
            return Ok(Answer::html(StatusCode::OK));
        }
        let digest = query.digest(call.region);
        let position = match &query.page {
            Some(token) => self.tokens.open(token, digest)?,
            None => self.readings.begin(digest, call.now),
        };
        let token = query.page.as_deref().map(pages::fingerprint);
        let strike = call.injector.strike(random, position.place(), token);
        if strike.is_some() {
            call.counters.update(|counts| counts.faults += 1);
        }
        match strike {
            Some(InjectedFault::Throttle { retry_after }) => Ok(throttled(retry_after)),
            Some(InjectedFault::ServerError { status, json }) => Ok(server_error(status, json)),
            Some(InjectedFault::ExpireToken) => Ok(expired().into()),
            Some(InjectedFault::Cut) => Ok(self.page(call, store, &query, position, Serving::Cut)),
            None if call.injector.empty_page(random, position.empty_pages) => {
                call.counters.update(|counts| counts.faults += 1);
                Ok(self.page(call, store, &query, position, Serving::Empty))
            }
            None => Ok(self.page(call, store, &query, position, Serving::Whole)),
        }
    }

    fn page(
        &self,
        call: &Call<'_>,
        store: &RecordStore,
        query: &ListEvents,
        position: PageToken,
        serving: Serving,
    ) -> Answer {
        let order = self.readings.order(store, call.region, query, &position);
        let from = position.offset.min(order.len());
        let (to, next) = match serving {
            Serving::Empty => (from, Some(position.after_empty_page())),
            Serving::Whole | Serving::Cut => {
                let to = order.len().min(from.saturating_add(self.settings.page_size));
                // A full page may have been the last: the service knows when
                // it looks again, and then answers an empty one.
                let full = to - from == self.settings.page_size;
                (to, full.then(|| position.at(to)))
            }
        };
        if serving != Serving::Cut {
            if next.is_none() {
                self.readings.served(store, call.region, query, &position);
            }
            call.counters.update(|counts| {
                counts.pages += 1;
                counts.records += (to - from) as u64;
            });
        }
        let mut answer = Answer::json(StatusCode::OK, order.body(store, from..to));
        answer.cut = serving == Serving::Cut;
        answer.headers.extend(next.map(|next| ("opc-next-page", self.tokens.seal(&next))));
        answer
    }

    /// `GET /20190901/configuration`
    pub(crate) fn configuration(&self, call: &Call<'_>) -> Result<Answer, Refusal> {
        let query = QueryString::parse(call.query)
            .map_err(|error| Refusal::invalid_parameter(error.to_string()))?;
        query::check_names(&query, &["compartmentId"])?;
        let compartment = query::required(&query, "compartmentId")?;
        self.store(call.region, compartment)?;
        let body = serde_json::json!({ "retentionPeriodDays": RETENTION_DAYS });
        Ok(Answer::json(StatusCode::OK, vec![Bytes::from(body.to_string())]))
    }

    fn store(&self, region: usize, compartment: &str) -> Result<&RecordStore, Refusal> {
        if compartment == self.settings.tenancy {
            return Ok(&self.stores[region]);
        }
        if compartment == self.settings.empty_compartment {
            return Ok(&self.nothing);
        }
        Err(Refusal::not_authorized_or_not_found())
    }
}

fn throttled(retry_after: Option<u64>) -> Answer {
    let mut answer = Answer::from(Refusal::new(
        StatusCode::TOO_MANY_REQUESTS,
        "TooManyRequests",
        "Too many requests for the user.",
    ));
    answer.headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
    answer
}

fn server_error(status: u16, json: bool) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !json {
        return Answer::html(status);
    }
    let code = match status {
        StatusCode::INTERNAL_SERVER_ERROR => "InternalServerError",
        _ => "ServiceUnavailable",
    };
    Refusal::new(status, code, "Internal error, try again.").into()
}

fn expired() -> Refusal {
    Refusal::invalid_parameter("page: this page token has expired")
}
