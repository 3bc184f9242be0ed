//! The sign-in audit of Fusion: getting in, periods, pages, totals.

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;
use signon_simulator::{Options, Service, Simulator};

use crate::client::{DAY, NOW, Reply, escaped, options, start, time};
use crate::web::{all_services, ask, basic, file, start_all, written};

pub const AUDIT: &str = "/oam/services/rest/access/api/v1/audit";

/// A reader of events as JSON.
pub struct Reader<'a> {
    pub simulator: &'a Simulator,
    authorization: String,
    pub accept: &'static str,
}

impl<'a> Reader<'a> {
    pub fn new(simulator: &'a Simulator) -> Self {
        let password = written(simulator, "oam_password");
        let authorization = basic(simulator.oam_username(), &password);
        Self { simulator, authorization, accept: "application/json" }
    }

    pub async fn get(&self, target: &str) -> Reply {
        let mut headers = vec![("authorization", &*self.authorization)];
        if !self.accept.is_empty() {
            headers.push(("accept", self.accept));
        }
        ask(self.simulator, Method::GET, &format!("{AUDIT}{target}"), &headers, "").await
    }

    /// Ids page by page until one is empty; every answer is asked for until it
    /// comes.
    pub async fn read(&self, in_path: bool, size: usize) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        for number in 1..=200 {
            let page = match in_path {
                true => format!("/events/{number}?pageSize={size}&{}", period(NOW - DAY, NOW)),
                false => format!(
                    "/events?pageNumber={number}&pageSize={size}&{}",
                    period(NOW - DAY, NOW)
                ),
            };
            let ids = ids(&self.patiently(&page).await);
            if ids.is_empty() {
                break;
            }
            pages.push(ids);
        }
        pages
    }

    pub async fn patiently(&self, target: &str) -> Value {
        for _ in 0..4 {
            let reply = self.get(target).await;
            if reply.status == 200 && reply.body.is_some() {
                return reply.json();
            }
            assert!(reply.status == 200 || reply.status.as_u16() >= 500);
        }
        panic!("{target} failed four times");
    }
}

pub fn period(from: i64, to: i64) -> String {
    format!("fromDate={}&toDate={}", escaped(&time(from)), escaped(&time(to)))
}

pub fn events(reply: &Value) -> Vec<Value> {
    reply["eventData"].as_array().unwrap().clone()
}

fn ids(reply: &Value) -> Vec<String> {
    events(reply).iter().map(|event| event["eventID"].to_string()).collect()
}

async fn fusion(faults: &[&str]) -> Simulator {
    start(Options {
        services: vec![Service::Oam],
        faults: signon_simulator::Faults::parse_all(faults).unwrap(),
        ..options(0)
    })
    .await
}

fn truth(simulator: &Simulator) -> BTreeSet<String> {
    simulator.truth_of(Service::Oam)
}

#[tokio::test]
async fn pages_by_query_and_by_path_hold_every_event_once() {
    let simulator = fusion(&[]).await;
    let reader = Reader::new(&simulator);
    for in_path in [false, true] {
        let pages = reader.read(in_path, 30).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [30, 30, 30, 10]);
        let all = pages.concat();
        assert_eq!(all.len(), 100);
        assert_eq!(BTreeSet::from_iter(all), truth(&simulator));
    }
    let stats = reader.get(&format!("/stats?{}", period(NOW - DAY, NOW))).await.json();
    assert_eq!(stats, serde_json::json!({ "count": 100 }));
    assert_eq!(simulator.statistics().records, 200);
}

#[tokio::test]
async fn only_the_user_with_the_password_gets_in() {
    let simulator = fusion(&[]).await;
    let password = written(&simulator, "oam_password");
    let target = format!("{AUDIT}/stats?{}", period(NOW - DAY, NOW));
    let wrong = [
        None,
        Some(basic(simulator.oam_username(), "wrong")),
        Some(basic("somebody", &password)),
        Some(format!("Bearer {password}")),
    ];
    for authorization in &wrong {
        let headers: Vec<(&str, &str)> =
            authorization.iter().map(|value| ("authorization", &**value)).collect();
        let reply = ask(&simulator, Method::GET, &target, &headers, "").await;
        assert_eq!(reply.status, 401);
        assert!(reply.header("www-authenticate").unwrap().starts_with("Basic "));
    }
    assert_eq!(simulator.statistics().rejected[&401], 4);

    let simulator = fusion(&["oam-forbidden"]).await;
    let target = format!("/stats?{}", period(NOW - DAY, NOW));
    assert_eq!(Reader::new(&simulator).get(&target).await.status, 403);
}

