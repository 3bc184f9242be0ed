//! Connections to services: resolved, checked, dialled and pooled by us.
//!
//! Invariant: no address is connected to that was not checked in the same breath
//! (a name may resolve to another one a moment later). Connections belong to one
//! source and are never shared between tenants. No proxy is taken from the
//! environment and no redirect is followed.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::address::is_public;
use super::body::root_cause;
use super::error::ClientError;
use super::resolver::{Resolver, SystemResolver};
use super::roots;
use super::stream::Stream;
use super::wire::{self, Counting};
use super::work::Work;
use crate::limits::size;

/// Time to connect and agree on TLS.
const CONNECT: Duration = Duration::from_secs(15);

/// How long an unused connection stays open: longer than a page takes to be
/// read, shorter than the idle timeout of common load balancers.
const IDLE: Duration = Duration::from_secs(50);

/// Unused connections kept for each origin.
const IDLE_CONNECTIONS: usize = 2;

/// TLS sessions remembered: a source has one or two origins.
const TLS_SESSIONS: usize = 4;

/// Where an operator allows addresses that are not public.
#[derive(Debug, Clone, Default)]
pub struct PrivateAddresses {
    /// For every origin that is granted at all.
    pub everywhere: bool,
    /// For these origins, lower case, without the scheme's own port.
    pub origins: Vec<String>,
}

impl PrivateAddresses {
    fn allow(&self, uri: &Uri) -> bool {
        let origin = format!(
            "{}://{}",
            uri.scheme_str().unwrap_or_default(),
            uri.authority().map(http::uri::Authority::as_str).unwrap_or_default()
        );
        self.everywhere || self.origins.contains(&origin.to_ascii_lowercase())
    }
}

/// The HTTP client of one source. Cheap to clone, the pool is shared.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client<Counting<Connector>, Full<Bytes>>,
    /// What the host computes for the source.
    pub(crate) work: Work,
}

impl HttpClient {
    /// A client that trusts `tls` and, if granted, dials private addresses too.
    pub fn new(tls: Arc<ClientConfig>, private: PrivateAddresses) -> Self {
        Self::with_resolver(tls, private, Arc::new(SystemResolver))
    }

    /// The same with another way to look names up.
    pub fn with_resolver(
        tls: Arc<ClientConfig>,
        private: PrivateAddresses,
        resolver: Arc<dyn Resolver>,
    ) -> Self {
        let mut tls = ClientConfig::clone(&tls);
        // Tickets of earlier connections are the source's own, as its connections are.
        tls.resumption = Resumption::in_memory_sessions(TLS_SESSIONS);
        let connector = Connector {
            tls: TlsConnector::from(Arc::new(tls)),
            private: Arc::new(private),
            resolver,
        };
        let work = Work::new();
        let client = Client::builder(work.clone())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_buf_size(size(wire::HEAD_BYTES))
            // The egress sets it: it is signed.
            .set_host(false)
            .build(Counting(connector));
        Self { client, work }
    }

    /// The system's roots and, if given, the certificates of a PEM text. Parsed once
    /// for each text.
    ///
    /// # Errors
    ///
    /// When the PEM text holds no certificate.
    pub fn trust(additional_pem: Option<&str>) -> Result<Arc<ClientConfig>, ClientError> {
        roots::trust(additional_pem)
    }

    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, ClientError> {
        self.client.request(request).await.map_err(|error| {
            let mut cause: &(dyn std::error::Error + 'static) = &error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
                if let Some(prohibited) = cause
                    .downcast_ref::<io::Error>()
                    .and_then(io::Error::get_ref)
                    .and_then(|inner| inner.downcast_ref::<Prohibited>())
                {
                    return ClientError::Prohibited { address: prohibited.0 };
                }
            }
            ClientError::Failed(root_cause(&error))
        })
    }
}

/// Carries a refused address through hyper's error chain.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a public address")]
struct Prohibited(IpAddr);

#[derive(Clone)]
struct Connector {
    tls: TlsConnector,
    private: Arc<PrivateAddresses>,
    resolver: Arc<dyn Resolver>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("private", &self.private).finish()
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            tokio::time::timeout(CONNECT, connector.connect(&uri)).await.unwrap_or_else(|_| {
                Err(io::Error::new(io::ErrorKind::TimedOut, "no connection within 15 s"))
            })
        })
    }
}

impl Connector {
    async fn connect(&self, uri: &Uri) -> io::Result<Stream> {
        let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidInput, text.to_owned());
        let secure = uri.scheme_str() == Some("https");
        let host = uri.host().ok_or_else(|| invalid("no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let tcp = self.dial(host, port, self.private.allow(uri)).await?;
        tcp.set_nodelay(true)?;
        if !secure {
            return Ok(Stream::Plain(TokioIo::new(tcp)));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| invalid("no server name"))?;
        let tls = self.tls.connect(name, tcp).await?;
        Ok(Stream::Secure(Box::new(TokioIo::new(tls))))
    }

    /// Resolves and connects; an address that is not granted is an error even if
    /// others of the name are, so that nothing depends on their order.
    async fn dial(&self, host: &str, port: u16, private: bool) -> io::Result<TcpStream> {
        let addresses: Vec<SocketAddr> = self.resolver.resolve(host, port).await?;
        if !private && let Some(inside) = addresses.iter().find(|address| !is_public(address.ip()))
        {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, Prohibited(inside.ip())));
        }
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}
