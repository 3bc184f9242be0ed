//! The sign-in and sign-out audit of Oracle Access Manager in Fusion.
//!
//! The invariant: what Oracle's page says holds always; what it leaves open
//! (order, bounds, rendering, page size) is the same for a whole run and set by
//! an option, so that a client that guesses is found out by one of them.

mod event;
mod json;
mod query;
mod routes;
mod xml;

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::StatusCode;

use crate::answer::{Answer, Refused};
use crate::api::{Api, Call, Failure};
use crate::client_files::{Address, ClientFiles, quoted};
use crate::faults::{Fault, Faults, OamBounds, OamOrder, OamPageStyle, OamRendering};
use crate::injection::place_of;
use crate::lateness::Lateness;
use crate::prng::{Prng, mix};
use crate::secrets::secret;
pub(crate) use event::{Event, Row, User};
use query::{Media, Period};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The page may stand in the path.
    Events {
        page: Option<String>,
    },
    Stats,
}

/// Who may read the audit.
pub(crate) struct OamUser {
    name: &'static str,
    password: String,
}

impl OamUser {
    pub(crate) const NAME: &str = "audit.reader@example.com";

    fn new() -> Self {
        // A colon belongs to the password, not to what separates it.
        Self { name: Self::NAME, password: secret("", ":~ %+&\".") }
    }
}

/// How the service behaves.
struct Settings {
    rendering: OamRendering,
    ignored: Option<OamPageStyle>,
    bounds: OamBounds,
    page_limit: usize,
    stats: bool,
    forbidden: bool,
}

/// The service.
pub(crate) struct Oam {
    settings: Settings,
    user: OamUser,
    /// In the order in which events are listed.
    rows: Vec<Row>,
    late: Lateness,
}

impl Oam {
    pub(crate) fn new(mut rows: Vec<Row>, seed: u64, faults: &Faults) -> Self {
        let order = faults.find(|fault| match fault {
            Fault::OamOrder { order } => Some(*order),
            _ => None,
        });
        rows.sort_by_key(|row| row.event.access_time);
        match order.unwrap_or_default() {
            OamOrder::Ascending => {}
            OamOrder::Descending => rows.reverse(),
            OamOrder::Shuffled => {
                let mut numbered: Vec<_> = rows.into_iter().enumerate().collect();
                numbered.sort_by_key(|(row, _)| mix(seed, *row as u64));
                rows = numbered.into_iter().map(|(_, row)| row).collect();
            }
        }
        if faults.has(Fault::OamNoIds) {
            rows.iter_mut().for_each(|row| row.event.id = None);
        }
        let page_limit = faults.find(|fault| match fault {
            Fault::OamPageLimit { rows } => usize::try_from(*rows).ok(),
            _ => None,
        });
        Self {
            settings: Settings {
                rendering: faults
                    .find(|fault| match fault {
                        Fault::OamRendering { rendering } => Some(*rendering),
                        _ => None,
                    })
                    .unwrap_or_default(),
                ignored: faults.find(|fault| match fault {
                    Fault::OamIgnorePage { style } => Some(*style),
                    _ => None,
                }),
                bounds: faults
                    .find(|fault| match fault {
                        Fault::OamBounds { bounds } => Some(*bounds),
                        _ => None,
                    })
                    .unwrap_or_default(),
                page_limit: page_limit.unwrap_or(usize::MAX),
                stats: !faults.has(Fault::OamNoStats),
                forbidden: faults.has(Fault::OamForbidden),
            },
            user: OamUser::new(),
            late: Lateness::new(mix(seed ^ 0x0a3, 0x1a7e), rows.len(), faults.late()),
            rows,
        }
    }

    fn perform(
        &self,
        call: &Call<'_>,
        operation: &Operation,
        random: &mut Prng,
    ) -> Result<Answer, Refused> {
        self.authenticate(call)?;
        let media = Media::accepted(call.headers)
            .ok_or_else(|| refused(StatusCode::NOT_ACCEPTABLE, "use application/json or xml"))?;
        match operation {
            Operation::Stats if !self.settings.stats => {
                Err(refused(StatusCode::NOT_FOUND, "Not Found"))
            }
            Operation::Stats => self.stats(call, media, random),
            Operation::Events { page } => self.events(call, page.as_deref(), media, random),
        }
    }

    fn authenticate(&self, call: &Call<'_>) -> Result<(), Refused> {
        let expected = STANDARD.encode(format!("{}:{}", self.user.name, self.user.password));
        let proven = call.credentials("Basic").is_some_and(|sent| sent == expected);
        if !proven {
            let mut refused = refused(StatusCode::UNAUTHORIZED, "Invalid Credentials supplied");
            let challenge = "Basic realm=\"audit_auth\"".to_owned();
            refused.0.headers.push(("www-authenticate", challenge));
            return Err(refused);
        }
        match self.settings.forbidden {
            true => Err(refused(StatusCode::FORBIDDEN, "Access Denied")),
            false => Ok(()),
        }
    }

