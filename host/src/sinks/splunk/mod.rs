//! Splunk's HTTP Event Collector: `<endpoint>/services/collector/event`.
//!
//! A 200 of the collector only says that it took the events; they may be lost
//! until an indexer has written them. Where the token offers it, the indexers are
//! therefore asked, on a channel that is one delivery's own, until they acknowledge.
//! Invariant: with acknowledgement on, nothing counts as delivered that an indexer
//! has not acknowledged, and no acknowledgement is taken for two requests.

mod config;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde::Deserialize;

use super::kind::SinkType;
use super::remote::config::RemoteConfig;
use super::remote::{
    Answer, AnswerKind, Asked, NoAnswer, Protocol, RemoteClient, RemoteType, below, by_status,
    content_type, new_channel, shown,
};
use super::{Line, SinkError};
pub use config::{Acknowledgement, SplunkSinkConfig};

/// Where events go, below the endpoint.
const EVENTS: &str = "/services/collector/event";

/// Where indexers are asked.
const ACKNOWLEDGEMENTS: &str = "/services/collector/ack";

/// Names the channel of a request.
const CHANNEL: HeaderName = HeaderName::from_static("x-splunk-request-channel");

impl SinkType for SplunkSinkConfig {
    const NAME: &'static str = "splunk_hec";
    const HELP: &'static str =
        "The indexers', where the token offers it; else the collector's 200.";
}

impl RemoteType for SplunkSinkConfig {
    type Protocol = SplunkProtocol;

    fn remote(&self) -> &RemoteConfig {
        &self.remote
    }

    fn protocol(&self) -> SplunkProtocol {
        SplunkProtocol {
            events: below(&self.remote.uri, EVENTS),
            acknowledgements: below(&self.remote.uri, ACKNOWLEDGEMENTS),
            config: self.clone(),
        }
    }
}

/// What a collector understands.
#[derive(Debug)]
pub struct SplunkProtocol {
    events: Uri,
    acknowledgements: Uri,
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
        let source = self.config.source.as_deref().unwrap_or(&line.owner.source);
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
        let mut fields = line.owner.entries().peekable();
        if fields.peek().is_some() {
            body.extend_from_slice(b"\"fields\":");
            serde_json::to_writer(&mut *body, &fields.collect::<BTreeMap<_, _>>())?;
            body.push(b',');
        }
        body.extend_from_slice(b"\"event\":");
        body.extend_from_slice(line.text.as_bytes());
        body.extend_from_slice(b"}\n");
        Ok(())
    }

    /// What an answer means that says nothing against the events.
    fn accepted(&self, answer: &Answer, reply: Option<&Reply>) -> AnswerKind {
        let number = reply.and_then(|reply| reply.acknowledgement);
        match (self.config.acknowledgement, number) {
            (Acknowledgement::Off, _) => AnswerKind::Accepted,
            (_, Some(number)) => AnswerKind::Pending { number },
            // Its number may stand in what did not come.
            _ if reply.is_none() || !answer.is_whole => AnswerKind::Later,
            (Acknowledgement::Automatic, None) => AnswerKind::Accepted,
            (Acknowledgement::Required, None) => AnswerKind::Denied {
                fix: "the token has no indexer acknowledgement; enable it for the token, or set \
                      acknowledgement = \"auto\"",
            },
        }
    }

    fn with_channel(&self, channel: HeaderValue) -> HeaderMap {
        let mut headers = self.headers();
        headers.extend(self.channel().map(|name| (name, channel)));
        headers
    }
}

#[async_trait]
impl Protocol for SplunkProtocol {
    fn uri(&self) -> &Uri {
        &self.events
    }

    fn headers(&self) -> HeaderMap {
        content_type("application/json")
    }

    fn channel(&self) -> Option<HeaderName> {
        (self.config.acknowledgement != Acknowledgement::Off).then_some(CHANNEL)
    }

    fn patience(&self) -> Duration {
        self.config.acknowledgement_timeout
    }

    fn overhead(&self, line: &Line) -> usize {
        let texts = [&self.config.host, &self.config.index, &self.config.source];
        // Quotes, colon and comma.
        let fields = line.owner.entries().map(|(name, value)| name.len() + value.len() + 6);
        // The names of the members and the time.
        115 + fields.sum::<usize>()
            + self.config.sourcetype.len()
            + texts.iter().map(|text| text.as_ref().map_or(64, String::len)).sum::<usize>()
    }

