//! Splunk's HTTP Event Collector: `<endpoint>/services/collector/event`.
//!
//! A 200 of the collector only says that it took the events; they may be lost
//! until an indexer has written them. Where the token offers it, the indexers are
//! therefore asked, on a channel that is this sink's own for ever, until they
//! acknowledge. Invariant: with acknowledgement on, nothing counts as delivered
//! that an indexer has not acknowledged.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use rand_core::{OsRng, RngCore as _};
use serde::Deserialize;
use tokio::time::Instant;

use super::remote::{
    Answer, Courier, NoAnswer, Protocol, RemoteClient, RemoteSink, Verdict, below, by_status,
    content_type, shown,
};
use super::{Line, SinkError};
use crate::config::{Acknowledgement, SplunkSinkConfig};
use crate::render::Format;

/// Where events go, below the endpoint.
const EVENTS: &str = "/services/collector/event";

/// Where indexers are asked.
const ACKNOWLEDGEMENTS: &str = "/services/collector/ack";

/// Names the channel of a request.
const CHANNEL: HeaderName = HeaderName::from_static("x-splunk-request-channel");

/// First and longest pause between two questions; Splunk's documentation asks for
/// ten seconds at most.
const POLLS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// A sink that speaks to a HTTP Event Collector.
pub type SplunkSink = RemoteSink<SplunkProtocol>;

impl SplunkSink {
    /// A sink that posts to the collector of the configured endpoint.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be used, or its channel not be kept.
    pub fn open(
        id: &str,
        format: Format,
        config: &SplunkSinkConfig,
        data_dir: &Path,
    ) -> Result<Self, SinkError> {
        let channel = match config.acknowledgement {
            Acknowledgement::Off => None,
            _ => Some(channel(&data_dir.join("splunk").join(format!("{id}.channel")))?),
        };
        let protocol = SplunkProtocol {
            events: below(&config.remote.uri, EVENTS),
            acknowledgements: below(&config.remote.uri, ACKNOWLEDGEMENTS),
            channel,
            config: config.clone(),
        };
        Ok(Self::new(Courier::new(id, protocol, &config.remote, data_dir)?, format))
    }
}

/// What a collector understands.
#[derive(Debug)]
pub struct SplunkProtocol {
    events: Uri,
    acknowledgements: Uri,
    channel: Option<HeaderValue>,
    config: SplunkSinkConfig,
}

/// What a collector answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply {
    code: Option<u32>,
    #[serde(rename = "ackId")]
    acknowledgement: Option<u64>,
    #[serde(rename = "invalid-event-number")]
    culprit: Option<usize>,
}

impl SplunkProtocol {
    fn envelope(&self, line: &Line, body: &mut Vec<u8>) -> std::io::Result<()> {
        body.push(b'{');
        if let Ok(time) = u64::try_from(line.time) {
            write!(body, "\"time\":{}.{:03},", time / 1000, time % 1000)?;
        }
        let source = self.config.source.as_deref().unwrap_or(&line.source);
        let members = [
            ("host", self.config.host.as_deref()),
            ("index", self.config.index.as_deref()),
            ("source", Some(source)),
            ("sourcetype", Some(self.config.sourcetype.as_str())),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                write!(body, "\"{name}\":")?;
                serde_json::to_writer(&mut *body, value)?;
                body.push(b',');
            }
        }
        body.extend_from_slice(b"\"event\":");
        body.extend_from_slice(line.text.as_bytes());
        body.extend_from_slice(b"}\n");
        Ok(())
    }

    fn accepted(&self, reply: &Reply) -> Verdict {
        match (self.config.acknowledgement, reply.acknowledgement) {
            (Acknowledgement::Off, _) | (Acknowledgement::Automatic, None) => Verdict::Accepted,
            (_, Some(id)) => Verdict::Pending { id },
            (Acknowledgement::Required, None) => Verdict::Denied {
                fix: "the token has no indexer acknowledgement; enable it for the token, or set \
                      acknowledgement = \"auto\"",
            },
        }
    }

    /// Asks once. `None` when there was no answer to be read.
    async fn ask(
        &self,
        client: &RemoteClient,
        ids: &[u64],
    ) -> Result<Option<HashMap<String, bool>>, SinkError> {
        #[derive(Deserialize)]
        struct Acknowledged {
            acks: HashMap<String, bool>,
        }
        let body = serde_json::json!({ "acks": ids }).to_string().into_bytes();
        let answer = client.post(&self.acknowledgements, self.headers(), client.pack(body)).await?;
        let Ok(answer) = answer else { return Ok(None) };
        if let Verdict::Denied { fix } = by_status(answer.status) {
            let (uri, answer) = (shown(&self.acknowledgements), answer.shown);
            return Err(SinkError::Denied { uri, answer, fix: fix.to_owned() });
        }
        let acknowledged: Option<Acknowledged> = serde_json::from_slice(&answer.body).ok();
        Ok(acknowledged.map(|acknowledged| acknowledged.acks))
    }
}