#[tokio::test]
async fn a_request_without_what_is_required_is_invalid() {
    let simulator = fusion(&[]).await;
    let reader = Reader::new(&simulator);
    let day = period(NOW - DAY, NOW);
    for target in [
        "/events".to_owned(),
        format!("/events?{day}&pageNumber=1"),
        format!("/events?{day}&pageSize=10"),
        format!("/events?{day}&pageNumber=0&pageSize=10"),
        format!("/events?{day}&pageNumber=1&pageSize=ten"),
        format!("/events/first?{day}&pageSize=10"),
        format!("/events?{}&pageNumber=1&pageSize=10", period(NOW, NOW - 1)),
        "/events?fromDate=2025-06-01&toDate=2025-06-02&pageNumber=1&pageSize=10".to_owned(),
        "/stats".to_owned(),
    ] {
        let reply = reader.get(&target).await;
        assert_eq!(reply.status, 400, "{target}");
        let body = String::from_utf8(reply.body.unwrap().to_vec()).unwrap();
        assert!(body.starts_with("Invalid Request: "), "{body}");
    }
    assert_eq!(reader.get("/elsewhere").await.status, 404);
}

#[tokio::test]
async fn xml_comes_unless_json_is_asked_for() {
    let simulator = fusion(&[]).await;
    let mut reader = Reader::new(&simulator);
    let target = format!("/events?{}&pageNumber=1&pageSize=5", period(NOW - DAY, NOW));
    for (accept, media) in [
        ("", "application/xml"),
        ("*/*", "application/xml"),
        ("application/xml", "application/xml"),
        ("application/json", "application/json"),
    ] {
        reader.accept = accept;
        let reply = reader.get(&target).await;
        assert_eq!(reply.header("content-type"), Some(media), "{accept}");
    }
    reader.accept = "text/html";
    assert_eq!(reader.get(&target).await.status, 406);
}

#[tokio::test]
async fn a_server_may_not_understand_the_page_number_where_it_stands() {
    for (fault, by_query, by_path) in [
        ("oam-ignore-page", false, true),
        ("oam-ignore-page=path", true, false),
        ("oam-ignore-page=both", false, false),
    ] {
        let simulator = fusion(&[fault]).await;
        let reader = Reader::new(&simulator);
        for (in_path, understood) in [(false, by_query), (true, by_path)] {
            let page = |number: usize| match in_path {
                true => format!("/events/{number}?pageSize=40&{}", period(NOW - DAY, NOW)),
                false => {
                    format!("/events?pageNumber={number}&pageSize=40&{}", period(NOW - DAY, NOW))
                }
            };
            let first = ids(&reader.get(&page(1)).await.json());
            let second = ids(&reader.get(&page(2)).await.json());
            assert_eq!(first != second, understood, "{fault} {in_path}");
        }
    }
}

#[tokio::test]
async fn bounds_are_as_chosen() {
    for (faults, at_start, at_end) in [
        (vec![], true, true),
        (vec!["oam-bounds=inclusive"], true, true),
        (vec!["oam-bounds=half-open"], true, false),
        (vec!["oam-bounds=exclusive"], false, false),
    ] {
        let simulator = fusion(&faults).await;
        let reader = Reader::new(&simulator);
        let all = format!("/events?{}&pageNumber=1&pageSize=1000", period(NOW - DAY, NOW));
        let all = events(&reader.get(&all).await.json());
        let at = |index: usize| {
            let time = all[index]["accessTime"].as_str().unwrap();
            chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp_millis()
        };
        let target = format!("/events?{}&pageNumber=1&pageSize=1000", period(at(10), at(80)));
        let found = ids(&reader.get(&target).await.json());
        assert_eq!(found.contains(&all[10]["eventID"].to_string()), at_start, "{faults:?}");
        assert_eq!(found.contains(&all[80]["eventID"].to_string()), at_end, "{faults:?}");
        assert!(found.contains(&all[50]["eventID"].to_string()));
    }
}

#[tokio::test]
async fn the_order_is_as_chosen_and_the_same_on_every_page() {
    let mut orders = Vec::new();
    for fault in ["oam-order=ascending", "oam-order=descending", "oam-order=shuffled"] {
        let simulator = fusion(&[fault]).await;
        let reader = Reader::new(&simulator);
        let all = reader.read(false, 7).await.concat();
        assert_eq!(BTreeSet::from_iter(all.iter().cloned()), truth(&simulator), "{fault}");
        assert_eq!(reader.read(false, 1000).await.concat(), all);
        orders.push(all);
    }
    orders[1].reverse();
    assert_eq!(orders[0], orders[1]);
    assert_ne!(orders[0], orders[2]);
}

