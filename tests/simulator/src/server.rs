//! Connections: one loopback port for HTTP and HTTPS.
//!
//! The invariant: a request passes routing, then authentication, then its
//! service, in that order, and the target that is verified is the target that
//! was on the wire. The first byte of a connection tells TLS from plain HTTP:
//! a TLS handshake record starts with 0x16, an HTTP method with a letter.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use oci_signature::ReceivedRequest;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::answer::{Answer, PacedBody, Refusal};
use crate::authentication::authenticate;
use crate::clock::Clock;
use crate::error::SimulatorError;
use crate::faults::Faults;
use crate::identity::Caller;
use crate::injection::Injector;
use crate::oci_audit::{Call, OciAudit};
use crate::prng::Prng;
use crate::routes::{self, Operation};
use crate::statistics::Counters;

/// First byte of a TLS handshake record (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 0x16;
/// Largest request body read: the largest request of the served APIs is a
/// search query of a few kilobytes.
const LARGEST_REQUEST: usize = 1024 * 1024;
/// How long to wait when no connection can be accepted (out of descriptors).
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// Longest client part of a request id that is echoed; the SDKs send 32.
const LONGEST_REQUEST_ID: usize = 128;

/// Everything that answers, shared by all connections.
pub(crate) struct Services {
    pub(crate) clock: Clock,
    pub(crate) caller: Caller,
    pub(crate) regions: Vec<String>,
    pub(crate) oci_audit: OciAudit,
    pub(crate) faults: Faults,
    pub(crate) injector: Injector,
    pub(crate) counters: Counters,
}

/// Binds the address; from here on connections queue.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, SimulatorError> {
    TcpListener::bind(address).await.map_err(|source| SimulatorError::Bind { address, source })
}

/// Serves until the task is aborted; its connections end with it.
pub(crate) fn serve(
    listener: TcpListener,
    services: Arc<Services>,
    tls: Arc<rustls::ServerConfig>,
) -> JoinHandle<()> {
    let tls = TlsAcceptor::from(tls);
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&services), tls.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
            }
            while connections.try_join_next().is_some() {}
        }
    })
}

async fn connection(stream: TcpStream, services: Arc<Services>, tls: TlsAcceptor) {
    // Without it a small answer may wait 40 ms for the client's acknowledgement.
    // A connection that is gone already shows at the next read.
    let _ = stream.set_nodelay(true);
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first[0] == TLS_HANDSHAKE => {
            // A client that does not trust the certificate hangs up; it knows why.
            if let Ok(stream) = tls.accept(stream).await {
                talk(stream, services).await;
            }
        }
        Ok(1) => talk(stream, services).await,
        _ => {}
    }
}

async fn talk<S>(stream: S, services: Arc<Services>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let services = Arc::clone(&services);
        async move { Ok::<_, Infallible>(services.respond(request).await) }
    });
    // Errors here are a client's hanging up, malformed HTTP (hyper has answered
    // 400) or a connection cut on purpose: none concerns the server.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Services {
    async fn respond(&self, request: Request<Incoming>) -> Response<PacedBody> {
        self.counters.update(|counts| counts.requests += 1);
        if let Some(latency) = self.faults.latency() {
            tokio::time::sleep(latency).await;
        }
        let mut random = self.injector.request();
        let request_id = request_id(request.headers().get("opc-request-id"), &mut random);
        let answer = match self.answer(request, &mut random).await {
            Ok(answer) => answer,
            Err(refusal) => {
                self.counters.update(|counts| {
                    *counts.rejected.entry(refusal.status.as_u16()).or_default() += 1;
                });
                refusal.into()
            }
        };
        self.finish(answer, request_id)
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        random: &mut Prng,
    ) -> Result<Answer, Refusal> {
        let (parts, body) = request.into_parts();
        let route = routes::find(&parts.method, parts.uri.path(), &self.regions)?;
        let body = Limited::new(body, LARGEST_REQUEST)
            .collect()
            .await
            .map_err(|_| {
                Refusal::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "PayloadTooLarge",
                    "the request body cannot be read or is larger than 1 MiB",
                )
            })?
            .to_bytes();
        let now = self.clock.now();
        // As sent, but for the origin that a proxy-style target would carry.
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let headers: Vec<(&str, &str)> = parts
            .headers
            .iter()
            .filter_map(|(name, value)| {
                Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?))
            })
            .collect();
        let received = ReceivedRequest {
            method: parts.method.as_str(),
            target,
            headers: &headers,
            body: &body,
        };
        authenticate(&self.caller, &received, now)?;
        let call = Call {
            region: route.region,
            query: parts.uri.query().unwrap_or_default(),
            now,
            injector: &self.injector,
            counters: &self.counters,
        };
        match route.operation {
            Operation::AuditListEvents => self.oci_audit.list_events(&call, random),
            Operation::AuditGetConfiguration => self.oci_audit.configuration(&call),
        }
    }

    fn finish(&self, answer: Answer, request_id: HeaderValue) -> Response<PacedBody> {
        let body = PacedBody::new(
            answer.body,
            answer.cut,
            self.faults.bytes_per_second(),
            self.counters.bytes(),
        );
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        headers.insert("opc-request-id", request_id);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
        let date = oci_signature::imf_fixdate(self.clock.now().div_euclid(1000));
        for (name, value) in [("date", date)].into_iter().chain(answer.headers) {
            // Dates, numbers and page tokens are visible ASCII.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// The client's part (or one made up), then two of the server's.
fn request_id(client: Option<&HeaderValue>, random: &mut Prng) -> HeaderValue {
    let mut part = || random.hex(32).to_ascii_uppercase();
    let own = format!("{}/{}", part(), part());
    let client = client
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split('/').next())
        .filter(|value| !value.is_empty() && value.len() <= LONGEST_REQUEST_ID)
        .map_or_else(part, str::to_owned);
    HeaderValue::from_str(&format!("{client}/{own}"))
        .unwrap_or_else(|_| HeaderValue::from_static("unprintable"))
}
