//! What a receiver may answer, and what becomes of a batch then.

mod answers;
mod model;
pub mod receiver;
mod tls;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use receiver::{Receiver, Reply, Request};

use super::*;
use crate::config::{Config, Syntax};
use crate::render::Owner;
use crate::sinks::http::HttpProtocol;
use crate::sinks::{DeadLetters, Fate, SinkKind};

type HttpSink = RemoteSink<HttpProtocol>;

/// An event; the bad ones are refused by a test's receiver.
pub fn line(id: &str) -> Line {
    let text = format!(r#"{{"eventId":"{id}","pad":"{}"}}"#, "x".repeat(50));
    Line { id: id.into(), owner: Owner::of_source("acme").into(), time: 1_767_225_600_123, text }
}

pub fn lines(ids: &[&str]) -> Vec<Line> {
    ids.iter().map(|id| line(id)).collect()
}

/// A sink's table as an operator writes it, around a port.
pub fn sink_config(kind: &str, address: &str, port: u16, keys: &str) -> SinkKind {
    let text = format!(
        "data_dir = 'd'\nsources.acme = {{ type = 'oci_audit' }}\n[sinks.siem]\n\
         type = '{kind}'\ninputs = ['*']\n{address} = 'http://127.0.0.1:{port}'\n{keys}"
    );
    let config = Config::parse(&text, "f", Syntax::Toml, &|_| None);
    config.unwrap_or_else(|error| panic!("{error}")).sinks.remove(0).kind
}

fn sink(folder: &Path, port: u16, keys: &str) -> HttpSink {
    let SinkKind::Http(config) = sink_config("http", "uri", port, keys) else { panic!() };
    HttpSink::open("siem", Format::Raw, &*config, folder).unwrap()
}

struct World {
    folder: tempfile::TempDir,
    receiver: Receiver,
    sink: HttpSink,
}

impl World {
    fn new(keys: &str, rule: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::start(rule);
        let sink = sink(folder.path(), receiver.port, keys);
        Self { folder, receiver, sink }
    }

    async fn deliver(&self, ids: &[&str]) -> Result<(), SinkError> {
        self.sink.deliver(&lines(ids)).await.map(|receipt| receipt.settle())
    }

    /// Ids in the dead letters.
    fn letters(&self) -> Vec<String> {
        let letters = DeadLetters::of(self.folder.path(), "siem").read().unwrap().letters;
        letters.into_iter().map(|letter| letter.event_id).collect()
    }
}

/// Refuses a request with an event whose id begins with `bad`.
fn picky(request: &Request) -> Reply {
    match request.ids().iter().any(|id| id.starts_with("bad")) {
        true => Reply::Status(400, "", "field x\nis not mapped".to_owned()),
        false => Reply::status(200),
    }
}

#[tokio::test]
async fn a_batch_is_one_post_with_an_id_of_its_own_and_one_for_each_event() {
    let world = World::new("headers = { x-team = 'soc' }", |_| Reply::status(204));
    world.deliver(&["a", "b"]).await.unwrap();
    world.deliver(&["a", "b"]).await.unwrap();
    world.deliver(&["b"]).await.unwrap();
    let requests = world.receiver.requests();
    assert_eq!(requests[0].ids(), ["a", "b"]);
    assert!(requests[0].body.ends_with(b"\n"));
    assert_eq!(requests[0].headers["content-type"], "application/x-ndjson");
    assert_eq!(requests[0].headers["x-team"], "soc");
    let id = |index: usize| &requests[index].headers["signon-batch-id"];
    assert_eq!(id(0), id(1));
    assert_ne!(id(0), id(2));
}

#[tokio::test]
async fn a_json_array_and_gzip_are_what_they_say() {
    let keys = "encoding = 'json_array'\ncompression = 'gzip'";
    let world = World::new(keys, |_| Reply::status(200));
    world.deliver(&["a", "b"]).await.unwrap();
    let request = &world.receiver.requests()[0];
    let array: Vec<serde_json::Value> = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(array.len(), 2);
    assert_eq!(request.headers["content-encoding"], "gzip");
    assert_eq!(request.headers["content-type"], "application/json");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_with_the_same_batch() {
    for fault in [408, 425, 429, 500, 502, 503, 504, 0, 1] {
        let count = AtomicUsize::new(0);
        let world = World::new("timeout = '1s'", move |_| {
            match (count.fetch_add(1, Ordering::SeqCst), fault) {
                (0, 0) => Reply::Cut,
                (0, 1) => Reply::Slow(Duration::from_secs(3)),
                (0, status) => Reply::status(status),
                _ => Reply::status(200),
            }
        });
        world.deliver(&["a"]).await.unwrap();
        let requests = world.receiver.requests();
        let batch = |index: usize| &requests[index].headers["signon-batch-id"];
        assert!(requests.len() >= 2 && batch(0) == batch(1), "{fault}");
    }
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_gets_it() {
    let count = AtomicUsize::new(0);
    let world = World::new("", move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Status(429, "Retry-After: 2\r\n", String::new()),
        _ => Reply::status(200),
    });
    let started = Instant::now();
    world.deliver(&["a"]).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_receiver_that_stays_away_is_told_and_nothing_is_taken() {
    let gone = Receiver::start(|_| Reply::Cut);
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), gone.port, "retry_for = '1s'");
    let error = sink.deliver(&lines(&["a"])).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, SinkError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_halved_and_the_limit_remembered() {
    let world = World::new("", |request| match request.body.len() {
        0..400 => Reply::status(200),
        _ => Reply::status(413),
    });
    let ids: Vec<String> = (0..32).map(|index| format!("e{index}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    world.deliver(&ids).await.unwrap();
    let taken = |requests: &[Request]| -> Vec<String> {
        let taken = requests.iter().filter(|request| request.body.len() < 400);
        taken.flat_map(Request::ids).collect()
    };
    let first = world.receiver.requests();
    let seen = taken(&first);
    assert_eq!(seen.len(), 32);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 32);
    world.deliver(&ids).await.unwrap();
    let second = world.receiver.requests().split_off(first.len());
    assert_eq!(taken(&second).len(), 32);
    assert!(second.iter().all(|request| request.body.len() < 400), "the limit was forgotten");
}

#[tokio::test]
async fn batches_keep_within_the_configured_limits() {
    let world = World::new("batch_events = 3\nbatch_bytes = 1000", |_| Reply::status(200));
    let ids: Vec<String> = (0..10).map(|index| format!("e{index}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    world.deliver(&ids).await.unwrap();
    let requests = world.receiver.requests();
    assert!(requests.iter().all(|request| request.ids().len() <= 3));
    let order: Vec<String> = requests.iter().flat_map(Request::ids).collect();
    assert_eq!(order, ids);
}

#[tokio::test]
async fn an_event_that_is_refused_while_its_siblings_are_accepted_is_a_dead_letter() {
    let world = World::new("", picky);
    world.deliver(&["a", "b", "bad1", "c", "d", "e", "bad2"]).await.unwrap();
    let mut letters = world.letters();
    letters.sort();
    assert_eq!(letters, ["bad1", "bad2"]);
    let accepted: Vec<String> = world
        .receiver
        .requests()
        .iter()
        .filter(|request| !request.text().contains("bad"))
        .flat_map(Request::ids)
        .collect();
    assert_eq!(accepted.len(), 5);
    assert_eq!(accepted.iter().collect::<BTreeSet<_>>().len(), 5);
}

#[tokio::test]
async fn a_receiver_that_refuses_every_event_empties_no_stream() {
    let world = World::new("", |_| Reply::Status(422, "", "a\u{7}\nschema".to_owned()));
    let ids: Vec<String> = (0..100).map(|index| format!("e{index}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let error = world.deliver(&ids).await.unwrap_err();
    assert!(matches!(error, SinkError::Refusing { .. }));
    assert!(error.to_string().contains("answered 422: a schema"), "{error}");
    let first = world.receiver.requests().len();
    world.deliver(&ids).await.unwrap_err();
    let second = world.receiver.requests().len() - first;
    assert!(second <= 40, "{second} requests to a receiver known to refuse");
    assert!(world.letters().is_empty());
}

#[tokio::test]
async fn a_lone_refused_event_waits_for_proof_and_each_proof_serves_once() {
    let world = World::new("", picky);
    world.deliver(&["bad1"]).await.unwrap_err();
    assert!(world.letters().is_empty());
    world.deliver(&["a"]).await.unwrap();
    world.deliver(&["bad1"]).await.unwrap();
    assert_eq!(world.letters(), ["bad1"]);
    world.deliver(&["bad2"]).await.unwrap_err();
    assert_eq!(world.letters(), ["bad1"]);
}

#[tokio::test]
async fn a_refused_event_finds_its_proof_in_siblings_that_were_taken_when_it_came_before() {
    let world = World::new("", picky);
    // Nobody can write into a folder that is a file.
    let in_the_way = world.folder.path().join("deadletter");
    std::fs::write(&in_the_way, "").unwrap();
    let error = world.deliver(&["a", "bad1", "b", "bad2"]).await.unwrap_err();
    assert!(matches!(error, SinkError::DeadLetters { .. }), "{error}");
    std::fs::remove_file(&in_the_way).unwrap();
    world.deliver(&["a", "bad1", "b", "bad2"]).await.unwrap();
    assert_eq!(world.letters(), ["bad1", "bad2"]);
    let requests = world.receiver.requests();
    let taken = requests.iter().filter(|request| !request.text().contains("bad"));
    assert_eq!(taken.flat_map(Request::ids).count(), 2);
}

#[tokio::test]
async fn what_no_event_can_help_is_no_events_fault() {
    for status in [301, 302, 401, 403, 404, 405, 410, 415] {
        let world = World::new("", move |_| {
            Reply::Status(status, "Location: http://else.where/x?token=1\r\n", String::new())
        });
        let error = world.deliver(&["a", "b"]).await.unwrap_err();
        assert!(matches!(error, SinkError::Denied { .. }), "{error}");
        assert!(error.to_string().contains(&format!("answered {status}")), "{error}");
        assert!(!error.to_string().contains("token="), "{error}");
        assert_eq!(world.receiver.requests().len(), 1);
        assert!(world.letters().is_empty());
    }
}

#[tokio::test]
async fn what_was_taken_of_a_batch_that_failed_is_not_sent_again() {
    let healed = Arc::new(AtomicUsize::new(0));
    let state = healed.clone();
    let world = World::new("batch_events = 1\nretry_for = '1s'", move |request| {
        let is_broken = request.ids() == ["b"] && state.load(Ordering::SeqCst) == 0;
        Reply::status(if is_broken { 503 } else { 200 })
    });
    world.deliver(&["a", "b", "c"]).await.unwrap_err();
    healed.store(1, Ordering::SeqCst);
    // Taken whole, but its commit fails.
    drop(world.sink.deliver(&lines(&["a", "b", "c"])).await.unwrap());
    world.deliver(&["a", "b", "c", "d"]).await.unwrap();
    let sent: Vec<String> = world.receiver.requests().iter().flat_map(Request::ids).collect();
    for (id, most) in [("a", 1), ("c", 1), ("d", 1)] {
        assert_eq!(sent.iter().filter(|sent| *sent == id).count(), most, "{sent:?}");
    }
    // What was committed is new again, should it ever come.
    world.deliver(&["a"]).await.unwrap();
    assert_eq!(world.receiver.requests().last().unwrap().ids(), ["a"]);
}

#[tokio::test]
async fn a_slow_receiver_is_asked_by_few_at_a_time() {
    let world = World::new("", |_| Reply::Slow(Duration::from_millis(50)));
    let world = Arc::new(world);
    let deliveries: Vec<_> = (0..20)
        .map(|index| {
            let world = world.clone();
            tokio::spawn(async move { world.deliver(&[&format!("e{index}")]).await })
        })
        .collect();
    for delivery in deliveries {
        delivery.await.unwrap().unwrap();
    }
    assert!(world.receiver.most_open() <= REQUESTS_IN_FLIGHT);
    assert_eq!(world.receiver.requests().len(), 20);
}

#[tokio::test]
async fn a_secret_that_the_receiver_echoes_is_not_shown() {
    let keys = "headers = { x-key = 'tops3cret' }\n\
                auth = { type = 'basic', username = 'u', password = 'hunter22' }";
    let world = World::new(keys, |request| {
        let echo = format!(
            "no: {} {} hunter22",
            request.headers["x-key"], request.headers["authorization"]
        );
        Reply::Status(403, "", echo)
    });
    let error = world.deliver(&["a"]).await.unwrap_err().to_string();
    assert!(error.contains("[secret]"), "{error}");
    for secret in ["tops3cret", "hunter22", "dTpodW50ZXIyMg"] {
        assert!(!error.contains(secret), "{error}");
        assert!(!format!("{:?}", world.sink).contains(secret));
    }
}

#[tokio::test]
async fn a_token_in_a_file_is_read_anew_for_every_request() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "first\n").unwrap();
    let keys = format!("auth = {{ type = 'bearer', token_file = {token:?} }}");
    let world = World::new(&keys, |_| Reply::status(200));
    world.deliver(&["a"]).await.unwrap();
    std::fs::write(&token, "second\n").unwrap();
    world.deliver(&["b"]).await.unwrap();
    let sent: Vec<String> = world
        .receiver
        .requests()
        .iter()
        .map(|request| request.headers["authorization"].clone())
        .collect();
    assert_eq!(sent, ["Bearer first", "Bearer second"]);
}

#[tokio::test]
async fn dead_letters_are_sent_again_and_each_is_told_its_fate() {
    let world = World::new("", picky);
    let fates = world.sink.resend(&lines(&["a", "bad1", "b"])).await.unwrap();
    assert_eq!((&fates[0], &fates[2]), (&Fate::Accepted, &Fate::Accepted));
    assert!(matches!(fates[1], Fate::Refused(400, _)));
    assert!(world.letters().is_empty());
}