#[async_trait]
impl Protocol for SplunkProtocol {
    fn uri(&self) -> &Uri {
        &self.events
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = content_type("application/json");
        if let Some(channel) = &self.channel {
            headers.insert(CHANNEL, channel.clone());
        }
        headers
    }

    fn overhead(&self) -> usize {
        let texts = [&self.config.host, &self.config.index, &self.config.source];
        // The names of the members and the time.
        100 + self.config.sourcetype.len()
            + texts.iter().map(|text| text.as_ref().map_or(64, String::len)).sum::<usize>()
    }

    fn encode(&self, lines: &[&Line]) -> Vec<u8> {
        let mut body = Vec::new();
        for line in lines {
            self.envelope(line, &mut body).expect("a vector takes every byte");
        }
        body
    }

    async fn judge(&self, _: &RemoteClient, answer: &Answer) -> Result<Verdict, SinkError> {
        let reply: Reply = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ok(match (by_status(answer.status), reply.code) {
            (Verdict::Accepted, _) => self.accepted(&reply),
            (_, Some(1..=4)) => Verdict::Denied { fix: "check the token" },
            (_, Some(7)) => {
                Verdict::Denied { fix: "allow the index to the token, or change index" }
            }
            (_, Some(10 | 11)) => Verdict::Denied {
                fix: "the token wants a channel; set acknowledgement = \"auto\" or true",
            },
            (_, Some(14)) => Verdict::Denied { fix: "set acknowledgement = false" },
            (_, Some(6 | 12 | 13 | 15)) => Verdict::Refused { culprit: reply.culprit },
            (verdict, _) => verdict,
        })
    }

    async fn confirm(&self, client: &RemoteClient, ids: &[u64]) -> Result<Vec<bool>, SinkError> {
        let deadline = Instant::now() + self.config.acknowledgement_timeout;
        let mut confirmed = vec![false; ids.len()];
        let (mut pause, longest) = POLLS;
        loop {
            tokio::time::sleep(pause.min(deadline - Instant::now())).await;
            pause = (pause * 2).min(longest);
            let open: Vec<u64> =
                ids.iter().zip(&confirmed).filter(|(_, done)| !**done).map(|(id, _)| *id).collect();
            let acknowledged = self.ask(client, &open).await?.unwrap_or_default();
            for (id, done) in ids.iter().zip(&mut confirmed) {
                *done |= acknowledged.get(&id.to_string()).copied().unwrap_or(false);
            }
            if !confirmed.contains(&false) || Instant::now() >= deadline {
                return Ok(confirmed);
            }
        }
    }

    /// A request without events: the collector answers "no data" (code 5) to a
    /// token it knows, and otherwise says that it does not.
    async fn probe(&self, client: &RemoteClient) -> Result<(), SinkError> {
        let unavailable = |problem| SinkError::Unavailable {
            uri: shown(&self.events),
            problem,
            tried: Duration::ZERO,
        };
        let answer =
            match client.post(&self.events, self.headers(), client.pack(Vec::new())).await? {
                Ok(answer) => answer,
                Err(NoAnswer(problem)) => return Err(unavailable(problem)),
            };
        match self.judge(client, &answer).await? {
            Verdict::Denied { fix } if !answer.status.is_success() => {
                let (uri, answer) = (shown(&self.events), answer.shown);
                Err(SinkError::Denied { uri, answer, fix: fix.to_owned() })
            }
            Verdict::Later => Err(unavailable(answer.shown)),
            _ => Ok(()),
        }
    }
}

/// The channel of this sink, made once and kept; where there is no state yet, as for
/// `signon check`, it is only made.
fn channel(path: &PathBuf) -> Result<HeaderValue, SinkError> {
    let failed = |source| SinkError::File { path: path.clone(), source };
    match std::fs::read_to_string(path) {
        Ok(text) => {
            if let Ok(value) = HeaderValue::from_str(text.trim())
                && !value.is_empty()
            {
                return Ok(value);
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let text = guid();
    let value = HeaderValue::from_str(&text).expect("hex digits and hyphens are visible ASCII");
    let Some(folder) = path.parent().filter(|folder| folder.parent().is_some_and(Path::exists))
    else {
        return Ok(value);
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    // Another start in the same instant would make another; only whole ones count.
    let beside = path.with_extension("new");
    std::fs::write(&beside, &text).and_then(|()| std::fs::rename(&beside, path)).map_err(failed)?;
    Ok(HeaderValue::from_str(&text).expect("hex digits and hyphens are visible ASCII"))
}

/// A random GUID (UUID version 4).
fn guid() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