#[tokio::test]
async fn a_page_may_be_short_and_not_the_last() {
    let simulator = fusion(&["oam-page-limit=8"]).await;
    let pages = Reader::new(&simulator).read(false, 1000).await;
    assert!(pages.iter().rev().skip(1).all(|page| page.len() == 8));
    assert_eq!(BTreeSet::from_iter(pages.concat()), truth(&simulator));
}

#[tokio::test]
async fn events_may_have_no_ids_and_some_say_the_same() {
    let simulator = fusion(&["oam-no-ids"]).await;
    assert!(truth(&simulator).is_empty() && simulator.ids_of(Service::Oam).is_empty());
    assert_eq!(simulator.records_of(Service::Oam), 100);
    let target = format!("/events?{}&pageNumber=1&pageSize=1000", period(NOW - DAY, NOW));
    let events = events(&Reader::new(&simulator).get(&target).await.json());
    assert_eq!(events.len(), 100);
    assert!(events.iter().all(|event| event.get("eventID").is_none()));
    let distinct: BTreeSet<String> = events.iter().map(Value::to_string).collect();
    assert_eq!(distinct.len(), 96);
}

#[tokio::test]
async fn totals_may_be_missing() {
    let simulator = fusion(&["oam-no-stats"]).await;
    let reader = Reader::new(&simulator);
    assert_eq!(reader.get(&format!("/stats?{}", period(NOW - DAY, NOW))).await.status, 404);
    assert_eq!(reader.read(false, 50).await.concat().len(), 100);
}

#[tokio::test]
async fn throttling_is_503_and_says_when_to_return() {
    let simulator = fusion(&["429=1:3"]).await;
    let reader = Reader::new(&simulator);
    let target = format!("/stats?{}", period(NOW - DAY, NOW));
    for _ in 0..3 {
        let reply = reader.get(&target).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, Some("3")));
    }
    assert_eq!(reader.get(&target).await.status, 200);
}

#[tokio::test]
async fn a_reader_that_retries_finishes_under_each_fault() {
    for faults in [vec!["429=0.5"], vec!["5xx=0.5"], vec!["cut=0.5"], vec!["5xx=0.3", "cut=0.3"]] {
        let simulator = start_all(&faults).await;
        let pages = Reader::new(&simulator).read(true, 15).await;
        assert_eq!(BTreeSet::from_iter(pages.concat()), truth(&simulator), "{faults:?}");
        assert!(simulator.statistics().faults > 0, "{faults:?}");
        assert!(simulator.statistics().rejected.is_empty(), "{faults:?}");
    }
}

#[tokio::test]
async fn late_events_show_in_a_second_reading() {
    let simulator = fusion(&["late=0.3"]).await;
    let reader = Reader::new(&simulator);
    let target = format!("/events?{}&pageNumber=1&pageSize=1000", period(NOW - DAY, NOW));
    let first = ids(&reader.get(&target).await.json());
    assert!(first.len() < 90);
    let stats = format!("/stats?{}", period(NOW - DAY, NOW));
    assert_eq!(reader.get(&stats).await.json()["count"], 100);
    assert_eq!(ids(&reader.get(&target).await.json()).len(), 100);
}

#[tokio::test]
async fn events_of_a_file_are_served_whatever_their_age() {
    let event = r#"{"eventID":9007199254740993,"accessTime":"2019-12-08T03:08:53.799Z",
        "type":"AuthN","status":"denied","ipAddress":"10.xxx.xx.xxx","mfaUsed":false,
        "oracleECID":"x^1","userID":{"loginID":"bob"},
        "attributeMap":[{"key":"k","value":["a","b"]}]}"#;
    let saved = format!("{{\"Events\":{{\"eventData\":[{event}]}}}}");
    for content in [format!("[{event}]"), event.replace('\n', " "), saved] {
        let (_directory, path) = file(&content);
        let simulator = start(Options { oam_events: Some(path), ..all_services() }).await;
        assert_eq!(Vec::from_iter(truth(&simulator)), ["9007199254740993"]);
        let from = simulator.first_minute_of(Service::Oam);
        assert_eq!(from, 1_575_774_480_000);
        let target = format!("/events?{}&pageNumber=1&pageSize=10", period(from, NOW));
        let events = events(&Reader::new(&simulator).get(&target).await.json());
        assert_eq!(events, [serde_json::from_str::<Value>(event).unwrap()]);
    }
    let (_directory, path) = file("[{\"accessTime\":\"soon\"}]");
    let error = Simulator::start(Options { oam_events: Some(path), ..all_services() }).await;
    assert!(error.unwrap_err().to_string().contains("record 1"));
}
