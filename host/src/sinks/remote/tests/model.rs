//! Any batch, any events refused, any answers that may pass: a batch that counts as
//! delivered is with the server or in the dead letters, each event once.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::prelude::*;

use super::*;

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Busy,
    /// Nothing is taken, and the connection closed.
    Cut,
    /// Taken, but the answer is lost.
    Lost,
}

#[derive(Debug, Clone)]
struct Case {
    /// For each event whether the server refuses it.
    events: Vec<bool>,
    /// By number of the request.
    faults: BTreeMap<usize, Fault>,
    /// Most bytes that the server takes.
    limit: usize,
    batch_events: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let fault = prop_oneof![Just(Fault::Busy), Just(Fault::Cut), Just(Fault::Lost)];
    let events = prop::collection::vec(prop::bool::weighted(0.2), 1..24);
    let faults = prop::collection::btree_map(0..12_usize, fault, 0..3);
    (events, faults, 100..2_000_usize, 1..24_usize).prop_map(
        |(events, faults, limit, batch_events)| Case { events, faults, limit, batch_events },
    )
}

/// How often the server took each event.
type Taken = Arc<Mutex<BTreeMap<String, usize>>>;

fn server(case: &Case, taken: &Taken) -> Receiver {
    let (case, taken, count) = (case.clone(), taken.clone(), AtomicUsize::new(0));
    Receiver::start(move |request| {
        let fault = case.faults.get(&count.fetch_add(1, Ordering::SeqCst));
        match fault {
            Some(Fault::Busy) => return Reply::status(503),
            Some(Fault::Cut) => return Reply::Cut,
            _ if request.body.len() > case.limit => return Reply::status(413),
            _ => {}
        }
        let answer = picky(request);
        if matches!(answer, Reply::Status(200, ..)) {
            for id in request.ids() {
                *taken.lock().unwrap().entry(id).or_default() += 1;
            }
            if matches!(fault, Some(Fault::Lost)) {
                return Reply::Cut;
            }
        }
        answer
    })
}

async fn holds(case: &Case) {
    let taken = Taken::default();
    let receiver = server(case, &taken);
    let folder = tempfile::tempdir().unwrap();
    let keys = format!("batch_events = {}", case.batch_events);
    let sink = sink(folder.path(), receiver.port, &keys);
    let name = |(index, is_bad): (usize, &bool)| match is_bad {
        true => format!("bad{index}"),
        false => format!("good{index}"),
    };
    let ids: Vec<String> = case.events.iter().enumerate().map(name).collect();
    let batch: Vec<Line> = ids.iter().map(|id| line(id)).collect();
    let delivered = sink.deliver(&batch).await.map(|receipt| receipt.settle());
    let letters = DeadLetters::of(folder.path(), "siem").read().unwrap().letters;
    let letters: Vec<String> = letters.into_iter().map(|letter| letter.event_id).collect();
    let taken = taken.lock().unwrap();
    let has_good = case.events.contains(&false);
    assert_eq!(delivered.is_ok(), has_good, "{delivered:?}");
    let lost = case.faults.values().any(|fault| matches!(fault, Fault::Lost));
    for id in &ids {
        let at_server = taken.get(id).copied().unwrap_or(0);
        let in_letters = letters.iter().filter(|letter| *letter == id).count();
        if id.starts_with("bad") {
            assert_eq!((at_server, in_letters), (0, usize::from(has_good)), "{id}");
        } else {
            assert!(at_server == 1 || at_server > 1 && lost, "{id}: {at_server}");
            assert_eq!(in_letters, 0, "{id}");
        }
    }
}

proptest! {
    // Each waits a fifth of a second and more for every fault.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn whatever_the_server_answers_nothing_is_lost_and_nothing_wrongly_put_aside(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(holds(&case));
    }
}
