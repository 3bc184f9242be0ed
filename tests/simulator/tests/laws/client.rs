//! A small client: signs, sends, reads pages. It keeps what the server said so
//! that the laws can look at it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use oci_signature::{
    Body, DateHeader, Identity, OciConfig, PrivateKey, RequestToSign, Signer, api_key_id,
    imf_fixdate, session_token_key_id,
};
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use signon_simulator::{Faults, Options, Simulator};
use tokio::net::TcpStream;

/// The simulator's time in these tests, a whole minute, Unix milliseconds.
pub const NOW: i64 = 1_750_000_020_000;
pub const DAY: i64 = 86_400_000;

pub fn options(events: u64) -> Options {
    Options {
        events,
        now: Some(NOW),
        // Everything generated is visible from the start.
        quiet: std::time::Duration::from_secs(60),
        ..Options::default()
    }
}

pub async fn start(options: Options) -> Simulator {
    Simulator::start(options).await.unwrap()
}

pub async fn start_with(events: u64, faults: &[&str]) -> Simulator {
    start(Options { faults: Faults::parse_all(faults).unwrap(), ..options(events) }).await
}

pub type Headers = Vec<(String, String)>;

pub struct Client {
    host: String,
    pub signer: Signer,
    pub tenancy: String,
    /// What the client's clock shows, Unix seconds.
    pub clock: i64,
    pub date_header: DateHeader,
    ca_pem: Option<String>,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Nothing if the connection ended too early.
    pub body: Option<Bytes>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body.as_ref().expect("a whole body")).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status, code and message of a refusal.
    pub fn refusal(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |key: &str| body[key].as_str().unwrap().to_owned();
        (self.status.as_u16(), text("code"), text("message"))
    }
}

impl Client {
    /// With the API key of the files that the simulator writes.
    pub fn new(simulator: &Simulator) -> Self {
        Self::with_profile(simulator, "DEFAULT")
    }

    pub fn with_profile(simulator: &Simulator, profile: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        simulator.write_config(directory.path()).unwrap();
        let read = |path: &str| std::fs::read_to_string(path).unwrap();
        let config = read(directory.path().join("oci_config").to_str().unwrap());
        let profile = OciConfig::parse(&config).unwrap().profile(profile).unwrap();
        let key = PrivateKey::from_pem(&read(&profile.key_file), None).unwrap();
        let key_id = match &profile.identity {
            Identity::ApiKey { user, fingerprint } => {
                key.check_fingerprint(fingerprint).unwrap();
                api_key_id(&profile.tenancy, user, fingerprint)
            }
            Identity::SessionToken { token_file } => session_token_key_id(read(token_file).trim()),
        };
        Self {
            host: simulator.address().to_string(),
            signer: Signer::new(key_id, key),
            tenancy: profile.tenancy,
            clock: simulator.now() / 1000,
            date_header: DateHeader::Date,
            ca_pem: None,
        }
    }

    /// Speaks TLS and trusts the simulator's authority.
    pub fn over_tls(mut self, simulator: &Simulator) -> Self {
        self.ca_pem = Some(simulator.ca_pem().to_owned());
        self
    }

    pub async fn connect(&self) -> SendRequest<Empty<Bytes>> {
        let stream = TcpStream::connect(&self.host).await.unwrap();
        let Some(ca_pem) = &self.ca_pem else {
            let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            return sender;
        };
        let mut roots = rustls::RootCertStore::empty();
        let ca = rustls::pki_types::CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap();
        roots.add(ca).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = tokio_rustls::TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from("127.0.0.1").unwrap(), stream)
            .await
            .unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    pub fn sign(&self, method: &Method, target: &str) -> Headers {
        let request = RequestToSign {
            method: method.as_str(),
            target,
            host: &self.host,
            date: &imf_fixdate(self.clock),
            date_header: self.date_header,
            body: Body::None,
        };
        self.signer
            .sign(&request, &mut rand_core::OsRng)
            .unwrap()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    pub async fn get(&self, target: &str) -> Reply {
        let headers = self.sign(&Method::GET, target);
        self.send(&Method::GET, target, &headers).await
    }

    pub async fn send(&self, method: &Method, target: &str, headers: &Headers) -> Reply {
        send(&mut self.connect().await, method, target, headers).await
    }

    pub fn list(&self, start: i64, end: i64, page: Option<&str>) -> String {
        list_target(&self.tenancy, start, end, page)
    }

    /// Reads a range to its end: native ids by how often they came. Retries
    /// what can be retried and begins anew when a token expired.
    pub async fn read(&self, prefix: &str, start: i64, end: i64) -> Reading {
        let mut reading = Reading::default();
        let mut page: Option<String> = None;
        let mut failures = 0;
        loop {
            let target = format!("{prefix}{}", self.list(start, end, page.as_deref()));
            let reply = self.get(&target).await;
            reading.statuses.push(reply.status.as_u16());
            match (reply.status.as_u16(), &reply.body) {
                (200, Some(_)) => {
                    failures = 0;
                    page = reply.header("opc-next-page").map(str::to_owned);
                    reading.take(&reply);
                    if page.is_none() {
                        return reading;
                    }
                }
                (400, Some(_)) if page.is_some() => {
                    reading.restarts += 1;
                    reading.pages.clear();
                    page = None;
                    failures = 0;
                }
                _ => failures += 1,
            }
            assert!(failures <= 3, "the same place failed {failures} times in a row");
        }
    }
}

#[derive(Debug, Default)]
pub struct Reading {
    /// Native ids, page by page.
    pub pages: Vec<Vec<String>>,
    pub records: BTreeMap<String, Value>,
    pub statuses: Vec<u16>,
    pub restarts: usize,
}

impl Reading {
    fn take(&mut self, reply: &Reply) {
        let mut page = Vec::new();
        for record in reply.json().as_array().unwrap() {
            let id = record["eventId"].as_str().unwrap().to_owned();
            page.push(id.clone());
            self.records.insert(id, record.clone());
        }
        self.pages.push(page);
    }

    pub fn ids(&self) -> Vec<String> {
        self.pages.concat()
    }

    pub fn sizes(&self) -> Vec<usize> {
        self.pages.iter().map(Vec::len).collect()
    }
}

/// Sends on a connection that is there.
pub async fn send(
    sender: &mut SendRequest<Empty<Bytes>>,
    method: &Method,
    target: &str,
    headers: &Headers,
) -> Reply {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Empty::new()).unwrap();
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.ok().map(|body| body.to_bytes()),
    }
}

pub fn list_target(compartment: &str, start: i64, end: i64, page: Option<&str>) -> String {
    let mut target = format!(
        "/20190901/auditEvents?compartmentId={compartment}&startTime={}&endTime={}",
        escaped(&time(start)),
        escaped(&time(end))
    );
    if let Some(page) = page {
        target.push_str("&page=");
        target.push_str(&escaped(page));
    }
    target
}

pub fn time(milliseconds: i64) -> String {
    DateTime::from_timestamp_millis(milliseconds)
        .unwrap()
        .to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

pub fn sorted(ids: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.into_iter().collect();
    ids.sort();
    ids
}