    fn encode(&self, lines: &[&Line]) -> Vec<u8> {
        let mut body = Vec::new();
        for line in lines {
            self.envelope(line, &mut body).expect("a vector takes every byte");
        }
        body
    }

    async fn judge(&self, _: &RemoteClient, answer: &Answer) -> Result<AnswerKind, SinkError> {
        let reply: Option<Reply> = serde_json::from_slice(&answer.body).ok();
        let code = reply.as_ref().and_then(|reply| reply.code);
        let culprit = reply.as_ref().and_then(|reply| reply.culprit);
        Ok(match (by_status(answer.status), code) {
            (AnswerKind::Accepted, None | Some(0)) => self.accepted(answer, reply.as_ref()),
            (_, Some(1..=4)) => AnswerKind::Denied { fix: "check the token" },
            (_, Some(7)) => {
                AnswerKind::Denied { fix: "allow the index to the token, or change index" }
            }
            (_, Some(10 | 11)) => AnswerKind::Denied {
                fix: "the token wants a channel; set acknowledgement = \"auto\" or true",
            },
            (_, Some(14)) => AnswerKind::Denied { fix: "set acknowledgement = false" },
            (_, Some(6 | 12 | 13 | 15)) => AnswerKind::Refused { culprit },
            // It says that it took them, and how it is: nobody knows what holds.
            (AnswerKind::Accepted, _) => AnswerKind::Later,
            (verdict, _) => verdict,
        })
    }

    async fn ask(
        &self,
        client: &RemoteClient,
        channel: &HeaderValue,
        numbers: &[u64],
    ) -> Result<Asked, SinkError> {
        #[derive(Deserialize)]
        struct Acknowledged {
            acks: HashMap<String, bool>,
        }
        let body = serde_json::json!({ "acks": numbers }).to_string().into_bytes();
        let headers = self.with_channel(channel.clone());
        let answer = match client.post(&self.acknowledgements, headers, client.pack(body)).await? {
            Ok(answer) => answer,
            Err(NoAnswer(problem)) => return Ok(Asked::Doubt(problem)),
        };
        let code = serde_json::from_slice(&answer.body).ok().and_then(|reply: Reply| reply.code);
        let fix = match (by_status(answer.status), code) {
            // It knows nothing of the channel (any more), as after a restart.
            (AnswerKind::Denied { .. }, Some(10 | 11)) => None,
            (AnswerKind::Denied { fix }, _) => Some(fix),
            (_, Some(14)) => Some("set acknowledgement = false"),
            _ => None,
        };
        if let Some(fix) = fix {
            let (uri, answer) = (shown(&self.acknowledgements), answer.shown);
            return Err(SinkError::Denied { uri, answer, fix: fix.to_owned() });
        }
        let told: Option<Acknowledged> = match by_status(answer.status) {
            // What was told as safe is told once: a part of an answer is none.
            AnswerKind::Accepted if answer.is_whole => serde_json::from_slice(&answer.body).ok(),
            _ => None,
        };
        Ok(match told {
            Some(Acknowledged { acks }) => Asked::Safe(
                numbers
                    .iter()
                    .copied()
                    .filter(|n| acks.get(&n.to_string()) == Some(&true))
                    .collect(),
            ),
            None => Asked::Doubt(answer.shown),
        })
    }

    /// A request without events: the collector answers "no data" (code 5) to a
    /// token it knows, and otherwise says that it does not.
    async fn probe(&self, client: &RemoteClient) -> Result<(), SinkError> {
        let unavailable = |problem| SinkError::Unavailable {
            uri: shown(&self.events),
            problem,
            tried: Duration::ZERO,
        };
        let headers = self.with_channel(new_channel());
        let answer = match client.post(&self.events, headers, client.pack(Vec::new())).await? {
            Ok(answer) => answer,
            Err(NoAnswer(problem)) => return Err(unavailable(problem)),
        };
        match self.judge(client, &answer).await? {
            AnswerKind::Denied { fix } if !answer.status.is_success() => {
                let (uri, answer) = (shown(&self.events), answer.shown);
                Err(SinkError::Denied { uri, answer, fix: fix.to_owned() })
            }
            AnswerKind::Later => Err(unavailable(answer.shown)),
            _ => Ok(()),
        }
    }
}
