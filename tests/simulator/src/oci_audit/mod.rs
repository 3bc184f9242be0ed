//! OCI Audit: `ListEvents` and `GetConfiguration`.
//!
//! The invariant: a reading (a first page and the pages its tokens lead to)
//! shows every record once that was visible when it began, whatever happens
//! meanwhile. Ranges are on processing time, as the service documents, not on
//! the time of the event.

mod files;
mod pages;
mod query;
mod routes;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::StatusCode;

use crate::answer::{Answer, Refusal, Refused};
use crate::api::{Api, Call, Failure};
use crate::client_files::{Address, ClientFiles};
use crate::instance;
use crate::prng::Prng;
use crate::query_string::QueryString;
use crate::record_store::RecordStore;
use crate::tenancy::Tenancy;
use crate::traffic::native_id;
use pages::{PageToken, Readings, TokenKey};
use query::ListEvents;
use routes::{AuditOperation, Operation};

/// Days that Oracle keeps audit records; the ceiling that `GetConfiguration`
/// documents.
const RETENTION_DAYS: u32 = 365;

/// How the service behaves.
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) page_size: usize,
    pub(crate) shuffle: bool,
    pub(crate) late: f64,
    pub(crate) strict_minutes: bool,
    /// Ranges that touch this are answered in HTML.
    pub(crate) html: Option<(i64, i64)>,
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
    tenancy: Tenancy,
    settings: Settings,
    stores: Vec<RecordStore>,
    nothing: RecordStore,
    readings: Readings,
    tokens: TokenKey,
}

impl OciAudit {
    pub(crate) fn new(tenancy: Tenancy, stores: Vec<RecordStore>, settings: Settings) -> Self {
        Self {
            tenancy,
            readings: Readings::new(&stores, settings.seed, settings.shuffle, settings.late),
            tokens: TokenKey::new(settings.seed),
            nothing: RecordStore::default(),
            stores,
            settings,
        }
    }

    /// `GET /20190901/auditEvents`
    fn list_events(
        &self,
        call: &Call<'_>,
        region: usize,
        random: &mut Prng,
    ) -> Result<Answer, Refusal> {
        let query = ListEvents::read(call.query, self.settings.strict_minutes)?;
        let store = self.store(region, &query.compartment)?;
        if self.settings.html.is_some_and(|(from, to)| query.start < to && from < query.end) {
            call.count_fault();
            return Ok(Answer::html(StatusCode::OK));
        }
        let digest = query.digest(region);
        let position = match &query.page {
            Some(token) => self.tokens.open(token, digest)?,
            None => self.readings.begin(digest, call.now),
        };
        let token = query.page.as_deref().map(pages::fingerprint);
        let fault = call.injector.strike(random, position.place(), token);
        let serving = match call.spoil(fault, spoilt) {
            Err(answer) => return Ok(answer),
            Ok(true) => Serving::Cut,
            Ok(false) if call.injector.empty_page(random, position.empty_pages) => {
                call.count_fault();
                Serving::Empty
            }
            Ok(false) => Serving::Whole,
        };
        Ok(self.page(call, (region, store), &query, position, serving))
    }

    fn page(
        &self,
        call: &Call<'_>,
        (region, store): (usize, &RecordStore),
        query: &ListEvents,
        position: PageToken,
        serving: Serving,
    ) -> Answer {
        let order = self.readings.order(store, region, query, &position);
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
                self.readings.served(store, region, query, &position);
            }
            call.count_page(to - from);
        }
        let mut answer = Answer::json(StatusCode::OK, order.body(store, from..to));
        answer.cut = serving == Serving::Cut;
        answer.headers.extend(next.map(|next| ("opc-next-page", self.tokens.seal(&next))));
        answer
    }

    /// `GET /20190901/configuration`
    fn configuration(&self, call: &Call<'_>, region: usize) -> Result<Answer, Refusal> {
        let query = QueryString::parse(call.query)
            .map_err(|error| Refusal::invalid_parameter(error.to_string()))?;
        query::check_names(&query, &["compartmentId"])?;
        let compartment = query::required(&query, "compartmentId")?;
        self.store(region, compartment)?;
        let body = serde_json::json!({ "retentionPeriodDays": RETENTION_DAYS });
        Ok(Answer::json(StatusCode::OK, vec![Bytes::from(body.to_string())]))
    }

    fn instance(&self, call: &Call<'_>, operation: instance::Operation) -> Result<Answer, Refusal> {
        let instance = &self.tenancy.instance;
        match operation {
            instance::Operation::Federate => {
                call.signed(|request| instance.federate(request, call.now))
            }
            operation => instance.metadata(operation, call.headers, &self.tenancy.regions[0]),
        }
    }

    fn store(&self, region: usize, compartment: &str) -> Result<&RecordStore, Refusal> {
        if compartment == self.tenancy.names.tenancy {
            return Ok(&self.stores[region]);
        }
        if compartment == self.tenancy.names.empty_compartment {
            return Ok(&self.nothing);
        }
        Err(Refusal::not_authorized_or_not_found())
    }
}

impl Api for OciAudit {
    fn answer(&self, call: &Call<'_>, random: &mut Prng) -> Result<Answer, Refused> {
        match routes::find(call.method, call.path, &self.tenancy.regions)? {
            Operation::Instance(operation) => Ok(self.instance(call, operation)?),
            Operation::Audit { region, operation } => {
                self.tenancy.authenticate(call)?;
                Ok(match operation {
                    AuditOperation::ListEvents => self.list_events(call, region, random)?,
                    AuditOperation::GetConfiguration => self.configuration(call, region)?,
                })
            }
        }
    }

    fn records(&self) -> usize {
        self.stores.iter().map(RecordStore::len).sum()
    }

    fn ids(&self) -> BTreeSet<String> {
        self.stores.iter().flat_map(|store| store.ids(native_id)).collect()
    }

    fn client_files(&self, at: &Address<'_>) -> ClientFiles {
        files::client_files(&self.tenancy, at)
    }
}

fn spoilt(failure: Failure) -> Answer {
    let refusal = match failure {
        Failure::Throttled => Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            "Too many requests for the user.",
        ),
        Failure::TokenExpired => Refusal::invalid_parameter("page: this page token has expired"),
        Failure::Broken(status) => {
            let code = match status {
                StatusCode::INTERNAL_SERVER_ERROR => "InternalServerError",
                _ => "ServiceUnavailable",
            };
            Refusal::new(status, code, "Internal error, try again.")
        }
    };
    refusal.into()
}

/// The first eight bytes of a hash, as a number.
fn first_eight(hash: &[u8]) -> u64 {
    hash.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
