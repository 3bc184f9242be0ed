//! The collector that forgets: it counts from 0 for each channel, keeps what it was
//! sent and how it stands in memory, and starts anew at every moment of a batch. What
//! the indexers had written by then is safe, everything else is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use super::*;

/// Events of a batch, two in a request.
const EVENTS_SENT: usize = 16;

/// When it starts anew, seen from one of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Before the request, which its next life takes.
    Before,
    /// Before it, and its next life takes it, but the answer is lost.
    BeforeAndCut,
    /// Behind it, and the answer is lost.
    BehindAndCut,
    /// Behind the answer.
    Behind,
    /// Before it; its next life is not ready yet, or knows no channel.
    NotReady,
}

const MOMENTS: [Moment; 5] =
    [Moment::Before, Moment::BeforeAndCut, Moment::BehindAndCut, Moment::Behind, Moment::NotReady];

/// What a life keeps of a channel: by number the events and how often they were
/// asked for.
type Channel = BTreeMap<u64, (Vec<String>, u32)>;

#[derive(Default)]
struct Collector {
    requests: usize,
    next: BTreeMap<String, u64>,
    channels: BTreeMap<String, Channel>,
    indexed: BTreeSet<String>,
}

impl Collector {
    fn restart(&mut self) {
        self.next.clear();
        self.channels.clear();
    }

    fn answer(&mut self, request: &Request) -> Status {
        let channel = request.headers["x-splunk-request-channel"].clone();
        if request.target == EVENTS {
            let next = self.next.entry(channel.clone()).or_default();
            let number = *next;
            *next += 1;
            self.channels.entry(channel).or_default().insert(number, (ids(request), 0));
            return status(200, &format!(r#"{{"text":"Success","code":0,"ackId":{number}}}"#));
        }
        let question: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let mut acks = serde_json::Map::new();
        let channel = self.channels.entry(channel).or_default();
        for number in question["acks"].as_array().unwrap() {
            let number = number.as_u64().unwrap();
            let asked = channel.get_mut(&number).map_or(0, |(_, asked)| {
                *asked += 1;
                *asked
            });
            // Indexed at the second question, and a status that was told is deleted.
            let is_safe = asked == 2;
            if is_safe && let Some((events, _)) = channel.remove(&number) {
                self.indexed.extend(events);
            }
            acks.insert(number.to_string(), is_safe.into());
        }
        status(200, &serde_json::json!({ "acks": acks }).to_string())
    }

    /// Starts anew at these moments, by number of the request.
    fn serve(&mut self, request: &Request, restarts: &BTreeMap<usize, Moment>) -> Status {
        let moment = restarts.get(&self.requests).copied();
        self.requests += 1;
        if matches!(moment, Some(Moment::Before | Moment::BeforeAndCut | Moment::NotReady)) {
            self.restart();
        }
        if moment == Some(Moment::NotReady) {
            return match request.target == EVENTS {
                true => status(503, r#"{"text":"Server is busy","code":9}"#),
                false => status(400, r#"{"text":"Invalid data channel","code":11}"#),
            };
        }
        let answer = self.answer(request);
        if matches!(moment, Some(Moment::Behind | Moment::BehindAndCut)) {
            self.restart();
        }
        match moment {
            Some(Moment::BeforeAndCut | Moment::BehindAndCut) => Status::Cut,
            _ => answer,
        }
    }
}

/// A batch that is not taken comes again.
async fn until_taken(sink: &SplunkSink, batch: &[Line]) {
    for _ in 0..5 {
        if let Ok(receipt) = sink.deliver(batch).await {
            return receipt.settle();
        }
    }
    panic!("it is never taken");
}

/// Delivers a batch of two sources at once, and fails unless all of it is indexed.
async fn holds(restarts: BTreeMap<usize, Moment>) {
    let collector = Arc::new(Mutex::new(Collector::default()));
    let (shared, when) = (collector.clone(), restarts.clone());
    let receiver = Receiver::start(move |request| shared.lock().unwrap().serve(request, &when));
    let folder = tempfile::tempdir().unwrap();
    let keys = "batch_events = 2\nacknowledgement_timeout = '3s'";
    let sink = sink(folder.path(), receiver.port, keys);
    let batch = |source: &str| {
        let ids: Vec<String> = (0..EVENTS_SENT).map(|n| format!("{source}{n}")).collect();
        lines(&ids.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let (first, second) = (batch("a"), batch("b"));
    tokio::join!(until_taken(&sink, &first), until_taken(&sink, &second));
    for batch in [first, second] {
        for line in batch {
            let indexed = &collector.lock().unwrap().indexed;
            assert!(indexed.contains(&line.id), "{} is lost: {restarts:?}", line.id);
        }
    }
}

#[tokio::test]
async fn every_event_is_indexed_whatever_the_moment_of_a_restart() {
    // Two deliveries of eight requests, and the questions.
    let moments = (0..20).flat_map(|number| MOMENTS.map(|moment| (number, moment)));
    let cases: Vec<_> =
        moments.map(|restart| tokio::spawn(holds(BTreeMap::from([restart])))).collect();
    for case in cases {
        case.await.unwrap();
    }
}

#[tokio::test]
async fn every_event_is_indexed_though_it_starts_anew_again_and_again() {
    let mut random = crate::testing::Moments(7);
    let mut any = |below: u64| usize::try_from(random.below(below)).unwrap();
    let cases: Vec<_> = (0..40)
        .map(|_| {
            let restarts = (0..4).map(|_| (any(30), MOMENTS[any(5)])).collect();
            tokio::spawn(holds(restarts))
        })
        .collect();
    for case in cases {
        case.await.unwrap();
    }
}

/// One address, two servers, each with its own numbers.
#[tokio::test]
async fn servers_behind_one_address_that_count_for_themselves_lose_nothing() {
    let collectors = Arc::new(Mutex::new([Collector::default(), Collector::default()]));
    let (shared, turn) = (collectors.clone(), AtomicUsize::new(0));
    let receiver = Receiver::start(move |request| {
        let turn = turn.fetch_add(1, Ordering::SeqCst) / 3 % 2;
        shared.lock().unwrap()[turn].serve(request, &BTreeMap::new())
    });
    let folder = tempfile::tempdir().unwrap();
    let keys = "batch_events = 2\nacknowledgement_timeout = '20s'";
    let sink = sink(folder.path(), receiver.port, keys);
    let batch = lines(&["a", "b", "c", "d", "e", "f"]);
    sink.deliver(&batch).await.unwrap().settle();
    let collectors = collectors.lock().unwrap();
    for line in batch {
        assert!(collectors.iter().any(|collector| collector.indexed.contains(&line.id)));
    }
}
