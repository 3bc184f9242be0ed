//! Searching the audit events of an identity domain.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use signon_simulator::{Options, Service, Simulator};

use crate::client::{DAY, NOW, Reply, options, sorted, start};
use crate::domain::{Domain, EVENTS, id, rows};
use crate::web::{all_services, ask, file};

const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

async fn domain() -> Simulator {
    start(Options { services: vec![Service::Idcs], ..options(0) }).await
}

async fn from_file(content: &str) -> Result<Simulator, signon_simulator::SimulatorError> {
    let (_directory, path) = file(content);
    Simulator::start(Options {
        services: vec![Service::Idcs],
        idcs_events: Some(path),
        ..options(0)
    })
    .await
}

fn ids(reply: &Value) -> Vec<String> {
    rows(reply).iter().map(id).collect()
}

#[tokio::test]
async fn get_and_post_page_through_every_row() {
    let simulator = domain().await;
    let domain = Domain::new(&simulator).await;
    let (mut got, mut posted) = (Vec::new(), Vec::new());
    for start in (1..=150).step_by(40) {
        let text = start.to_string();
        let reply =
            domain.list(&[("sortBy", "timestamp"), ("startIndex", &text), ("count", "40")]).await;
        let page = reply.json();
        assert_eq!(page["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
        assert_eq!(page["totalResults"], 150);
        assert_eq!((&page["startIndex"], &page["itemsPerPage"]), (&json!(start), &json!(40)));
        got.extend(ids(&page));
        let body = json!({
            "schemas": [SEARCH_REQUEST], "sortBy": "timestamp", "startIndex": start, "count": 40
        });
        posted.extend(ids(&domain.post(&body).await.json()));
    }
    assert_eq!(got, posted);
    assert_eq!(sorted(got), sorted(simulator.truth_of(Service::Idcs)));
    let statistics = simulator.statistics();
    assert_eq!((statistics.pages, statistics.records), (8, 300));
}

#[tokio::test]
async fn a_later_page_needs_an_order() {
    let simulator = domain().await;
    let domain = Domain::new(&simulator).await;
    let sample: Value =
        serde_json::from_str(include_str!("../../../fixtures/idcs/error-400-missingSortBy.json"))
            .unwrap();
    let by_get = domain.list(&[("startIndex", "51")]).await;
    let by_post = domain.post(&json!({"schemas": [SEARCH_REQUEST], "startIndex": 51})).await;
    for reply in [by_get, by_post] {
        assert_eq!((reply.status.as_u16(), reply.json()), (400, sample.clone()));
    }
    let plain = crate::web::start_all(&["idcs-plain-errors"]).await;
    let reply = Domain::new(&plain).await.list(&[("startIndex", "51")]).await;
    assert_eq!(reply.json()["schemas"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_a_plain_400() {
    let simulator = domain().await;
    let domain = Domain::new(&simulator).await;
    let check = |reply: Reply| {
        let body = reply.json();
        assert_eq!((reply.status.as_u16(), &body["status"]), (400, &json!("400")), "{body}");
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    };
    for parameters in [
        ("filter", "timestamp gt yesterday"),
        ("filter", "eventId eq \u{201c}x\u{201d}"),
        ("count", "many"),
        ("sortBy", "colour"),
        ("sortOrder", "up"),
    ] {
        check(domain.list(&[parameters]).await);
    }
    check(domain.post(&json!({"count": 5})).await);
    check(domain.post(&json!({"schemas": [SEARCH_REQUEST], "count": "5"})).await);
    let target = format!("{EVENTS}/.search");
    let reply = ask(&simulator, http::Method::POST, &target, &[], "").await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn page_sizes_are_those_of_the_service() {
    let simulator =
        start(Options { services: vec![Service::Idcs], idcs_event_count: 1200, ..options(0) })
            .await;
    let domain = Domain::new(&simulator).await;
    for (count, rows, per_page) in
        [(None, 50, 50), (Some("-1"), 50, 50), (Some("7"), 7, 7), (Some("2000"), 1000, 1000)]
    {
        let parameters: Vec<_> = count.map(|count| ("count", count)).into_iter().collect();
        let page = domain.list(&parameters).await.json();
        assert_eq!(ids(&page).len(), rows, "{count:?}");
        assert_eq!(page["itemsPerPage"], per_page);
        assert_eq!(page["totalResults"], 1200);
    }
    // The size asked for, however few rows there are.
    let last = [("count", "70"), ("startIndex", "1151"), ("sortBy", "timestamp")];
    let page = domain.list(&last).await.json();
    assert_eq!((ids(&page).len(), &page["itemsPerPage"]), (50, &json!(70)));
    // Without rows as in Oracle's sample, the older name of the schema included.
    let mut sample: Value =
        serde_json::from_str(include_str!("../../../fixtures/idcs/listresponse-count0.json"))
            .unwrap();
    sample["totalResults"] = json!(1200);
    assert_eq!(domain.list(&[("count", "0")]).await.json(), sample);
}

#[tokio::test]
async fn filters_choose_and_orders_arrange() {
    let simulator = domain().await;
    let domain = Domain::new(&simulator).await;
    let all = rows(&domain.list(&[("count", "1000")]).await.json());
    let find = async |filter: &str| {
        let page = domain.list(&[("filter", filter), ("count", "1000")]).await.json();
        assert_eq!(ids(&page).len() as u64, page["totalResults"].as_u64().unwrap());
        sorted(ids(&page))
    };
    let expect = |test: &dyn Fn(&Value) -> bool| {
        let expected = sorted(all.iter().filter(|row| test(row)).map(id));
        assert!(!expected.is_empty());
        expected
    };
    let event = |row: &Value| row["eventId"].as_str().unwrap().to_owned();
    assert_eq!(
        find("eventId sw \"sso.session.\" or eventId eq \"sso.authentication.failure\"").await,
        expect(&|row| event(row).starts_with("sso.session.")
            || event(row) == "sso.authentication.failure")
    );
    assert_eq!(
        find("(eventId co \"password\") and not (actorName eq \"UICHANGEPASSWORD\")").await,
        expect(&|row| event(row).contains("password") && row["actorName"] != "uiChangePassword")
    );
    let middle = all[75]["timestamp"].as_str().unwrap();
    assert_eq!(
        find(&format!("timestamp  ge \"{middle}\"")).await,
        expect(&|row| row["timestamp"].as_str().unwrap() >= middle)
    );
    assert_eq!(
        find(&format!("timestamp eq \"{middle}\"")).await,
        expect(&|row| row["timestamp"] == middle)
    );
    let list = async |sort: &str, order: &str| {
        let parameters = [("sortBy", sort), ("sortOrder", order), ("count", "1000")];
        rows(&domain.list(&parameters).await.json())
    };
    for sort in ["timestamp", "id", "actorName"] {
        let up = list(sort, "ascending").await;
        let down = list(sort, "descending").await;
        let keys = |rows: &[Value]| -> Vec<String> {
            rows.iter().map(|row| row[sort].as_str().unwrap().to_lowercase()).collect()
        };
        assert!(keys(&up).is_sorted(), "{sort}");
        assert!(keys(&down).iter().rev().is_sorted(), "{sort}");
    }
}

#[tokio::test]
async fn attributes_are_chosen() {
    let simulator = domain().await;
    let domain = Domain::new(&simulator).await;
    let keys =
        |row: &Value| -> BTreeSet<String> { row.as_object().unwrap().keys().cloned().collect() };
    let first =
        async |parameters: &[(&str, &str)]| keys(&rows(&domain.list(parameters).await.json())[0]);
    let set = |names: &[&str]| -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    };
    assert_eq!(
        first(&[("attributes", "timeStamp, clientip,nothing")]).await,
        set(&["id", "timestamp", "clientIp"])
    );
    let whole = first(&[]).await;
    assert!(whole.is_superset(&set(&["id", "schemas", "meta", "timestamp", "eventId"])));
    assert_eq!(first(&[("attributeSets", "ALL"), ("attributes", "id")]).await, whole);
    assert_eq!(first(&[("attributeSets", "never")]).await, set(&["id"]));
    let rest = first(&[("excludedAttributes", "meta,id")]).await;
    assert_eq!(rest, &whole - &set(&["meta"]));
    let body = json!({"schemas": [SEARCH_REQUEST], "attributes": ["eventId"], "count": 3});
    let page = domain.post(&body).await.json();
    assert!(rows(&page).iter().all(|row| keys(row) == set(&["id", "eventId"])));
    let page = domain.list(&[("attributes", "count(*)")]).await.json();
    assert_eq!(page["Resources"], json!([{ "count": 150 }]));
    assert_eq!(page["totalResults"], 1);
}

#[tokio::test]
async fn one_row_is_got_by_its_id() {
    let simulator = domain().await;
    let domain = Domain::new(&simulator).await;
    let row = rows(&domain.list(&[("count", "1")]).await.json())[0].clone();
    let reply = domain.get(&format!("{EVENTS}/{}", id(&row))).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (200, row));
    let reply = domain.get(&format!("{EVENTS}/{}", "0".repeat(32))).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (404, &json!("404")));
}

#[tokio::test]
async fn the_schema_names_every_attribute_of_every_row() {
    let simulator = domain().await;
    let domain = Domain::new(&simulator).await;
    let urn = "urn:ietf:params:scim:schemas:oracle:idcs:AuditEvent";
    let schema = domain.get(&format!("/idcs/admin/v1/Schemas/{urn}")).await.json();
    let mut names: BTreeSet<&str> = schema["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attribute| attribute["name"].as_str().unwrap())
        .collect();
    names.extend(["id", "schemas", "meta"]);
    for row in rows(&domain.list(&[("count", "1000")]).await.json()) {
        for name in row.as_object().unwrap().keys() {
            assert!(names.contains(name.as_str()), "{name}");
        }
    }
    let all = domain.get("/idcs/admin/v1/Schemas").await.json();
    assert_eq!((&all["totalResults"], &all["Resources"][0]), (&json!(1), &schema));
    let kind = domain.get("/idcs/admin/v1/ResourceTypes/AuditEvent").await.json();
    assert_eq!(kind["schema"], urn);
    for unknown in ["Schemas/urn:x", "ResourceTypes/User", "Users"] {
        assert_eq!(domain.get(&format!("/idcs/admin/v1/{unknown}")).await.status, 404);
    }
}

#[tokio::test]
async fn every_reply_names_its_execution_context() {
    let simulator = domain().await;
    let reply = Domain::new(&simulator).await.get(EVENTS).await;
    assert_eq!(reply.header("content-type"), Some("application/json;charset=utf-8"));
    let ecid = reply.header("x-oracle-dms-ecid").unwrap();
    assert_eq!(ecid.len(), 17);
    assert!(reply.header("x-oracle-dms-rid").is_some());
    let request_id = reply.header("opc-request-id").unwrap();
    assert_eq!(request_id.split_once('/').unwrap().1, ecid);
    assert!(reply.header("date").is_some());
}

#[tokio::test]
async fn oracles_samples_are_served_byte_for_byte() {
    for sample in [
        include_str!("../../../fixtures/idcs/events-for-successful-user-logins.json"),
        include_str!("../../../fixtures/idcs/events-for-user-login-failures.json"),
        include_str!("../../../fixtures/idcs/events-for-user-password-changes.json"),
        include_str!("../../../fixtures/idcs/seed-001-search-by-timeframe.json"),
    ] {
        let expected: Value = serde_json::from_str(sample).unwrap();
        let simulator = from_file(sample).await.unwrap();
        let page = Domain::new(&simulator).await.list(&[]).await;
        let text = String::from_utf8(page.body.as_ref().unwrap().to_vec()).unwrap();
        let page = page.json();
        assert_eq!(page, expected);
        assert_eq!(sorted(ids(&page)), sorted(simulator.truth_of(Service::Idcs)));
        // Spaces included: a row is not written anew.
        let row = sample.find("{\"idcsCreatedBy\"").or(sample.find("{\n            \"")).unwrap();
        assert!(text.contains(&sample[row..row + 400]));
    }
}

#[tokio::test]
async fn rows_come_from_arrays_and_lines_and_bad_ones_are_named() {
    let row =
        r#"{"id":"a1", "timestamp":"2018-06-01T00:04:02.112Z","n":123456789012345678901234567890}"#;
    let other = row.replace("a1", "b2");
    for content in [format!("[{row},\n{other}]"), format!("{row}\n\n{other}\n")] {
        let simulator = from_file(&content).await.unwrap();
        assert_eq!(sorted(simulator.truth_of(Service::Idcs)), ["a1", "b2"]);
        assert_eq!(simulator.first_minute_of(Service::Idcs), 1_527_811_440_000);
        let page = Domain::new(&simulator).await.get(EVENTS).await;
        let text = String::from_utf8(page.body.unwrap().to_vec()).unwrap();
        assert!(text.contains(&format!("[{row},{other}]")), "{text}");
    }
    let timeless = row.replace("2018", "soon");
    for (content, says) in [
        (format!("{row}\n{timeless}"), "line 2"),
        (format!("{{\"Resources\":[{row},{{}}]}}"), "Resources, record 2"),
        (format!("[{row}"), "the array"),
        ("{\"Resources\":[5]}".to_owned(), "`id`"),
    ] {
        let message = from_file(&content).await.unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
    }
}

#[tokio::test]
async fn a_row_shows_once_it_was_stored() {
    let stored = |milliseconds: i64| {
        format!(
            r#"{{"id":"{milliseconds}","timestamp":"2025-06-15T15:06:00Z","meta":{{"created":"{}"}}}}"#,
            crate::client::time(NOW + milliseconds)
        )
    };
    let content = [-1000, 3_600_000].map(stored).join("\n");
    let simulator = from_file(&content).await.unwrap();
    let domain = Domain::new(&simulator).await;
    assert_eq!(ids(&domain.get(EVENTS).await.json()), ["-1000"]);
    assert_eq!(domain.get(&format!("{EVENTS}/3600000")).await.status, 404);
}

#[tokio::test]
async fn a_walk_by_key_finds_everything_from_the_written_start() {
    let simulator = start(all_services()).await;
    let mut domain = Domain::new(&simulator).await;
    let from = simulator.first_minute_of(Service::Idcs);
    assert!(NOW - from < DAY + 120_000);
    let walk = domain.walk(from, NOW, 20).await;
    assert_eq!(walk.ids(), simulator.truth_of(Service::Idcs));
    assert_eq!(walk.ids(), simulator.ids_of(Service::Idcs));
    assert_eq!(walk.plateaus, 0);
}
