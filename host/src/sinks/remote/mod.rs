//! Sinks behind a server: what HTTP, OTLP and Splunk have in common.
//!
//! A protocol says what a body looks like and what an answer means. Everything else
//! is here, once: splitting, retries, halving, dead letters, and the memory of what
//! was taken. Invariants: nothing is acknowledged that the server did not accept or
//! the dead letters do not hold; at most [`REQUESTS_IN_FLIGHT`] requests of a sink
//! are under way, and one of each batch.

mod answer;
mod authorization;
mod backoff;
mod client;
pub mod config;
mod confirm;
mod delivery;
mod http_delivery;
mod outgoing;
mod split;
#[cfg(test)]
pub mod tests;
mod tls;
mod unacknowledged_ids;
mod unconfirmed;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};

pub use crate::sinks::remote::http_delivery::HttpDelivery;
pub use answer::Answer;
pub use client::{NoAnswer, RemoteClient, content_type};
pub use delivery::Fate;
pub use unconfirmed::new_channel;

use super::kind::{OpenSink, SinkContext};
use super::{Health, Line, Receipt, Sink, SinkError};
pub use crate::credentials::shown;
use crate::render::Format;
use crate::telemetry::SinkTelemetry;
use config::RemoteConfig;

/// Most requests of a sink at the same time, whatever the number of its sources:
/// enough to hide the way to the server, few enough to bound what is held encoded.
pub const REQUESTS_IN_FLIGHT: usize = 4;

/// What an answer means for a batch.
#[derive(Debug)]
pub enum AnswerKind {
    /// It is taken.
    Accepted,
    /// It is taken but for some events, nobody knows which.
    AcceptedInPart {
        /// How many are not.
        rejected: u64,
        /// The server's words.
        reason: String,
    },
    /// It is taken, and the server can be asked whether it is safe.
    Pending {
        /// What to ask for, on the channel of the request.
        number: u64,
    },
    /// The same request may be taken a moment later.
    Later,
    /// The server cannot take it, and asks not to be asked again at once.
    Down,
    /// It is too large.
    TooLarge,
    /// An event in it is not to the server's liking.
    Refused {
        /// Which, if the server says so.
        culprit: Option<usize>,
    },
    /// No event can help it: whoever set up the sink or the server has to.
    Denied {
        /// What to do.
        fix: &'static str,
    },
}

impl AnswerKind {
    /// What it means for so many events: a server that rejected all of them took none.
    fn of(self, events: usize) -> Self {
        match self {
            Self::AcceptedInPart { rejected, .. } if rejected >= events as u64 => {
                Self::Refused { culprit: None }
            }
            verdict => verdict,
        }
    }
}

/// What a server tells of the requests that it took.
#[derive(Debug)]
pub enum Asked {
    /// These are safe; of the others it does not know yet, or no more.
    Safe(HashSet<u64>),
    /// No answer to the question: whether it still is the server that took them is not
    /// known. In words.
    Doubt(String),
}

/// What a kind of server wants to be sent, and how its answers are read.
#[async_trait]
pub trait Protocol: Send + Sync + std::fmt::Debug + 'static {
    /// Where batches go.
    fn uri(&self) -> &Uri;

    /// Headers of every batch, its type among them.
    fn headers(&self) -> HeaderMap;

    /// Headers of a batch beside those of every one.
    fn headers_of(&self, _lines: &[&Line]) -> HeaderMap {
        HeaderMap::new()
    }

    /// A batch as a body.
    fn encode(&self, lines: &[&Line]) -> Vec<u8>;

    /// Bytes that an event takes beside its line, at most or about.
    fn overhead(&self, _line: &Line) -> usize {
        1
    }

    /// What an answer to a batch means.
    ///
    /// # Errors
    ///
    /// When a secret cannot be read.
    async fn judge(&self, client: &RemoteClient, answer: &Answer) -> Result<AnswerKind, SinkError>;

    /// The header with the channel of a request, where numbers are given by channel.
    fn channel(&self) -> Option<HeaderName> {
        None
    }

    /// How long the server is asked before what it took is sent again.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Asks once which requests of a channel are safe.
    ///
    /// # Errors
    ///
    /// When the server will not tell.
    async fn ask(
        &self,
        _client: &RemoteClient,
        _channel: &HeaderValue,
        numbers: &[u64],
    ) -> Result<Asked, SinkError> {
        Ok(Asked::Safe(numbers.iter().copied().collect()))
    }

    /// Tries the server without sending an event.
    ///
    /// # Errors
    ///
    /// What would keep a batch from being taken.
    async fn probe(&self, client: &RemoteClient) -> Result<(), SinkError>;
}

