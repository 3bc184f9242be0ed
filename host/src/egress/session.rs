//! The way out of one session: what it asked for in vain, and how many requests it
//! has under way.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

use super::grant::Grant;
use super::{Egress, OpenEgress, headers, target};
use crate::credentials::{Credential, Redactor};
use crate::limits::{Limits, size};
use crate::net::Room;
use crate::net::{ClientError, body};
use crate::telemetry;

/// Denials of one session that are logged. All are counted; a guest must not
/// choose how long the log is.
const DENIALS_LOGGED: u32 = 20;

/// Bytes a guest may write of a request body before it has to wait. A session can
/// hold as many such pieces as it has handles.
const BODY_PIECE: usize = 64 << 10;

/// A session's part of the egress of its source.
#[derive(Debug, Clone)]
pub struct EgressSession {
    egress: Egress,
    requests: Arc<Semaphore>,
    denials: Arc<AtomicU32>,
    /// What was denied last, and what would allow it: more than the guest is told.
    denial: Arc<Mutex<Option<String>>>,
    asked: Arc<Asked>,
    /// What was sent with requests and is not for whoever reads what comes back.
    secrets: Arc<Mutex<Redactor>>,
}

/// How often a session asked: a guest that never comes back from a call is seen by
/// nobody but the egress.
#[derive(Debug, Default)]
struct Asked {
    all: AtomicU64,
    before_this_call: AtomicU64,
    too_often: AtomicBool,
}

type Answer =
    Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for EgressSession {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(headers::is_the_hosts)
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_PIECE
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Answer> + Send> {
        let egress_session = self.clone();
        // Counted here and not in the task: a guest that starts thousands is told at
        // the first one too many.
        let permit = self.requests.clone().try_acquire_owned().ok();
        Box::new(async move {
            let response = egress_session.pass(request, permit).await?;
            let done: Box<dyn Future<Output = Result<(), Error>> + Send> =
                Box::new(std::future::ready(Ok(())));
            Ok((response, done))
        })
    }
}

impl EgressSession {
    pub fn new(egress: Egress, requests: usize) -> Self {
        Self {
            egress,
            requests: Arc::new(Semaphore::new(requests.min(Semaphore::MAX_PERMITS))),
            denials: Arc::new(AtomicU32::new(0)),
            denial: Arc::default(),
            asked: Arc::default(),
            secrets: Arc::default(),
        }
    }

    /// Whose it is.
    pub fn source(&self) -> &Arc<str> {
        self.egress.owner()
    }

    /// What was denied last, and what would allow it.
    pub fn denial(&self) -> Option<String> {
        self.denial.lock().ok()?.clone()
    }

    /// A call begins: it may make as many requests as any other.
    pub fn begin_call(&self) {
        self.asked
            .before_this_call
            .store(self.asked.all.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Requests made so far.
    pub fn asked(&self) -> u64 {
        self.asked.all.load(Ordering::Relaxed)
    }

    /// Whether a call asked for more than its limit `call_requests`.
    pub fn asked_too_often(&self) -> bool {
        self.asked.too_often.load(Ordering::Relaxed)
    }

    /// Counts a request in, unless the call has made enough.
    fn count_in(&self, most: u64) -> Result<(), Error> {
        let asked = self.asked.all.fetch_add(1, Ordering::Relaxed);
        if asked.saturating_sub(self.asked.before_this_call.load(Ordering::Relaxed)) >= most {
            self.asked.too_often.store(true, Ordering::Relaxed);
            return Err(internal(format!("more than {most} requests in one call")));
        }
        Ok(())
    }

    /// A text that came back, without what was sent.
    pub fn clean(&self, text: &str) -> String {
        self.cleaned(text).unwrap_or_else(|| text.to_owned())
    }

    /// The same; `None` where nothing of what was sent is in it.
    fn cleaned(&self, text: &str) -> Option<String> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).cleaned(text)
    }

    async fn pass(
        &self,
        request: Request<WasiBody>,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Response<WasiBody>, Error> {
        let Some(open) = &self.egress.open else {
            return Err(self.deny(&request, "none", "this call has no way out"));
        };
        let Some(grant) = open.grants.iter().find(|grant| grant.allows(&request)) else {
            let near = open.grants.iter().find(|grant| grant.names_origin_of(request.uri()));
            let rule = near.map_or_else(|| "none for this origin".to_owned(), Grant::to_string);
            let form = near.and_then(|_| target_problem(request.uri()));
            return Err(self.deny(&request, &rule, form.unwrap_or("no grant allows it")));
        };
        let form = target_problem(request.uri()).map(str::to_owned);
        if let Some(problem) = form.or_else(|| headers::problem(request.headers())) {
            return Err(self.deny(&request, &grant.to_string(), &problem));
        }
        let Some(permit) = permit else {
            let most = open.limits.requests;
            let reason = format!("more than {most} requests at once, its limit `requests`");
            self.deny(&request, &grant.to_string(), &reason);
            return Err(Error::ConnectionLimitReached);
        };
        self.count_in(open.limits.call_requests)?;
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, size(open.limits.request_bytes))
            .collect()
            .await
            .map_err(|_| Error::HttpRequestBodySize(Some(open.limits.request_bytes)))?
            .to_bytes();
        let mut outgoing = Request::from_parts(parts, Full::new(body.clone()));
        headers::set(&mut outgoing)?;
        let started = Instant::now();
        let credential = grant.credential.as_deref();
        let mut signed = self.sign(&outgoing, credential, &body).await?;
        let mut response = self.send(open, grant, signed.clone()).await?;
        open.note_clock(response.status(), response.headers());
        if let (StatusCode::UNAUTHORIZED, Some(credential)) = (response.status(), credential) {
            let sent = signed.headers().get(header::AUTHORIZATION);
            if credential.refused(sent.and_then(|value| value.to_str().ok())).await {
                signed = self.sign(&outgoing, Some(credential), &body).await?;
                response = self.send(open, grant, signed).await?;
                open.note_clock(response.status(), response.headers());
            }
        }
        self.hand_over(response, &open.limits, started, permit).await
    }

