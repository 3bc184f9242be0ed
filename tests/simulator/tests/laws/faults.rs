//! What goes wrong on purpose: each fault shows, and none keeps a client that
//! retries from finishing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use signon_simulator::Options;

use crate::client::{Client, DAY, NOW, escaped, options, sorted, start, start_with};

/// Reads everything under these faults and returns the statuses seen.
async fn survives(faults: &[&str]) -> (Vec<u16>, usize) {
    let simulator = start_with(450, faults).await;
    let reading = Client::new(&simulator).read("", NOW - DAY, NOW).await;
    assert_eq!(sorted(reading.ids()), sorted(simulator.ids()), "{faults:?}");
    assert!(simulator.statistics().faults > 0, "{faults:?}");
    assert!(simulator.statistics().rejected.is_empty(), "{faults:?}");
    (reading.statuses, reading.restarts)
}

#[tokio::test]
async fn throttling_ends_after_three_in_a_row_and_says_when_to_return() {
    let simulator = start_with(10, &["429=1:7"]).await;
    let client = Client::new(&simulator);
    let target = client.list(NOW - DAY, NOW, None);
    for _ in 0..2 {
        for _ in 0..3 {
            let reply = client.get(&target).await;
            assert_eq!(reply.header("retry-after"), Some("7"));
            assert_eq!(reply.refusal().1, "TooManyRequests");
        }
        assert_eq!(client.get(&target).await.status, 200);
    }
    assert_eq!(simulator.statistics().faults, 6);
}

#[tokio::test]
async fn throttling_without_seconds_says_nothing_about_returning() {
    let simulator = start_with(10, &["429=1"]).await;
    let client = Client::new(&simulator);
    let reply = client.get(&client.list(NOW - DAY, NOW, None)).await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("retry-after"), None);
}

