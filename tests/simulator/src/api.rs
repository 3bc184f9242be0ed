//! What a simulated service is: what it answers, and what its clients need.
//!
//! The invariant: faults and pages are counted here, once, whatever the service.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use oci_signature::ReceivedRequest;

use crate::answer::{Answer, Refused};
use crate::client_files::{Address, ClientFiles};
use crate::injection::{InjectedFault, Injector};
use crate::prng::Prng;
use crate::statistics::Counters;

/// A service.
pub(crate) trait Api: Send + Sync {
    /// Answers a request for one of its paths.
    fn answer(&self, call: &Call<'_>, random: &mut Prng) -> Result<Answer, Refused>;

    /// Number of its records, also of those not yet visible.
    fn records(&self) -> usize;

    /// Native ids of all its records that have one.
    fn ids(&self) -> BTreeSet<String>;

    /// What its clients need.
    fn client_files(&self, at: &Address<'_>) -> ClientFiles;
}

/// One request, read whole.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    /// As on the wire, but for the origin that a proxy-style target would carry.
    pub(crate) target: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// Without the question mark, as sent.
    pub(crate) query: &'a str,
    pub(crate) body: &'a [u8],
    /// The simulator's time, Unix milliseconds.
    pub(crate) now: i64,
    pub(crate) injector: &'a Injector,
    pub(crate) counters: &'a Counters,
}

impl<'a> Call<'a> {
    /// A header that is text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What stands behind a scheme in `Authorization`.
    pub(crate) fn credentials(&self, scheme: &str) -> Option<&'a str> {
        let (named, credentials) = self.header(header::AUTHORIZATION)?.split_once(' ')?;
        named.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
    }

    /// What is verified of a signed request.
    pub(crate) fn signed<R>(&self, verify: impl FnOnce(&ReceivedRequest<'_>) -> R) -> R {
        let text = |(name, value): (&'a HeaderName, &'a http::HeaderValue)| {
            Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?))
        };
        let headers: Vec<(&str, &str)> = self.headers.iter().filter_map(text).collect();
        let (method, target, body) = (self.method.as_str(), self.target, self.body);
        verify(&ReceivedRequest { method, target, headers: &headers, body })
    }

    /// An answer was spoilt on purpose.
    pub(crate) fn count_fault(&self) {
        self.counters.update(|counts| counts.faults += 1);
    }

    /// A page was served whole.
    pub(crate) fn count_page(&self, records: usize) {
        self.counters.update(|counts| {
            counts.pages += 1;
            counts.records += records as u64;
        });
    }

    /// What happens to a request for this place: whether its answer is to be cut.
    ///
    /// # Errors
    /// The answer that takes its place, in the words of the service.
    pub(crate) fn spoil(
        &self,
        fault: Option<InjectedFault>,
        say: impl FnOnce(Failure) -> Answer,
    ) -> Result<bool, Answer> {
        let Some(fault) = fault else { return Ok(false) };
        self.count_fault();
        Err(match fault {
            InjectedFault::Cut => return Ok(true),
            InjectedFault::ExpireToken => say(Failure::TokenExpired),
            InjectedFault::Throttle { retry_after } => {
                let mut answer = say(Failure::Throttled);
                let seconds = retry_after.map(|seconds| ("retry-after", seconds.to_string()));
                answer.headers.extend(seconds);
                answer
            }
            InjectedFault::ServerError { status, json } => {
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                if json { say(Failure::Broken(status)) } else { Answer::html(status) }
            }
        })
    }
}

/// What a service says that is in trouble on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Throttled,
    Broken(StatusCode),
    TokenExpired,
}
