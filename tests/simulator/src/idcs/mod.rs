//! An identity domain (IDCS): the token endpoint and `AuditEvents`.
//!
//! The invariant: behind the token endpoint nothing is answered without a
//! bearer token that this domain issued, and nobody gets more than the role in
//! the token allows.

mod assertion;
mod bearer;
mod client;
mod discovery;
mod error;
mod filter;
mod filter_text;
mod presence;
mod rows;
mod schema;
mod search;
mod token;
mod view;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{StatusCode, header};

use crate::answer::{Answer, Refused};
use crate::faults::{Fault, Faults};
use crate::injection::{InjectedFault, place_of};
use crate::prng::Prng;
use crate::server::Call;
use bearer::{Bearer, Role};
pub(crate) use client::{IdcsClient, secret};
use error::ScimError;
pub(crate) use error::{method_not_allowed, not_found};
pub(crate) use rows::Row;
use rows::Rows;
use search::{Search, Shown};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Token,
    List,
    Search,
    /// By id.
    Get(String),
    Schemas,
    /// By URN.
    Schema(String),
    ResourceTypes,
    /// By name.
    ResourceType(String),
    ServiceProviderConfig,
}

/// How the domain behaves.
struct Settings {
    /// Seconds.
    token_lifetime: i64,
    /// What the client may do.
    role: Role,
    plain_errors: bool,
    retired: bool,
}

/// The domain.
pub(crate) struct Idcs {
    settings: Settings,
    client: IdcsClient,
    bearer: Bearer,
    rows: Rows,
}

impl Idcs {
    /// `token_lifetime` in seconds.
    pub(crate) fn new(
        client: IdcsClient,
        rows: Vec<Row>,
        seed: u64,
        token_lifetime: u64,
        faults: &Faults,
    ) -> Self {
        let rows = match faults.has(Fault::IdcsFinerTimes) {
            true => rows::finer(rows, seed),
            false => rows,
        };
        let role = match faults.has(Fault::IdcsLeastPrivilege) {
            true => Role::AuditAdministrator,
            false => Role::IdentityDomainAdministrator,
        };
        Self {
            settings: Settings {
                token_lifetime: i64::try_from(token_lifetime).unwrap_or(i64::MAX),
                role,
                plain_errors: faults.has(Fault::IdcsPlainErrors),
                retired: faults.has(Fault::IdcsRetired),
            },
            client,
            bearer: Bearer::new(),
            rows: Rows::new(rows, seed, faults.late(), faults.has(Fault::IdcsMoving)),
        }
    }

    pub(crate) fn client(&self) -> &IdcsClient {
        &self.client
    }

    pub(crate) fn records(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.rows.ids()
    }

    pub(crate) fn answer(
        &self,
        call: &Call<'_>,
        operation: &Operation,
        random: &mut Prng,
    ) -> Result<Answer, Refused> {
        if *operation == Operation::Token {
            return self.token(call, random);
        }
        let token = bearer_token(call).ok_or_else(|| Refused(error::unauthorized(None)))?;
        let role = self
            .bearer
            .check(token, call.now)
            .map_err(|reason| Refused(error::unauthorized(Some(reason))))?;
        let place = place_of(&[call.query.as_bytes(), call.body]);
        let token = place_of(&[token.as_bytes()]);
        if call.injector.taken_back(place, token) {
            call.counters.update(|counts| counts.faults += 1);
            return Ok(error::unauthorized(Some("the token was taken back")));
        }
        let reads = matches!(operation, Operation::List | Operation::Get(_));
        if role == Role::AuditAdministrator && !reads {
            return Err(self.refuse(&ScimError::generic(StatusCode::FORBIDDEN)));
        }
        let found = match operation {
            Operation::List | Operation::Search => {
                let search = self.read(call, operation).map_err(|error| self.refuse(&error))?;
                return Ok(self.search(call, &search, place, token, random));
            }
            Operation::Get(id) => {
                let row = self.rows.get(id, call.now).filter(|_| !self.settings.retired);
                return row.map(|row| json(call, vec![row])).ok_or_else(not_found);
            }
            Operation::Schemas => Some(discovery::schemas()),
            Operation::Schema(urn) => discovery::schema(urn),
            Operation::ResourceTypes => Some(discovery::resource_types()),
            Operation::ResourceType(name) => discovery::resource_type(name),
            Operation::ServiceProviderConfig | Operation::Token => {
                Some(discovery::service_provider_config())
            }
        };
        let found = found.ok_or_else(not_found)?;
        Ok(json(call, vec![Bytes::from(found.to_string())]))
    }

    fn refuse(&self, error: &ScimError) -> Refused {
        Refused(error.answer(self.settings.plain_errors))
    }

    fn read(&self, call: &Call<'_>, operation: &Operation) -> Result<Search, ScimError> {
        if *operation == Operation::List {
            return Search::from_query(call.query);
        }
        let sent = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = sent.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        let known = ["application/scim+json", "application/json"];
        match known.iter().any(|known| media_type.eq_ignore_ascii_case(known)) {
            true => Search::from_body(call.body),
            false => Err(ScimError::generic(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
        }
    }

    fn search(
        &self,
        call: &Call<'_>,
        search: &Search,
        place: u64,
        token: u64,
        random: &mut Prng,
    ) -> Answer {
        let strike = call.injector.strike_bearer(random, place, token);
        if let Some(strike) = strike {
            call.counters.update(|counts| counts.faults += 1);
            if let Some(answer) = error::spoilt(strike) {
                return answer;
            }
        }
        let page = match self.settings.retired {
            true => presence::Page::default(),
            false => self.rows.search(search, call.now),
        };
        let mut answer = json(call, self.body(search, &page));
        answer.cut = strike == Some(InjectedFault::Cut);
        if !answer.cut {
            self.rows.served(&page);
            call.counters.update(|counts| {
                counts.pages += 1;
                counts.records += page.rows.len() as u64;
            });
        }
        answer
    }

    fn body(&self, search: &Search, page: &presence::Page) -> Vec<Bytes> {
        let number = search.shown == Shown::Number;
        // As in Oracle's sample of a reply without rows.
        let schema = match search.count {
            0 => "urn:scim:api:messages:2.0:ListResponse",
            _ => "urn:ietf:params:scim:api:messages:2.0:ListResponse",
        };
        let total = if number { 1 } else { page.total };
        let head = format!("{{\"schemas\":[\"{schema}\"],\"totalResults\":{total},\"Resources\":");
        // The size asked for, not the number of rows.
        let tail = format!(",\"startIndex\":{},\"itemsPerPage\":{}}}", search.start, search.count);
        let rows = match number {
            true => vec![Bytes::from(format!("[{{\"count\":{}}}]", page.total))],
            false => self.rows.body(&page.rows, &search.shown),
        };
        [vec![Bytes::from(head)], rows, vec![Bytes::from(tail)]].concat()
    }
}

fn bearer_token<'a>(call: &Call<'a>) -> Option<&'a str> {
    let value = call.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

/// A reply in the media type asked for; both are known.
fn json(call: &Call<'_>, body: Vec<Bytes>) -> Answer {
    let accept = call.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let accept = accept.unwrap_or_default();
    let scim = accept.contains("application/scim+json") && !accept.contains("application/json");
    let mut answer = Answer::json(StatusCode::OK, body);
    answer.content_type = if scim { "application/scim+json;charset=utf-8" } else { error::JSON };
    answer
}