    fn events(
        &self,
        call: &Call<'_>,
        page: Option<&str>,
        media: Media,
        random: &mut Prng,
    ) -> Result<Answer, Refused> {
        let invalid = |reason: String| {
            refused(StatusCode::BAD_REQUEST, &format!("Invalid Request: {reason}"))
        };
        let period = Period::read(call.query).map_err(invalid)?;
        let asked = query::page(call.query, page).map_err(invalid)?;
        let ignored = matches!(
            (self.settings.ignored, page),
            (Some(OamPageStyle::Both), _)
                | (Some(OamPageStyle::Query), None)
                | (Some(OamPageStyle::Path), Some(_))
        );
        let number = if ignored { 1 } else { asked.number };
        let place = place_of(&[page.unwrap_or_default().as_bytes(), call.query.as_bytes()]);
        let cut = match strike(call, place, random) {
            Ok(cut) => cut,
            Err(answer) => return Ok(answer),
        };
        let size = asked.size.min(self.settings.page_limit);
        let (rows, passed) = self.page(call, &period, number, size);
        let events: Vec<&Event> = rows.iter().map(|row| &self.rows[*row].event).collect();
        let rendering = &self.settings.rendering;
        let mut answer = media.answer(match media {
            Media::Json => json::events(&events, rendering).to_string(),
            Media::Xml => xml::events(&events, rendering),
        });
        answer.cut = cut;
        if !cut {
            passed.iter().for_each(|row| self.late.reveal(*row));
            call.count_page(rows.len());
        }
        Ok(answer)
    }

    /// The rows of a page, and the late ones that it would have shown or passed.
    fn page(
        &self,
        call: &Call<'_>,
        period: &Period,
        number: usize,
        size: usize,
    ) -> (Vec<usize>, Vec<usize>) {
        let (late, there): (Vec<usize>, Vec<usize>) =
            self.within(call, period).into_iter().partition(|row| self.late.hides(*row));
        let from = size.saturating_mul(number - 1).min(there.len());
        let to = from.saturating_add(size).min(there.len());
        let passed = match there[..to].last() {
            Some(last) if to < there.len() => late.into_iter().filter(|row| row < last).collect(),
            _ => late,
        };
        (there[from..to].to_vec(), passed)
    }

    fn within(&self, call: &Call<'_>, period: &Period) -> Vec<usize> {
        let found = |row: &usize| {
            let row = &self.rows[*row];
            row.stored <= call.now
                && self.settings.bounds.hold(period.from, period.to, row.event.access_time)
        };
        (0..self.rows.len()).filter(found).collect()
    }

    fn stats(&self, call: &Call<'_>, media: Media, random: &mut Prng) -> Result<Answer, Refused> {
        let period = Period::read(call.query).map_err(|reason| {
            refused(StatusCode::BAD_REQUEST, &format!("Invalid Request: {reason}"))
        })?;
        let place = place_of(&[b"stats", call.query.as_bytes()]);
        let cut = match strike(call, place, random) {
            Ok(cut) => cut,
            Err(answer) => return Ok(answer),
        };
        let count = self.within(call, &period).iter().filter(|row| !self.late.hides(**row)).count();
        let rendering = &self.settings.rendering;
        let mut answer = media.answer(match media {
            Media::Json => json::count(count, rendering).to_string(),
            Media::Xml => xml::count(count, rendering),
        });
        answer.cut = cut;
        Ok(answer)
    }
}

impl Api for Oam {
    fn answer(&self, call: &Call<'_>, random: &mut Prng) -> Result<Answer, Refused> {
        self.perform(call, &routes::find(call.method, call.path)?, random)
    }

    fn records(&self) -> usize {
        self.rows.len()
    }

    /// `eventID`s of the events that have one.
    fn ids(&self) -> BTreeSet<String> {
        self.rows.iter().filter_map(|row| Some(row.event.id?.to_string())).collect()
    }

    fn client_files(&self, at: &Address<'_>) -> ClientFiles {
        let OamUser { name, password } = &self.user;
        ClientFiles {
            private: vec![("oam_password", password.clone())],
            public: Vec::new(),
            settings: format!("base_url = {}\n", quoted(at.url)),
            credentials: format!(
                "type = \"basic\", username = {}, password_file = {}",
                quoted(name),
                at.path("oam_password")
            ),
            instead: String::new(),
            own_settings: serde_json::json!({
                "base_url": at.url,
                "auth": { "username": name, "password": password },
            }),
        }
    }
}

/// Whether the answer is to be cut, or the answer that takes its place. The
/// service does not know 429: it is throttled by 503, "retry after some time".
fn strike(call: &Call<'_>, place: u64, random: &mut Prng) -> Result<bool, Answer> {
    let unavailable = "Service Temporarily Unavailable. Please retry request after some time";
    call.spoil(call.injector.strike(random, place, None), |failure| {
        let status = match failure {
            Failure::Broken(status) => status,
            // There are no tokens here that could expire.
            Failure::Throttled | Failure::TokenExpired => StatusCode::SERVICE_UNAVAILABLE,
        };
        refused(status, unavailable).0
    })
}

/// A refusal; Oracle does not describe the bodies.
fn refused(status: StatusCode, reason: &str) -> Refused {
    let mut answer = Answer::json(status, vec![Bytes::from(reason.to_owned())]);
    answer.content_type = "text/plain";
    Refused(answer)
}