/// What a status means by itself, for servers that say no more.
pub fn by_status(status: StatusCode) -> AnswerKind {
    match status.as_u16() {
        200..=299 => AnswerKind::Accepted,
        300..=399 => AnswerKind::Denied {
            fix: "redirects are not followed; write the final address into the configuration",
        },
        400 | 422 => AnswerKind::Refused { culprit: None },
        401 | 403 => AnswerKind::Denied { fix: "check the token, password or certificate" },
        404 | 405 => AnswerKind::Denied { fix: "check the path of the address" },
        408 | 425 | 429 | 500..=599 => AnswerKind::Later,
        413 => AnswerKind::TooLarge,
        415 => AnswerKind::Denied { fix: "check encoding and compression" },
        _ => AnswerKind::Denied { fix: "check the address and what the server expects there" },
    }
}

/// A path below an address.
pub fn below(uri: &Uri, path: &str) -> Uri {
    let mut parts = uri.clone().into_parts();
    let joined = format!("{}{path}", uri.path().trim_end_matches('/'));
    parts.path_and_query = joined.parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// A sink behind a server.
#[derive(Debug)]
pub struct RemoteSink<P> {
    delivery: HttpDelivery<P>,
    format: Format,
}

impl<P: Protocol> RemoteSink<P> {
    /// A sink of that id and format.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be used.
    pub fn open<C: RemoteType<Protocol = P>>(
        id: impl Into<SinkTelemetry>,
        format: Format,
        config: &C,
        data_dir: &Path,
    ) -> Result<Self, SinkError> {
        let delivery = HttpDelivery::new(id, config.protocol(), config.remote(), data_dir)?;
        Ok(Self { delivery, format })
    }
}

/// A kind of sink behind a server: its keys, and the protocol that they set up.
pub trait RemoteType: std::fmt::Debug + Send + Sync {
    /// What a body looks like and what an answer means.
    type Protocol: Protocol;

    /// Whether a line itself says whose event it is.
    const TELLS_OWNER: bool = true;

    /// How the server is reached.
    fn remote(&self) -> &RemoteConfig;

    /// The protocol as it is configured.
    fn protocol(&self) -> Self::Protocol;
}

#[async_trait]
impl<T: RemoteType> OpenSink for T {
    async fn open(
        &self,
        id: SinkTelemetry,
        format: Format,
        context: &SinkContext,
    ) -> Result<Arc<dyn Sink>, SinkError> {
        Ok(Arc::new(RemoteSink::open(id, format, self, &context.data_dir)?))
    }

    fn open_remote(
        &self,
        id: SinkTelemetry,
        format: Format,
        data_dir: &Path,
    ) -> Result<Option<Arc<dyn Sink>>, SinkError> {
        Ok(Some(Arc::new(RemoteSink::open(id, format, self, data_dir)?)))
    }

    async fn check(&self, id: SinkTelemetry, format: Format) -> Result<(), SinkError> {
        // Without a folder nothing is kept, and a try needs nothing that is.
        RemoteSink::open(id, format, self, Path::new(""))?.probe().await
    }

    fn tells_owner(&self) -> bool {
        T::TELLS_OWNER
    }
}

#[async_trait]
impl<P: Protocol> Sink for RemoteSink<P> {
    fn id(&self) -> &str {
        self.delivery.id()
    }

    fn format(&self) -> Format {
        self.format
    }

    fn health(&self) -> &Health {
        self.delivery.health()
    }

    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        self.delivery.deliver(lines).await
    }

    async fn probe(&self) -> Result<(), SinkError> {
        self.delivery.probe().await
    }

    async fn resend(&self, lines: &[Line]) -> Result<Vec<Fate>, SinkError> {
        self.delivery.resend(lines).await
    }
}
