//! The only way out of the sandbox.
//!
//! A name that resolves to a private address passes a check that only saw the
//! name, and a credential that is bound to nothing signs whatever a parser that
//! was taken over asks for. So: deny by default; a request has to fit a grant
//! (origin, methods, path prefix); a credential belongs to a grant and signs
//! nothing else; the host writes `host`, date and credential headers itself; the
//! address is checked at every dial; no redirect is followed; what is signed is
//! what is sent.

mod budget;
mod grant;
mod headers;
mod service_clock;
mod session;
mod target;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::{HeaderMap, StatusCode, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use budget::Budget;
pub use grant::{Grant, GrantError};
pub use service_clock::ServiceClock;
pub(crate) use session::EgressSession;

use crate::limits::{Allowance, CpuScheduler, Limits, size};
use crate::net::HttpClient;
use crate::telemetry::SourceTelemetry;

/// The way out of one source. Clones share it.
#[derive(Debug, Clone)]
pub struct Egress {
    telemetry: SourceTelemetry,
    open: Option<Arc<OpenEgress>>,
    budget: Option<Arc<Budget>>,
    /// Where requests that are denied are counted, for whoever wants to know of this
    /// source's alone.
    denied: Option<Arc<AtomicU64>>,
}

/// What an open egress needs, shared by all sessions of a source.
#[derive(Debug)]
struct OpenEgress {
    grants: Vec<Grant>,
    client: HttpClient,
    limits: Limits,
    /// One permit for each session the source may have.
    sessions: Arc<Semaphore>,
    /// What the service's good answers say the time is.
    service_clock: Mutex<ServiceClock>,
    /// What time passes since.
    opened: Instant,
}

impl Egress {
    /// An egress that denies everything, for pure calls.
    pub fn shut(owner: impl Into<SourceTelemetry>) -> Self {
        Self { telemetry: owner.into(), open: None, budget: None, denied: None }
    }

    /// An egress for what `grants` allow, through connections of its own.
    pub fn open(
        owner: impl Into<SourceTelemetry>,
        grants: Vec<Grant>,
        client: HttpClient,
        limits: Limits,
    ) -> Self {
        let sessions = size(limits.sessions).min(Semaphore::MAX_PERMITS);
        let open = OpenEgress {
            grants,
            client,
            limits,
            sessions: Arc::new(Semaphore::new(sessions)),
            service_clock: Mutex::default(),
            opened: Instant::now(),
        };
        Self { telemetry: owner.into(), open: Some(Arc::new(open)), budget: None, denied: None }
    }

    /// The same egress, which counts what it denies.
    pub(crate) fn counting(self, denied: &Arc<AtomicU64>) -> Self {
        Self { denied: Some(denied.clone()), ..self }
    }

    /// The same egress, with a number of requests that it may make.
    #[must_use]
    pub fn with_budget(self, budget: Option<Budget>) -> Self {
        Self { budget: budget.map(Arc::new), ..self }
    }

    /// How long to wait before a session is asked to go on, so that its source stays
    /// within its budget.
    pub fn wait(&self) -> Duration {
        self.budget.as_ref().map_or(Duration::ZERO, |budget| budget.wait())
    }

    /// What time it is for the service behind this egress, in milliseconds, going by
    /// its answers of late; `None` when there were none.
    pub fn service_now(&self) -> Option<i64> {
        let open = self.open.as_ref()?;
        open.service_clock.lock().ok()?.now(open.since_opened())
    }

    /// Whose egress it is.
    pub(crate) fn owner(&self) -> &Arc<str> {
        self.telemetry.shared_id()
    }

    /// Waits until the source may have one more session. Pure calls come one by one
    /// and need no place.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let sessions = self.open.as_ref()?.sessions.clone();
        sessions.acquire_owned().await.ok()
    }

    /// The computing of this source that waits for nobody, whether its guest does it or
    /// the host for it; that of a pure call is its own.
    pub(crate) fn allowance(&self) -> Arc<Allowance> {
        let work = self.open.as_ref().map(|open| &open.client.work);
        work.map_or_else(|| Arc::new(Allowance::new()), |work| work.allowance.clone())
    }

    /// What the host computes for the source waits for the scheduler, too.
    pub(crate) fn take_part(&self, scheduler: &CpuScheduler) {
        if let Some(open) = &self.open {
            open.client.work.take_part(scheduler);
        }
    }

    /// The way out for one session, with that many requests at once.
    pub(crate) fn egress_session(self, requests: usize) -> EgressSession {
        EgressSession::new(self, requests)
    }
}

impl OpenEgress {
    /// Takes the time from an answer. Only from a good one: an error is whoever's who
    /// stands between us and the service.
    fn note_clock(&self, status: StatusCode, headers: &HeaderMap) {
        let date = headers
            .get(header::DATE)
            .filter(|_| status.is_success())
            .and_then(|value| value.to_str().ok())
            .and_then(oci_signature::parse_imf_fixdate);
        if let (Some(seconds), Ok(mut clock)) = (date, self.service_clock.lock()) {
            clock.note(seconds.saturating_mul(1000), self.since_opened());
        }
    }

    fn since_opened(&self) -> i64 {
        i64::try_from(self.opened.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}
