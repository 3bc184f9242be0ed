//! One long-lived pooled HTTP client of a sink.
//!
//! Invariant: no proxy is taken from the environment, no redirect is followed, every
//! request ends within the configured time, and an answer is that of its request: a
//! connection on which one is late or too much is closed, and nothing is acknowledged
//! that was not sent whole.

use std::io::Write as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::Compression as Level;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service as _;

use super::answer::Answer;
use super::authorization;
use super::config::{Compression, RemoteConfig};
use super::outgoing::Outgoing;
use super::{REQUESTS_IN_FLIGHT, tls};
use crate::credentials::Redactor;
use crate::net::Counting;
use crate::sinks::SinkError;

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(10);

/// How long an unused connection stays open: shorter than the idle timeout of
/// common load balancers, so that it is us who closes it.
const IDLE: Duration = Duration::from_secs(50);

/// Most bytes kept of an answer: room for the longest list of acknowledgements.
const ANSWER_BYTES: usize = 64 << 10;

/// Most bytes read ahead of an answer, its head included.
const HEAD_BYTES: usize = 256 << 10;

/// The client of a sink.
#[derive(Debug)]
pub struct RemoteClient {
    client: Client<Counting<HttpsConnector<HttpConnector>>, Outgoing>,
    connector: HttpsConnector<HttpConnector>,
    remote: RemoteConfig,
}

/// Why there is no answer, in words.
#[derive(Debug)]
pub struct NoAnswer(pub String);

impl RemoteClient {
    pub fn new(remote: RemoteConfig) -> Result<Self, SinkError> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT));
        http.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::client_config(&remote.tls)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(REQUESTS_IN_FLIGHT)
            .http1_max_buf_size(HEAD_BYTES)
            .build(Counting(connector.clone()));
        Ok(Self { client, connector, remote })
    }

    pub fn remote(&self) -> &RemoteConfig {
        &self.remote
    }

    /// Connects, with TLS if the address says so, and sends nothing.
    pub async fn connect(&self) -> Result<(), NoAnswer> {
        let mut connector = self.connector.clone();
        let connected = async {
            std::future::poll_fn(|context| connector.poll_ready(context)).await?;
            connector.call(self.remote.uri.clone()).await
        };
        match tokio::time::timeout(self.remote.timeout, connected).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(NoAnswer(deepest(error.as_ref()))),
            Err(_) => Err(self.too_late()),
        }
    }

    /// Posts a body.
    ///
    /// # Errors
    ///
    /// When a secret cannot be read. No answer is no error here, for it may come
    /// with the next attempt.
    pub async fn post(
        &self,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Result<Answer, NoAnswer>, SinkError> {
        let (mut all, redactor) = authorization::headers(&self.remote, uri).await?;
        all.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("signon/", env!("CARGO_PKG_VERSION"))),
        );
        if self.remote.compression == Compression::Gzip {
            all.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        // For a body without bytes hyper leaves it out, and servers answer 411.
        all.insert(CONTENT_LENGTH, body.len().into());
        all.extend(headers);
        let mut request = Request::new(Outgoing::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = all;
        let answered = tokio::time::timeout(self.remote.timeout, self.answer(request, redactor));
        Ok(match answered.await {
            Ok(answer) => answer,
            Err(_) => Err(self.too_late()),
        })
    }

    async fn answer(
        &self,
        request: Request<Outgoing>,
        redactor: Redactor,
    ) -> Result<Answer, NoAnswer> {
        let sent = request.body().sent();
        let response =
            self.client.request(request).await.map_err(|error| NoAnswer(deepest(&error)))?;
        // Whatever it took, it was not this.
        if response.status().is_success() && !sent.is_whole() {
            let status = response.status().as_u16();
            return Err(NoAnswer(format!("answered {status} before it had the request")));
        }
        let (head, body) = response.into_parts();
        let (body, is_whole) = start_of(body).await;
        Ok(Answer::new(head.status, &head.headers, body, is_whole, redactor))
    }

    fn too_late(&self) -> NoAnswer {
        NoAnswer(format!("no answer within {} s", self.remote.timeout.as_secs()))
    }

    /// A body as it goes over the wire.
    pub fn pack(&self, body: Vec<u8>) -> Bytes {
        match self.remote.compression {
            Compression::None => body.into(),
            Compression::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
                encoder
                    .write_all(&body)
                    .and_then(|()| encoder.finish())
                    .expect("a vector takes every byte")
                    .into()
            }
        }
    }
}

/// A header with the type of a body.
pub fn content_type(name: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(name))])
}

async fn start_of(mut body: Incoming) -> (Bytes, bool) {
    let mut start = BytesMut::new();
    loop {
        match body.frame().await {
            None => return (start.freeze(), true),
            Some(Err(_)) => return (start.freeze(), false),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                let room = ANSWER_BYTES - start.len();
                start.extend_from_slice(&data[..data.len().min(room)]);
                if data.len() > room {
                    return (start.freeze(), false);
                }
            }
        }
    }
}

/// The cause behind the causes: "connection refused", not "client error".
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
