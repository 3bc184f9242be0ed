//! Connections: one loopback port for HTTP and HTTPS.
//!
//! The invariant: a request passes to one service, which finds the operation, then
//! authenticates, in that order, and the target that is verified is the target that
//! was on the wire. The first byte of a connection tells TLS from plain HTTP:
//! a TLS handshake record starts with 0x16, an HTTP method with a letter.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::answer::{Answer, PacedBody, Refusal, Refused};
use crate::api::{Api, Call};
use crate::clock::Clock;
use crate::error::SimulatorError;
use crate::faults::Faults;
use crate::gate::Gate;
use crate::injection::Injector;
use crate::prng::Prng;
use crate::service::Service;
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
    pub(crate) apis: BTreeMap<Service, Box<dyn Api>>,
    /// Which of them are served; the others are not there.
    pub(crate) served: Vec<Service>,
    pub(crate) faults: Faults,
    pub(crate) injector: Injector,
    pub(crate) counters: Counters,
    pub(crate) gate: Gate,
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
        let mut number = 0;
        self.counters.update(|counts| {
            counts.requests += 1;
            number = counts.requests;
        });
        self.gate.pass(number).await;
        if let Some(latency) = self.faults.latency() {
            tokio::time::sleep(latency).await;
        }
        let mut random = self.injector.request();
        let names = request_names(request.uri().path(), request.headers(), &mut random);
        let answer = match self.answer(request, &mut random).await {
            Ok(answer) => answer,
            Err(Refused(answer)) => {
                self.counters.update(|counts| {
                    *counts.rejected.entry(answer.status.as_u16()).or_default() += 1;
                });
                answer
            }
        };
        self.finish(answer, names)
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        random: &mut Prng,
    ) -> Result<Answer, Refused> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let service = Service::of_path(path);
        let api = self.apis.get(&service).filter(|_| self.served.contains(&service));
        let api = api.ok_or_else(|| Refusal::nowhere(&parts.method, path))?;
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
        let call = Call {
            method: &parts.method,
            path,
            target: parts.uri.path_and_query().map_or("/", |target| target.as_str()),
            headers: &parts.headers,
            query: parts.uri.query().unwrap_or_default(),
            body: &body,
            now: self.clock.now(),
            injector: &self.injector,
            counters: &self.counters,
        };
        api.answer(&call, random)
    }

    fn finish(&self, answer: Answer, names: RequestNames) -> Response<PacedBody> {
        let body = PacedBody::new(
            answer.body,
            answer.cut,
            self.faults.bytes_per_second(),
            self.counters.bytes(),
        );
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
        let date = ("date", oci_signature::imf_fixdate(self.clock.now().div_euclid(1000)));
        for (name, value) in names.into_iter().chain([date]).chain(answer.headers) {
            // Dates, numbers, names and page tokens are visible ASCII.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

type RequestNames = Vec<(&'static str, String)>;

/// The headers by which a service names a request.
fn request_names(path: &str, headers: &HeaderMap, random: &mut Prng) -> RequestNames {
    if Service::of_path(path) == Service::OciAudit {
        return vec![("opc-request-id", request_id(headers.get("opc-request-id"), random))];
    }
    let ecid = random.ecid();
    let guid = random.hex(32);
    vec![
        ("opc-request-id", format!("{guid}/{ecid}")),
        ("x-oracle-dms-ecid", ecid),
        ("x-oracle-dms-rid", "0:1".to_owned()),
    ]
}

/// The client's part (or one made up), then two of the server's.
fn request_id(client: Option<&HeaderValue>, random: &mut Prng) -> String {
    let mut part = || random.hex(32).to_ascii_uppercase();
    let own = format!("{}/{}", part(), part());
    let client = client
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split('/').next())
        .filter(|value| !value.is_empty() && value.len() <= LONGEST_REQUEST_ID)
        .map_or_else(part, str::to_owned);
    format!("{client}/{own}")
}
