//! A plain client: one connection that is kept, signed requests, whole answers.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use oci_signature::{
    Body, DateHeader, Identity, OciConfig, PrivateKey, RequestToSign, Signer, api_key_id,
    imf_fixdate,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::net::TcpStream;

use crate::Outcome;

/// A connection to a service on this machine.
pub struct Client {
    host: String,
    sender: SendRequest<Full<Bytes>>,
}

/// A whole answer.
pub struct Reply {
    /// Its head.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Client {
    /// Connects to `127.0.0.1:PORT`.
    pub async fn connect(host: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { host: host.to_owned(), sender })
    }

    /// Asks with `GET`.
    pub async fn get(&mut self, target: &str, headers: &[(&str, String)]) -> Outcome<Reply> {
        self.send(Request::get(target), headers, Bytes::new()).await
    }

    /// Sends a form with `POST`.
    pub async fn post(
        &mut self,
        target: &str,
        headers: &[(&str, String)],
        form: &'static str,
    ) -> Outcome<Reply> {
        let request = Request::post(target)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("content-length", form.len());
        self.send(request, headers, Bytes::from_static(form.as_bytes())).await
    }

    async fn send(
        &mut self,
        mut request: http::request::Builder,
        headers: &[(&str, String)],
        body: Bytes,
    ) -> Outcome<Reply> {
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", &self.host);
        }
        self.sender.ready().await?;
        let answer = self.sender.send_request(request.body(Full::new(body))?).await?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        if head.status != StatusCode::OK {
            return Err(format!("{}: {}", head.status, String::from_utf8_lossy(&body)).into());
        }
        Ok(Reply { headers: head.headers, body })
    }
}

/// Who asks OCI Audit, and for what.
pub struct Caller {
    signer: Signer,
    host: String,
    /// The tenancy's OCID, which is the compartment that holds all records.
    pub tenancy: String,
}

impl Caller {
    /// Of the files that the simulator wrote into a folder.
    pub fn read(folder: &Path, host: &str) -> Outcome<Self> {
        let profile = OciConfig::parse(&std::fs::read_to_string(folder.join("oci_config"))?)?;
        let profile = profile.profile("DEFAULT")?;
        let key = PrivateKey::from_pem(&std::fs::read_to_string(&profile.key_file)?, None)?;
        let Identity::ApiKey { user, fingerprint } = &profile.identity else {
            return Err("the profile DEFAULT has no API key".into());
        };
        let key_id = api_key_id(&profile.tenancy, user, fingerprint);
        let signer = Signer::new(key_id, key);
        Ok(Self { signer, host: host.to_owned(), tenancy: profile.tenancy })
    }

    /// The headers of a signed `GET`.
    pub fn sign(&self, target: &str) -> Outcome<Vec<(&'static str, String)>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let request = RequestToSign {
            method: "GET",
            target,
            host: &self.host,
            date: &imf_fixdate(i64::try_from(now)?),
            date_header: DateHeader::Date,
            body: Body::None,
        };
        Ok(self.signer.sign(&request, &mut rand_core::OsRng)?)
    }

    /// Lists a range (Unix milliseconds) page by page, each page as it came.
    pub async fn list(
        &self,
        client: &mut Client,
        (start, end): (i64, i64),
        mut page: impl FnMut(Bytes) -> Outcome<()>,
    ) -> Outcome<()> {
        let range = format!(
            "/20190901/auditEvents?compartmentId={}&startTime={}&endTime={}",
            self.tenancy,
            escaped(&rfc3339(start)?),
            escaped(&rfc3339(end)?),
        );
        let mut target = range.clone();
        loop {
            let reply = client.get(&target, &self.sign(&target)?).await?;
            page(reply.body)?;
            let Some(next) = reply.headers.get("opc-next-page") else { return Ok(()) };
            target = format!("{range}&page={}", escaped(next.to_str()?));
        }
    }
}

/// A header for `Basic` authentication.
pub fn basic(user: &str, password: &str) -> (&'static str, String) {
    ("authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

/// A time, Unix milliseconds, as the services read it.
pub fn rfc3339(time: i64) -> Outcome<String> {
    let time = DateTime::from_timestamp_millis(time).ok_or("a time beyond the calendar")?;
    Ok(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// For a query string.
pub fn escaped(text: &str) -> String {
    const RESERVED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}