    /// The answer as the guest gets it: without what was sent, where it tells of
    /// something that went wrong. What went right is read as it comes; in an error
    /// services repeat what they did not like.
    async fn hand_over(
        &self,
        response: Response<Incoming>,
        limits: &Limits,
        started: Instant,
        permit: OwnedSemaphorePermit,
    ) -> Result<Response<WasiBody>, Error> {
        let room = response.extensions().get::<Room>().cloned().unwrap_or_default();
        let is_error = !response.status().is_success();
        let (mut head, incoming) = response.into_parts();
        let mut bounded = body::bounded(incoming, room, limits, started, permit);
        if is_error {
            for value in head.headers.values_mut() {
                let cleaned = value.to_str().ok().and_then(|text| self.cleaned(text));
                if let Some(Ok(cleaned)) = cleaned.map(HeaderValue::try_from) {
                    *value = cleaned;
                }
            }
            let start = body::start_of(&mut bounded).await?;
            let cleaned = self.cleaned(&String::from_utf8_lossy(&start));
            let start = cleaned.map_or_else(|| Bytes::from(start), Bytes::from);
            head.headers.remove(header::CONTENT_LENGTH);
            bounded = Full::from(start).map_err(|never| match never {}).boxed_unsync();
        }
        Ok(Response::from_parts(head, bounded))
    }

    async fn send(
        &self,
        open: &OpenEgress,
        grant: &Grant,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Error> {
        if let Some(budget) = &self.egress.budget {
            budget.spend();
        }
        let uri = request.uri().clone();
        let limits = &open.limits;
        let asked = Instant::now();
        let answered = tokio::time::timeout(limits.first_byte, open.client.send(request)).await;
        let status = answered.as_ref().ok().and_then(|answer| Some(answer.as_ref().ok()?.status()));
        telemetry::RequestSent { status, took: asked.elapsed() }.emit(&self.egress.telemetry);
        let response = match answered {
            Err(_) => {
                let shown = limits.shown("first_byte");
                let text = format!("{} did not answer within first_byte = {shown}", host(&uri));
                return Err(internal(text));
            }
            Ok(Err(ClientError::Prohibited { address })) => {
                self.note(format!(
                    "{} resolves to {address}, which is not a public address; if that is meant, \
                     set allow_private_addresses = true on the source",
                    host(&uri)
                ));
                let (rule, is_logged) = (grant.to_string(), self.is_logged());
                telemetry::AddressDenied { uri: &uri, address, rule: &rule, is_logged }
                    .emit(&self.egress.telemetry);
                return Err(Error::DestinationIpProhibited);
            }
            Ok(Err(error)) => return Err(internal(format!("{}: {error}", host(&uri)))),
            Ok(Ok(response)) => response,
        };
        if headers::bytes(response.headers()) > size(limits.header_bytes) {
            return Err(Error::HttpResponseHeaderSectionSize(
                u32::try_from(limits.header_bytes).ok(),
            ));
        }
        Ok(response)
    }

    /// The request with the headers of its credential.
    async fn sign(
        &self,
        request: &Request<Full<Bytes>>,
        credential: Option<&Credential>,
        body: &Bytes,
    ) -> Result<Request<Full<Bytes>>, Error> {
        let mut signed = request.clone();
        let Some(credential) = credential else { return Ok(signed) };
        let headers = credential.headers(request, body).await.map_err(|error| {
            if error.may_pass() {
                return internal(error.to_string());
            }
            // The guest is told no more than that it may not ask.
            self.note(format!("the credential cannot be used: {error}"));
            Error::HttpRequestDenied
        })?;
        for (name, value) in headers {
            if name == "authorization"
                && let Ok(mut secrets) = self.secrets.lock()
            {
                secrets.know_authorization(&value);
            }
            let mut value = HeaderValue::from_str(&value).map_err(|_| Error::HttpProtocolError)?;
            value.set_sensitive(true);
            signed.headers_mut().insert(HeaderName::from_static(name), value);
        }
        Ok(signed)
    }

    fn deny<B>(&self, request: &Request<B>, rule: &str, reason: &str) -> Error {
        if let Some(denied) = &self.egress.denied {
            denied.fetch_add(1, Ordering::Relaxed);
        }
        self.note(format!(
            "{} {} is not granted: {reason}; a component from a file needs an `allow` rule",
            request.method(),
            request.uri().path()
        ));
        telemetry::RequestDenied {
            method: request.method(),
            uri: request.uri(),
            rule,
            reason,
            is_logged: self.is_logged(),
        }
        .emit(&self.egress.telemetry);
        Error::HttpRequestDenied
    }

    fn note(&self, denial: String) {
        let denial = self.clean(&denial);
        if let Ok(mut last) = self.denial.lock() {
            *last = Some(denial);
        }
    }

    fn is_logged(&self) -> bool {
        self.denials.fetch_add(1, Ordering::Relaxed) < DENIALS_LOGGED
    }
}

/// Why a request line would not mean the same to everybody; `None` where it does.
fn target_problem(uri: &Uri) -> Option<&'static str> {
    let query = uri.query().and_then(target::query_problem);
    target::path_problem(uri.path()).or(query)
}

fn host(uri: &Uri) -> String {
    uri.authority().map(ToString::to_string).unwrap_or_default()
}

fn internal(text: String) -> Error {
    Error::InternalError(Some(text))
}
