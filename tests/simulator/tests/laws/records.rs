//! What the generated records hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use signon_simulator::{Options, SECRET_MARKER, SIGN_ON_EVENT_NAMES};

use crate::client::{Client, DAY, NOW, options, start};

/// The records of a generation rich in sign-ons, and the truth.
async fn generated() -> (BTreeMap<String, Value>, BTreeSet<String>) {
    let simulator = start(Options { sign_on_share: 0.4, page_size: 5000, ..options(3000) }).await;
    let reading = Client::new(&simulator).read("", NOW - DAY, NOW).await;
    (reading.records, simulator.truth())
}

fn event_type(record: &Value) -> String {
    record["eventType"].as_str().unwrap().to_ascii_lowercase()
}

#[tokio::test]
async fn the_truth_is_the_records_whose_type_says_sign_on() {
    let (records, truth) = generated().await;
    assert_eq!(truth.len(), 1200);
    for (id, record) in &records {
        assert_eq!(truth.contains(id), event_type(record).contains("identitysignon"), "{record}");
    }
}

#[tokio::test]
async fn searching_the_text_for_sign_ons_finds_too_many() {
    let (records, truth) = generated().await;
    let mentioning = records
        .iter()
        .filter(|(id, record)| {
            !truth.contains(*id) && record.to_string().to_lowercase().contains("identitysignon")
        })
        .count();
    assert!(mentioning > 30, "{mentioning}");
}

#[tokio::test]
async fn every_sign_on_name_and_both_generations_are_there() {
    let (records, truth) = generated().await;
    let sign_ons: Vec<&Value> = truth.iter().map(|id| &records[id]).collect();
    let names: BTreeSet<&str> =
        sign_ons.iter().map(|record| record["data"]["eventName"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(SIGN_ON_EVENT_NAMES));
    let count = |test: &dyn Fn(&Value) -> bool| {
        let count = sign_ons.iter().filter(|record| test(record)).count();
        assert!(count > 0);
        count
    };
    // Old generation: the response tells; new one: the additional details do.
    count(&|record| record["data"]["response"]["status"] == "200");
    count(&|record| record["data"]["response"]["payload"]["login_result"] == "PASSWORD_INVALID");
    let details = |record: &Value, key: &str| record["data"]["additionalDetails"][key].clone();
    count(&|record| {
        record["data"]["response"]["status"].is_null()
            && details(record, "eventId") == "sso.session.create.success"
            && record["data"]["identity"]["principalId"].is_null()
    });
    count(&|record| details(record, "reasonValue") == "SSO-1001");
    count(&|record| {
        details(record, "ssoCompletedFactors")
            .as_str()
            .is_some_and(|factors| factors.contains("TOTP=AUTH_SUCCESS"))
    });
    count(&|record| record["data"]["additionalDetails"].is_null());
    count(&|record| record["data"]["identity"]["principalName"] == "rats_monitor");
    let address = |record: &Value, part: char| {
        let address = record["data"]["identity"]["ipAddress"].as_str().unwrap();
        address.contains(part)
    };
    count(&|record| address(record, ':'));
    count(&|record| address(record, ','));
    count(&|record| event_type(record) == record["eventType"]);
}

#[tokio::test]
async fn numbers_beyond_a_double_are_written_out() {
    let simulator = start(options(500)).await;
    let client = Client::new(&simulator);
    let mut target = client.list(NOW - DAY, NOW, None);
    let mut text = String::new();
    loop {
        let reply = client.get(&target).await;
        text.push_str(std::str::from_utf8(reply.body.as_ref().unwrap()).unwrap());
        match reply.header("opc-next-page") {
            Some(token) => target = client.list(NOW - DAY, NOW, Some(token)),
            None => break,
        }
    }
    assert!(text.contains(":9007199254740993"));
    assert!(text.contains(":18446744073709551615"));
    // The type stands first, but not in every record.
    assert!(text.contains("[{\"eventType\":") && text.contains("},\"eventType\":"));
}

#[tokio::test]
async fn secrets_stand_only_where_a_redaction_looks_for_them() {
    let (records, _) = generated().await;
    let mut found = BTreeMap::new();
    for record in records.values() {
        secrets(record, String::new(), &mut found);
    }
    let places: BTreeSet<String> = found.keys().map(|place| place.to_lowercase()).collect();
    let headers = "/data/request/headers";
    assert_eq!(
        places,
        BTreeSet::from([
            "/data/identity/credentials".to_owned(),
            format!("{headers}/authorization/0"),
            format!("{headers}/cookie/0"),
            format!("{headers}/opc-obo-token/0"),
        ])
    );
    assert!(found.len() > places.len(), "header names come in any case");
    assert!(found["/data/identity/credentials"].starts_with("ST$"));
}

fn secrets(value: &Value, place: String, found: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) if text.contains(SECRET_MARKER) => {
            found.insert(place, text.clone());
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                secrets(item, format!("{place}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                secrets(member, format!("{place}/{key}"), found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn records_are_as_large_as_oracles() {
    let simulator = start(Options { page_size: 5000, ..options(2000) }).await;
    let client = Client::new(&simulator);
    let reply = client.get(&client.list(NOW - DAY, NOW, None)).await;
    let average = reply.body.unwrap().len() / 2000;
    assert!((2000..3500).contains(&average), "{average} bytes");
}

#[tokio::test]
async fn the_same_seed_makes_the_same_records_and_another_seed_others() {
    async fn bytes(seed: u64) -> (Vec<u8>, BTreeSet<String>) {
        let simulator = start(Options { seed, ..options(80) }).await;
        let client = Client::new(&simulator);
        let reply = client.get(&client.list(NOW - DAY, NOW, None)).await;
        (reply.body.unwrap().to_vec(), simulator.truth())
    }
    let one = bytes(7).await;
    assert_eq!(one, bytes(7).await);
    let other = bytes(8).await;
    assert_ne!(one.0, other.0);
    assert!(one.1.is_disjoint(&other.1));
}