#[tokio::test]
async fn server_errors_come_with_and_without_json() {
    let simulator = start_with(10, &["5xx=1"]).await;
    let client = Client::new(&simulator);
    let mut kinds = BTreeSet::new();
    for minute in 1..60 {
        let target = client.list(NOW - DAY, NOW - minute * 60_000, None);
        let reply = client.get(&target).await;
        kinds.insert(reply.status.as_u16());
        match reply.header("content-type") {
            Some("application/json") => assert_eq!(reply.refusal().0, reply.status.as_u16()),
            Some("text/html") => {
                kinds.insert(0);
                assert!(reply.body.unwrap().starts_with(b"<html>"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(kinds, BTreeSet::from([0, 500, 502, 503, 504]));
}

#[tokio::test]
async fn a_cut_connection_ends_in_the_middle_of_the_announced_body() {
    let simulator = start_with(10, &["cut=1"]).await;
    for client in [Client::new(&simulator), Client::new(&simulator).over_tls(&simulator)] {
        let target = client.list(NOW - DAY, NOW, None);
        for _ in 0..3 {
            let reply = client.get(&target).await;
            assert_eq!(reply.status, 200);
            assert!(reply.body.is_none());
        }
        assert!(client.get(&target).await.body.is_some());
    }
}

#[tokio::test]
async fn a_slow_body_takes_its_time() {
    let simulator = start_with(5, &["slow=40000"]).await;
    let client = Client::new(&simulator);
    let begun = Instant::now();
    let reply = client.get(&client.list(NOW - DAY, NOW, None)).await;
    let length = reply.body.as_ref().unwrap().len();
    assert_eq!(reply.json().as_array().unwrap().len(), 5);
    // Nothing is waited for after the last piece, a twentieth of a second.
    let least = Duration::from_secs_f64(length as f64 / 40_000.0 - 0.06);
    assert!(begun.elapsed() >= least, "{length} bytes in {:?}", begun.elapsed());
}

#[tokio::test]
async fn an_answer_can_be_late() {
    let simulator = start_with(5, &["latency=150"]).await;
    let client = Client::new(&simulator);
    let begun = Instant::now();
    assert_eq!(client.get("/").await.status, 404);
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn requests_beyond_those_that_are_answered_wait() {
    let simulator = start_with(5, &[]).await;
    let client = Client::new(&simulator);
    simulator.answer_at_most(1);
    assert_eq!(client.get("/").await.status, 404);
    let mut waiting = Box::pin(client.get("/"));
    let asked = async {
        while simulator.statistics().requests < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = &mut waiting => panic!("the second request was answered"),
        () = asked => {}
    }
    simulator.answer_all();
    assert_eq!(waiting.await.status, 404);
}

#[tokio::test]
async fn empty_pages_have_a_token_and_lose_nothing() {
    let simulator = start_with(250, &["empty-pages=1"]).await;
    let reading = Client::new(&simulator).read("", NOW - DAY, NOW).await;
    assert_eq!(reading.sizes(), [0, 0, 0, 100, 0, 0, 0, 100, 0, 0, 0, 50]);
    assert_eq!(sorted(reading.ids()), sorted(simulator.ids()));
    assert_eq!(simulator.statistics().faults, 9);
}

#[tokio::test]
async fn shuffled_readings_differ_in_order_and_in_nothing_else() {
    let simulator = start_with(250, &["shuffle"]).await;
    let client = Client::new(&simulator);
    let one = client.read("", NOW - DAY, NOW).await;
    let two = client.read("", NOW - DAY, NOW).await;
    assert_ne!(one.ids(), two.ids());
    assert_eq!(sorted(one.ids()), sorted(two.ids()));
    assert_eq!(sorted(one.ids()), sorted(simulator.ids()));
}

#[tokio::test]
async fn late_records_show_after_a_reading_that_covers_them_was_finished() {
    let simulator = start_with(400, &["late=0.25"]).await;
    let client = Client::new(&simulator);
    let noon = NOW - DAY / 2;
    // Beginning is not finishing.
    let target = client.list(NOW - DAY, NOW, None);
    for _ in 0..2 {
        assert_eq!(client.get(&target).await.json().as_array().unwrap().len(), 100);
    }
    let first = client.read("", NOW - DAY, noon).await;
    let second = client.read("", NOW - DAY, NOW).await;
    let third = client.read("", NOW - DAY, NOW).await;
    let hidden = 400 - third.ids().len();
    assert_eq!(hidden, 0);
    let late = 400 - second.ids().len();
    assert!((20..90).contains(&late), "{late} of the second half");
    let found = second.records.iter().filter(|(id, _)| !first.records.contains_key(*id)).count();
    assert!(found > 200 - late, "the first half's late ones are there");
    assert_eq!(sorted(third.ids()), sorted(simulator.ids()));
}

#[tokio::test]
async fn a_reading_under_way_does_not_change_when_records_come_to_light() {
    let simulator = start_with(400, &["late=0.5"]).await;
    let client = Client::new(&simulator);
    let first = client.get(&client.list(NOW - DAY, NOW, None)).await;
    let token = first.header("opc-next-page").unwrap();
    let target = client.list(NOW - DAY, NOW, Some(token));
    let before = client.get(&target).await.body;
    client.read("", NOW - DAY, NOW).await;
    assert_eq!(client.get(&target).await.body, before);
}

#[tokio::test]
async fn a_page_token_expires_once() {
    let simulator = start_with(150, &["expire-token=1"]).await;
    let client = Client::new(&simulator);
    let first = client.get(&client.list(NOW - DAY, NOW, None)).await;
    let token = first.header("opc-next-page").unwrap();
    let target = client.list(NOW - DAY, NOW, Some(token));
    let (status, code, message) = client.get(&target).await.refusal();
    assert_eq!((status, code.as_str()), (400, "InvalidParameter"));
    assert!(message.contains("expired"), "{message}");
    assert_eq!(client.get(&target).await.status, 200);
}

#[tokio::test]
async fn whole_minutes_are_demanded_on_request() {
    let simulator = start_with(10, &["strict-minutes"]).await;
    let client = Client::new(&simulator);
    assert_eq!(client.get(&client.list(NOW - DAY, NOW, None)).await.status, 200);
    let odd = client.list(NOW - DAY, NOW + 1000, None);
    let (status, code, message) = client.get(&odd).await.refusal();
    assert_eq!((status, code.as_str()), (400, "InvalidParameter"));
    assert!(message.contains("endTime"), "{message}");
    // An offset is no second.
    let offset = format!(
        "/20190901/auditEvents?compartmentId={}&startTime={}&endTime={}",
        client.tenancy,
        escaped("2025-06-14T02:30:00.000+05:30"),
        escaped("2025-06-15T00:00:00Z")
    );
    assert_eq!(client.get(&offset).await.status, 200);
}

#[tokio::test]
async fn a_client_that_retries_finishes_under_each_fault_and_under_all() {
    let (statuses, _) = survives(&["429=0.5"]).await;
    assert!(statuses.contains(&429));
    survives(&["5xx=0.5"]).await;
    survives(&["cut=0.5"]).await;
    let (_, restarts) = survives(&["expire-token=1"]).await;
    assert!(restarts > 3);
    survives(&[
        "429=0.2:0",
        "5xx=0.2",
        "cut=0.2",
        "empty-pages=0.3",
        "expire-token=0.2",
        "shuffle",
        "latency=1",
        "strict-minutes",
    ])
    .await;
}

#[tokio::test]
async fn a_refused_request_is_struck_by_no_fault() {
    let simulator = start(Options {
        faults: signon_simulator::Faults::parse_all(["429=1"]).unwrap(),
        ..options(10)
    })
    .await;
    let mut client = Client::new(&simulator);
    client.clock -= 3600;
    let reply = client.get(&client.list(NOW - DAY, NOW, None)).await;
    assert_eq!(reply.status, 401);
    assert_eq!(simulator.statistics().faults, 0);
}
