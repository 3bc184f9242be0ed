//! What a collector answers, with and without indexers that acknowledge.

mod forgetful;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::*;
use crate::render::Format;
use crate::render::Owner;
use crate::sinks::remote::RemoteSink;
use crate::sinks::remote::tests::receiver::{Receiver, Reply as Status, Request};
use crate::sinks::remote::tests::{line, lines, sink_config};
use crate::sinks::{DeadLetters, Sink as _, SinkKind};

type SplunkSink = RemoteSink<SplunkProtocol>;

fn sink(folder: &Path, port: u16, keys: &str) -> SplunkSink {
    let keys = format!("token = 'right'\n{keys}");
    let SinkKind::SplunkHec(config) = sink_config("splunk_hec", "endpoint", port, &keys) else {
        panic!()
    };
    SplunkSink::open("siem", Format::Raw, &*config, folder).unwrap()
}

fn status(status: u16, body: &str) -> Status {
    Status::Status(status, "", body.to_owned())
}

/// The native ids in a request's envelopes.
fn ids(request: &Request) -> Vec<String> {
    let envelopes = serde_json::Deserializer::from_slice(&request.body).into_iter();
    envelopes
        .map(|envelope: Result<serde_json::Value, _>| {
            envelope.unwrap()["event"]["eventId"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// A collector whose indexers never get its first batch and acknowledge the others.
fn forgets_the_first() -> impl Fn(&Request) -> Status + Send + Sync + 'static {
    let next = AtomicU64::new(0);
    move |request| {
        if request.target == EVENTS {
            let id = next.fetch_add(1, Ordering::SeqCst);
            return status(200, &format!(r#"{{"text":"Success","code":0,"ackId":{id}}}"#));
        }
        let question: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let acks: serde_json::Map<_, _> = question["acks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| (id.to_string(), (id.as_u64() != Some(0)).into()))
            .collect();
        status(200, &serde_json::json!({ "acks": acks }).to_string())
    }
}

/// A collector whose indexers acknowledge from their second answer on.
struct Indexers {
    next: AtomicU64,
    asked: AtomicUsize,
}

impl Indexers {
    fn collector(patience: usize) -> impl Fn(&Request) -> Status + Send + Sync + 'static {
        let indexers = Self { next: AtomicU64::new(0), asked: AtomicUsize::new(0) };
        move |request| {
            if request.target == EVENTS {
                let id = indexers.next.fetch_add(1, Ordering::SeqCst);
                return status(200, &format!(r#"{{"text":"Success","code":0,"ackId":{id}}}"#));
            }
            let done = indexers.asked.fetch_add(1, Ordering::SeqCst) >= patience;
            let question: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            let acks: serde_json::Map<_, _> = question["acks"]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| (id.to_string(), done.into()))
                .collect();
            status(200, &serde_json::json!({ "acks": acks }).to_string())
        }
    }
}

#[tokio::test]
async fn an_event_is_wrapped_with_its_time_and_where_it_came_from() {
    let receiver = Receiver::start(|_| status(200, r#"{"text":"Success","code":0}"#));
    let folder = tempfile::tempdir().unwrap();
    let keys = "index = 'audit'\nhost = 'collector'\nacknowledgement = false";
    let sink = sink(folder.path(), receiver.port, keys);
    sink.deliver(&lines(&["a"])).await.unwrap().settle();
    let request = &receiver.requests()[0];
    let envelope: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(envelope["time"].to_string(), "1767225600.123");
    assert_eq!(envelope["source"], "acme");
    assert_eq!(envelope["sourcetype"], "oracle:signon");
    assert_eq!((&envelope["index"], &envelope["host"]), (&"audit".into(), &"collector".into()));
    assert_eq!(envelope["event"]["eventId"], "a");
    assert_eq!(envelope["fields"], serde_json::json!({ "signon_source": "acme" }));
    assert_eq!(request.headers["authorization"], "Splunk right");
    assert!(!request.headers.contains_key("x-splunk-request-channel"));
}

#[tokio::test]
async fn whose_an_event_is_stands_in_its_fields() {
    let receiver = Receiver::start(|_| status(200, r#"{"text":"Success","code":0}"#));
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "acknowledgement = false");
    let owner = Owner {
        tenant: "acme \"süd\"".to_owned(),
        labels: [("environment".to_owned(), "production".to_owned())].into(),
        ..Owner::of_source("one")
    };
    let line = Line { owner: owner.into(), ..line("a") };
    sink.deliver(std::slice::from_ref(&line)).await.unwrap().settle();
    let body = receiver.requests()[0].body.clone();
    let envelope: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let fields = serde_json::json!({
        "signon_tenant": "acme \"süd\"", "signon_source": "one", "environment": "production",
    });
    assert_eq!(envelope["fields"], fields);
}

#[tokio::test]
async fn nothing_is_delivered_before_the_indexers_acknowledge() {
    let receiver = Receiver::start(Indexers::collector(2));
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "batch_events = 1");
    sink.deliver(&lines(&["a", "b"])).await.unwrap().settle();
    let requests = receiver.requests();
    assert_eq!(requests.iter().filter(|request| request.target == ACKNOWLEDGEMENTS).count(), 3);
    let channels: Vec<&String> =
        requests.iter().map(|request| &request.headers["x-splunk-request-channel"]).collect();
    assert!(channels.iter().all(|channel| *channel == channels[0] && channel.len() == 36));
}

#[tokio::test]
async fn a_batch_that_waits_for_its_acknowledgement_holds_up_no_other() {
    // Numbers from 0 on for each channel; the channel of the stuck event is never told.
    let stuck = std::sync::Mutex::new(String::new());
    let receiver = Receiver::start(move |request| {
        let channel = &request.headers["x-splunk-request-channel"];
        let mut stuck = stuck.lock().unwrap();
        if request.target == EVENTS {
            if ids(request).contains(&"stuck".to_owned()) {
                stuck.clone_from(channel);
            }
            return status(200, r#"{"text":"Success","code":0,"ackId":0}"#);
        }
        status(200, &format!(r#"{{"acks":{{"0":{}}}}}"#, *channel != *stuck))
    });
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "acknowledgement_timeout = '1h'");
    let (small, other) = (lines(&["stuck"]), lines(&["a"]));
    let others = async {
        for _ in 0..3 {
            sink.deliver(&other).await.unwrap().settle();
        }
    };
    tokio::select! {
        _ = sink.deliver(&small) => panic!("nobody acknowledged it"),
        () = others => {}
    }
}

#[tokio::test]
async fn a_batch_that_is_not_acknowledged_in_time_is_sent_again() {
    // However often it can be asked within the time.
    let receiver = Receiver::start(forgets_the_first());
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "acknowledgement_timeout = '1s'");
    sink.deliver(&lines(&["a"])).await.unwrap().settle();
    let requests = receiver.requests();
    let sent: Vec<_> = requests.iter().filter(|request| request.target == EVENTS).collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(ids(sent[0]), ids(sent[1]));
}

#[tokio::test]
async fn indexers_that_never_acknowledge_take_nothing() {
    let receiver = Receiver::start(Indexers::collector(usize::MAX));
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "acknowledgement_timeout = '1s'");
    let error = sink.deliver(&lines(&["a"])).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("acknowledge"), "{error}");
}

#[tokio::test]
async fn deliveries_at_the_same_time_have_channels_of_their_own_and_later_ones_use_them_again() {
    let receiver = Receiver::start(Indexers::collector(2));
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "");
    let (a, b) = (lines(&["a"]), lines(&["b"]));
    let both = tokio::join!(sink.deliver(&a), sink.deliver(&b));
    both.0.unwrap().settle();
    both.1.unwrap().settle();
    sink.deliver(&lines(&["c"])).await.unwrap().settle();
    let requests = receiver.requests();
    let sent = requests.iter().filter(|request| request.target == EVENTS);
    let channels: Vec<&String> =
        sent.map(|request| &request.headers["x-splunk-request-channel"]).collect();
    assert_ne!(channels[0], channels[1]);
    assert!(channels[..2].contains(&channels[2]));
}

#[tokio::test]
async fn an_answer_that_was_cut_or_is_no_collectors_acknowledges_nothing() {
    for (http, body) in [
        (200, r#"{"text":"Success","code":0,"ackI"#),
        (200, "<html>sign in to the network</html>"),
        (200, r#"{"text":"Server is busy","code":9}"#),
    ] {
        let receiver = Receiver::start(move |_| status(http, body));
        let folder = tempfile::tempdir().unwrap();
        let sink = sink(folder.path(), receiver.port, "retry_for = '1s'");
        let error = sink.deliver(&lines(&["a"])).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, SinkError::Unavailable { .. }), "{body}: {error}");
    }
}

#[tokio::test]
async fn a_token_without_acknowledgement_is_told_where_it_is_required() {
    let receiver = Receiver::start(|_| status(200, r#"{"text":"Success","code":0}"#));
    let folder = tempfile::tempdir().unwrap();
    let required = sink(folder.path(), receiver.port, "acknowledgement = true");
    let error = required.deliver(&lines(&["a"])).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("indexer acknowledgement"), "{error}");
}

#[tokio::test]
async fn the_event_that_the_collector_names_is_the_dead_letter() {
    let receiver =
        Receiver::start(|request| match ids(request).iter().position(|id| id == "bad") {
            None => status(200, r#"{"text":"Success","code":0}"#),
            Some(index) => status(
                400,
                &format!(
                    r#"{{"text":"Invalid data format","code":6,"invalid-event-number":{index}}}"#
                ),
            ),
        });
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "");
    sink.deliver(&lines(&["a", "b", "bad", "c"])).await.unwrap().settle();
    let letters = DeadLetters::of(folder.path(), "siem").read().unwrap().letters;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].event_id, "bad");
    // The batch, what is before, what is behind, and the culprit alone.
    assert_eq!(receiver.requests().len(), 4);
}

#[tokio::test]
async fn the_collectors_codes_are_told_apart() {
    for (http, code, is_denied) in [
        (403, 1, true),
        (401, 2, true),
        (401, 3, true),
        (403, 4, true),
        (400, 7, true),
        (400, 10, true),
        (400, 11, true),
        (400, 14, true),
        (503, 9, false),
        (429, 26, false),
        (429, 27, false),
        (500, 8, false),
    ] {
        let receiver =
            Receiver::start(move |_| status(http, &format!(r#"{{"text":"x","code":{code}}}"#)));
        let folder = tempfile::tempdir().unwrap();
        let sink = sink(folder.path(), receiver.port, "retry_for = '1s'");
        let error = sink.deliver(&lines(&["a"])).await.map(|_| ()).unwrap_err();
        let is_right = match is_denied {
            true => matches!(error, SinkError::Denied { .. }),
            false => matches!(error, SinkError::Unavailable { .. }),
        };
        assert!(is_right, "{http} {code}: {error}");
        assert!(DeadLetters::of(folder.path(), "siem").read().unwrap().letters.is_empty());
    }
}

#[tokio::test]
async fn a_probe_tells_a_wrong_token_from_a_right_one_and_sends_nothing() {
    let is_right = Arc::new(AtomicUsize::new(0));
    let answer = is_right.clone();
    let receiver = Receiver::start(move |_| match answer.load(Ordering::SeqCst) {
        0 => status(403, r#"{"text":"Invalid token","code":4}"#),
        _ => status(400, r#"{"text":"No data","code":5}"#),
    });
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "");
    assert!(matches!(sink.probe().await, Err(SinkError::Denied { .. })));
    is_right.store(1, Ordering::SeqCst);
    sink.probe().await.unwrap();
    assert!(receiver.requests().iter().all(|request| request.body.is_empty()));
}
