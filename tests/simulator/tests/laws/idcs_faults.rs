//! What goes wrong in an identity domain, and what a careful client still gets.

use std::collections::BTreeSet;

use serde_json::json;
use signon_simulator::{Options, Service};

use crate::client::{DAY, NOW, start};
use crate::domain::{Domain, EVENTS, id, rows};
use crate::web::{all_services, start_all};

/// Walks under these faults; the statuses seen.
async fn survives(faults: &[&str]) -> Vec<u16> {
    let simulator = start_all(faults).await;
    let mut domain = Domain::new(&simulator).await;
    let walk = domain.walk(NOW - DAY, NOW, 20).await;
    assert_eq!(walk.ids(), simulator.truth_of(Service::Idcs), "{faults:?}");
    assert!(simulator.statistics().faults > 0, "{faults:?}");
    assert!(simulator.statistics().rejected.is_empty(), "{faults:?}");
    domain.statuses
}

#[tokio::test]
async fn a_client_that_retries_finishes_under_each_fault_and_under_all() {
    assert!(survives(&["429=0.5"]).await.contains(&429));
    assert!(survives(&["5xx=0.5"]).await.iter().any(|status| *status >= 500));
    survives(&["cut=0.5"]).await;
    survives(&["429=0.2:0", "5xx=0.2", "cut=0.2", "expire-token=0.3", "latency=1"]).await;
}

#[tokio::test]
async fn a_token_is_taken_back_but_never_twice_in_a_row() {
    let statuses = survives(&["expire-token=1"]).await;
    assert!(statuses.contains(&401));
    assert!(statuses.windows(2).all(|pair| pair != [401, 401]), "{statuses:?}");
}

#[tokio::test]
async fn throttling_says_when_to_return_only_if_asked_to() {
    for (fault, expected) in [("429=1:7", Some("7")), ("429=1", None)] {
        let simulator = start_all(&[fault]).await;
        let domain = Domain::new(&simulator).await;
        let reply = domain.get(EVENTS).await;
        assert_eq!(reply.status, 429);
        assert_eq!(reply.header("retry-after"), expected);
        assert_eq!(reply.json()["status"], "429");
    }
}

#[tokio::test]
async fn a_retired_domain_answers_with_nothing() {
    let simulator = start_all(&["idcs-retired"]).await;
    let mut domain = Domain::new(&simulator).await;
    let page = domain.list(&[("sortBy", "timestamp")]).await;
    assert_eq!(page.status, 200);
    assert_eq!((&page.json()["totalResults"], &page.json()["Resources"]), (&json!(0), &json!([])));
    assert!(domain.walk(NOW - DAY, NOW, 50).await.rows.is_empty());
    assert!(simulator.truth_of(Service::Idcs).is_empty());
    assert_eq!(simulator.records_of(Service::Idcs), 150);
    let row = simulator.ids_of(Service::Idcs).pop_first().unwrap();
    assert_eq!(domain.get(&format!("{EVENTS}/{row}")).await.status, 404);
    // The others live on.
    assert!(!simulator.truth().is_empty());
}

#[tokio::test]
async fn while_rows_move_a_walk_by_key_is_complete_and_one_by_offset_is_not() {
    let simulator = start_all(&["idcs-moving"]).await;
    let mut domain = Domain::new(&simulator).await;
    let walk = domain.walk(NOW - DAY, NOW, 10).await;
    assert_eq!(walk.ids(), simulator.truth_of(Service::Idcs));
    assert!(walk.totals[0] < 150, "{:?}", walk.totals);

    let simulator = start_all(&["idcs-moving"]).await;
    let domain = Domain::new(&simulator).await;
    let (mut seen, mut totals) = (BTreeSet::new(), BTreeSet::new());
    for start in (1..=150).step_by(10) {
        let start = start.to_string();
        let parameters = [("sortBy", "timestamp"), ("startIndex", &*start), ("count", "10")];
        let page = domain.list(&parameters).await.json();
        totals.insert(page["totalResults"].as_u64().unwrap());
        seen.extend(rows(&page).iter().map(id));
    }
    assert!(seen.len() < 150, "offsets shift under the reader");
    assert!(totals.len() > 5, "{totals:?}");
}

#[tokio::test]
async fn moving_rows_survive_faults_too() {
    survives(&["idcs-moving", "429=0.3", "5xx=0.2", "cut=0.3", "expire-token=0.2"]).await;
}

#[tokio::test]
async fn more_than_a_page_can_have_one_single_time() {
    let simulator = start_all(&["idcs-same-timestamp"]).await;
    assert_eq!(simulator.records_of(Service::Idcs), 1250);
    let mut domain = Domain::new(&simulator).await;
    let walk = domain.walk(NOW - DAY, NOW, 1000).await;
    assert_eq!(walk.ids(), simulator.truth_of(Service::Idcs));
    assert_eq!(walk.plateaus, 1);

    let simulator = start_all(&["idcs-same-timestamp=45", "idcs-moving"]).await;
    let mut domain = Domain::new(&simulator).await;
    let walk = domain.walk(NOW - DAY, NOW, 20).await;
    assert_eq!(walk.ids(), simulator.truth_of(Service::Idcs));
    assert_eq!(walk.plateaus, 1);
}

#[tokio::test]
async fn late_rows_show_in_a_second_reading() {
    let simulator = start_all(&["late=0.3"]).await;
    let mut domain = Domain::new(&simulator).await;
    let first = domain.walk(NOW - DAY, NOW, 20).await.ids();
    let truth = simulator.truth_of(Service::Idcs);
    assert!(first.len() < truth.len() && first.is_subset(&truth));
    let second = domain.walk(NOW - DAY, NOW, 20).await.ids();
    assert_eq!(second, truth);
}

#[tokio::test]
async fn a_refused_request_is_struck_by_no_fault() {
    let simulator = start(Options {
        faults: signon_simulator::Faults::parse_all(["429=1"]).unwrap(),
        ..all_services()
    })
    .await;
    let before = simulator.statistics().faults;
    let reply = crate::web::ask(&simulator, http::Method::GET, EVENTS, &[], "").await;
    assert_eq!(reply.status, 401);
    assert_eq!(simulator.statistics().faults, before);
}
