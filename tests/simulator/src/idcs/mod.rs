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
mod routes;
mod rows;
mod schema;
mod search;
mod token;
mod view;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{StatusCode, header};

use crate::answer::{Answer, Refused};
use crate::api::{Api, Call};
use crate::client_files::{Address, ClientFiles, quoted};
use crate::faults::{Fault, Faults};
use crate::injection::place_of;
use crate::prng::Prng;
use bearer::{Bearer, Role};
pub(crate) use client::IdcsClient;
use error::ScimError;
use error::not_found;
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

    fn perform(
        &self,
        call: &Call<'_>,
        operation: &Operation,
        random: &mut Prng,
    ) -> Result<Answer, Refused> {
        if *operation == Operation::Token {
            return self.token(call, random);
        }
        let token = call.credentials("Bearer").ok_or_else(|| Refused(error::unauthorized(None)))?;
        let role = self
            .bearer
            .check(token, call.now)
            .map_err(|reason| Refused(error::unauthorized(Some(reason))))?;
        let place = place_of(&[call.query.as_bytes(), call.body]);
        let token = place_of(&[token.as_bytes()]);
        if call.injector.taken_back(place, token) {
            call.count_fault();
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
        let sent = call.header(header::CONTENT_TYPE);
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
        let fault = call.injector.strike_bearer(random, place, token);
        let cut = match call.spoil(fault, error::spoilt) {
            Ok(cut) => cut,
            Err(answer) => return answer,
        };
        let page = match self.settings.retired {
            true => presence::Page::default(),
            false => self.rows.search(search, call.now),
        };
        let mut answer = json(call, self.body(search, &page));
        answer.cut = cut;
        if !cut {
            self.rows.served(&page);
            call.count_page(page.rows.len());
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

impl Api for Idcs {
    fn answer(&self, call: &Call<'_>, random: &mut Prng) -> Result<Answer, Refused> {
        self.perform(call, &routes::find(call.method, call.path)?, random)
    }

    fn records(&self) -> usize {
        self.rows.len()
    }

    fn ids(&self) -> BTreeSet<String> {
        self.rows.ids()
    }

    fn client_files(&self, at: &Address<'_>) -> ClientFiles {
        let url = format!("{}/idcs", at.url);
        let IdcsClient { id, secret, key_pem, .. } = &self.client;
        ClientFiles {
            private: vec![
                ("idcs_client_secret", secret.clone()),
                ("idcs_client_key.pem", key_pem.clone()),
            ],
            public: Vec::new(),
            settings: format!(
                "domain_url = {}\n\
                 # Every event of the domain, so that what is delivered can be compared with all there are.\n\
                 classes = [\"sign-on\", \"account\", \"other\"]\n",
                quoted(&url)
            ),
            credentials: format!(
                "type = \"oauth2_client_credentials\", client_id = {}, client_secret_file = {}",
                quoted(id),
                at.path("idcs_client_secret")
            ),
            instead: String::new(),
            own_settings: serde_json::json!({
                "domain_url": url,
                "auth": { "client_id": id, "client_secret": secret },
            }),
        }
    }
}

/// A reply in the media type asked for; both are known.
fn json(call: &Call<'_>, body: Vec<Bytes>) -> Answer {
    let accept = call.header(header::ACCEPT).unwrap_or_default();
    let scim = accept.contains("application/scim+json") && !accept.contains("application/json");
    let mut answer = Answer::json(StatusCode::OK, body);
    answer.content_type = if scim { "application/scim+json;charset=utf-8" } else { error::JSON };
    answer
}
