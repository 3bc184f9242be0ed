//! Reading what there is.

use http::Method;
use signon_simulator::Options;

use crate::client::{Client, DAY, NOW, list_target, options, send, sorted, start};

#[tokio::test]
async fn every_record_is_listed_exactly_once_over_http_and_https() {
    let simulator = start(options(250)).await;
    let plain = Client::new(&simulator);
    let tls = Client::new(&simulator).over_tls(&simulator);
    for client in [plain, tls] {
        let reading = client.read("", NOW - DAY, NOW).await;
        assert_eq!(reading.sizes(), [100, 100, 50]);
        assert_eq!(sorted(reading.ids()), sorted(simulator.ids()));
    }
    assert_eq!(simulator.records(), 250);
    let statistics = simulator.statistics();
    assert_eq!((statistics.requests, statistics.pages, statistics.records), (6, 6, 500));
    assert_eq!(statistics.faults, 0);
    assert!(statistics.rejected.is_empty());
    assert!(statistics.bytes > 500_000);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_full_last_page_leads_to_an_empty_one() {
    let simulator = start(options(200)).await;
    let reading = Client::new(&simulator).read("", NOW - DAY, NOW).await;
    assert_eq!(reading.sizes(), [100, 100, 0]);
}

#[tokio::test]
async fn ranges_are_half_open_and_on_processing_time() {
    let simulator = start(options(2000)).await;
    let client = Client::new(&simulator);
    let whole = client.read("", NOW - DAY, NOW).await;
    let mut ids = Vec::new();
    let mut earlier_than_their_range = 0;
    // Odd boundaries: the service takes seconds and milliseconds.
    for part in 0..20 {
        let (from, to) = (part * DAY / 20 + 777, (part + 1) * DAY / 20 + 777);
        let start = if part == 0 { 0 } else { from };
        let end = if part == 19 { DAY } else { to };
        let reading = client.read("", NOW - DAY + start, NOW - DAY + end).await;
        for (id, record) in &reading.records {
            ids.push(id.clone());
            let time = chrono::DateTime::parse_from_rfc3339(record["eventTime"].as_str().unwrap());
            earlier_than_their_range +=
                usize::from(time.unwrap().timestamp_millis() < NOW - DAY + start);
        }
    }
    assert_eq!(sorted(ids), sorted(whole.ids()));
    assert!(earlier_than_their_range > 0);
}

#[tokio::test]
async fn a_record_shows_once_it_was_processed() {
    // Some are processed after the clock's time: lag is up to twelve minutes.
    let records = Options {
        span: std::time::Duration::from_secs(60),
        quiet: std::time::Duration::ZERO,
        ..options(1000)
    };
    let simulator = start(records.clone()).await;
    let client = Client::new(&simulator);
    let now = client.read("", NOW - DAY, NOW + DAY).await;
    assert!((500..1000).contains(&now.ids().len()), "{}", now.ids().len());

    let later =
        Options { faults: signon_simulator::Faults::parse_all(["skew=1800"]).unwrap(), ..records };
    let simulator = start(later).await;
    let later = Client::new(&simulator).read("", NOW - DAY, NOW + DAY).await;
    assert_eq!(later.ids().len(), 1000);
    assert!(now.records.keys().all(|id| later.records.contains_key(id)));
}

#[tokio::test]
async fn each_region_has_records_of_its_own_and_the_first_is_home() {
    let simulator = start(Options {
        regions: vec!["eu-frankfurt-1".into(), "us-phoenix-1".into()],
        ..options(200)
    })
    .await;
    let client = Client::new(&simulator);
    let home = client.read("", NOW - DAY, NOW).await;
    let frankfurt = client.read("/eu-frankfurt-1", NOW - DAY, NOW).await;
    let phoenix = client.read("/us-phoenix-1", NOW - DAY, NOW).await;
    assert_eq!(home.ids(), frankfurt.ids());
    assert!(!home.ids().is_empty() && !phoenix.ids().is_empty());
    let both = home.ids().into_iter().chain(phoenix.ids());
    assert_eq!(sorted(both), sorted(simulator.ids()));
}

#[tokio::test]
async fn a_session_token_is_as_good_as_an_api_key() {
    let simulator = start(options(20)).await;
    let client = Client::with_profile(&simulator, "SESSION");
    assert!(client.signer.key_id().starts_with("ST$"));
    let reading = client.read("", NOW - DAY, NOW).await;
    assert_eq!(reading.ids().len(), 20);
}

#[tokio::test]
async fn a_client_that_may_not_set_the_date_signs_x_date() {
    let simulator = start(options(20)).await;
    let mut client = Client::new(&simulator);
    client.date_header = oci_signature::DateHeader::XDate;
    let target = client.list(NOW - DAY, NOW, None);
    assert_eq!(client.get(&target).await.status, 200);
    client.clock -= 3600;
    assert_eq!(client.get(&target).await.status, 401);
}

#[tokio::test]
async fn a_page_can_be_asked_for_again() {
    let simulator = start(options(250)).await;
    let client = Client::new(&simulator);
    let first = client.get(&client.list(NOW - DAY, NOW, None)).await;
    let token = first.header("opc-next-page").unwrap().to_owned();
    let target = client.list(NOW - DAY, NOW, Some(&token));
    let (once, again) = (client.get(&target).await, client.get(&target).await);
    assert_eq!(once.body.as_ref().unwrap(), again.body.as_ref().unwrap());
    assert_ne!(once.body, first.body);
}

#[tokio::test]
async fn a_connection_is_kept_and_each_answer_has_date_and_request_id() {
    let simulator = start(options(30)).await;
    let client = Client::new(&simulator);
    let mut connection = client.connect().await;
    let target = client.list(NOW - DAY, NOW, None);
    for _ in 0..3 {
        let mut headers = client.sign(&Method::GET, &target);
        headers.push(("opc-request-id".into(), "MINE/THEIRS".into()));
        connection.ready().await.unwrap();
        let reply = send(&mut connection, &Method::GET, &target, &headers).await;
        assert_eq!(reply.status, 200);
        let parts: Vec<_> = reply.header("opc-request-id").unwrap().split('/').collect();
        assert_eq!((parts.len(), parts[0]), (3, "MINE"));
        let date = oci_signature::parse_imf_fixdate(reply.header("date").unwrap()).unwrap();
        assert!((0..120).contains(&(date - NOW / 1000)), "{date}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn other_operations_answer_too() {
    let simulator = start(options(30)).await;
    let client = Client::new(&simulator);
    let empty = list_target(simulator.empty_compartment(), NOW - DAY, NOW, None);
    assert_eq!(client.get(&empty).await.json(), serde_json::json!([]));
    let target = format!("/20190901/configuration?compartmentId={}", client.tenancy);
    assert_eq!(client.get(&target).await.json(), serde_json::json!({ "retentionPeriodDays": 365 }));
}

#[tokio::test]
async fn a_page_may_be_very_large() {
    let simulator = start(Options { page_size: 20_000, ..options(20_000) }).await;
    let client = Client::new(&simulator);
    let reply = client.get(&client.list(NOW - DAY, NOW, None)).await;
    let length = reply.body.as_ref().unwrap().len();
    assert!((40_000_000..80_000_000).contains(&length), "{length} bytes");
    assert_eq!(reply.header("content-length"), Some(length.to_string().as_str()));
    assert_eq!(reply.json().as_array().unwrap().len(), 20_000);
    assert!(reply.header("opc-next-page").is_some());
}

#[tokio::test]
async fn the_port_is_free_after_shutdown() {
    let simulator = start(options(1)).await;
    let address = simulator.address();
    simulator.shutdown().await;
    let again = start(Options { listen: address, ..options(1) }).await;
    assert_eq!(again.address(), address);
}
