//! Every form in which the sign-in audit may write its events.

use serde_json::{Value, json};
use signon_simulator::{OamRendering, Options, Service, Simulator};

use crate::client::{NOW, options, start};
use crate::oam::{AUDIT, Reader, period};
use crate::web::file;

const MOMENT: i64 = 1_575_774_533_799;
const EVENT: &str = r#"{"eventID":9007199254740993,"accessTime":"2019-12-08T03:08:53.799Z",
    "type":"AuthN","status":"Successful","ipAddress":"192.0.2.1","mfaUsed":true,
    "oracleECID":"x^1","userID":{"loginID":"o'neil","userDN":"cn=<x>&y"},
    "attributeMap":[{"key":"userAgent","value":["\"a\" <b>\t&c"]},{"key":"roles","value":["r","s"]}]}"#;

async fn fusion(content: &str, rendering: &str) -> Simulator {
    let (_directory, path) = file(content);
    let fault = format!("oam-rendering={rendering}");
    start(Options {
        services: vec![Service::Oam],
        oam_events: Some(path),
        faults: signon_simulator::Faults::parse_all([fault]).unwrap(),
        ..options(0)
    })
    .await
}

/// (events, stats), both as JSON.
async fn replies(content: &str, rendering: &str) -> (Value, Value) {
    let simulator = fusion(content, rendering).await;
    let reader = Reader::new(&simulator);
    let period = period(MOMENT - 1000, NOW);
    let events = reader.get(&format!("/events?{period}&pageNumber=1&pageSize=9")).await.json();
    (events, reader.get(&format!("/stats?{period}")).await.json())
}

/// The same as XML.
async fn xml(content: &str, rendering: &str) -> (String, String) {
    let simulator = fusion(content, rendering).await;
    let mut reader = Reader::new(&simulator);
    reader.accept = "";
    let text = async |target: String| {
        let reply = reader.get(&target).await;
        let text = String::from_utf8(reply.body.unwrap().to_vec()).unwrap();
        let (declaration, rest) = text.split_once("?>").unwrap();
        assert!(declaration.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\""));
        rest.to_owned()
    };
    let period = period(MOMENT - 1000, NOW);
    let events = text(format!("/events?{period}&pageNumber=1&pageSize=9")).await;
    (events, text(format!("/stats?{period}")).await)
}

fn one() -> String {
    EVENT.replace('\n', " ")
}

fn two() -> String {
    format!("{}\n{}", one(), one().replace("4740993", "4740994"))
}

#[tokio::test]
async fn the_root_is_bare_or_wrapped() {
    let (bare, stats) = replies(&two(), "plain").await;
    assert_eq!(bare["eventData"].as_array().unwrap().len(), 2);
    let (wrapped, wrapped_stats) = replies(&two(), "wrapped").await;
    assert_eq!(wrapped, json!({ "Events": bare }));
    assert_eq!((stats, wrapped_stats), (json!({"count": 2}), json!({"Stats": {"count": 2}})));
    assert_eq!(replies(&two(), "bare-count").await.1, json!(2));
}

#[tokio::test]
async fn one_event_may_be_an_object() {
    let (list, _) = replies(&one(), "plain").await;
    let (object, _) = replies(&one(), "one-object").await;
    assert_eq!(list["eventData"][0], object["eventData"]);
    let (two, _) = replies(&two(), "one-object").await;
    assert!(two["eventData"].is_array());
    let lonely = r#"{"accessTime":1575774533799,"attributeMap":[{"key":"k","value":["v"]}]}"#;
    let (events, _) = replies(lonely, "one-object+text-values+nested-attributes+wrapped").await;
    let attribute = json!({"attribute": {"key": "k", "value": "v"}});
    assert_eq!(events["Events"]["eventData"]["attributeMap"], attribute);
}

#[tokio::test]
async fn nothing_is_written_in_four_ways() {
    for (rendering, expected) in [
        ("plain", json!({"eventData": []})),
        ("empty-null", json!({"eventData": null})),
        ("empty-absent", json!({})),
        ("empty-root", json!(null)),
        ("wrapped", json!({"Events": {"eventData": []}})),
        ("wrapped+empty-absent", json!({"Events": {}})),
        ("wrapped+empty-root", json!({"Events": null})),
    ] {
        assert_eq!(
            replies("", rendering).await,
            (expected, {
                let count = json!({"count": 0});
                if rendering.contains("wrapped") { json!({ "Stats": count }) } else { count }
            })
        );
        assert_eq!(xml("", rendering).await.0, "<Events/>");
    }
}

#[tokio::test]
async fn attributes_and_values_have_two_shapes_each() {
    let (plain, _) = replies(&one(), "plain").await;
    let flat = plain["eventData"][0]["attributeMap"].clone();
    assert_eq!(flat[1], json!({"key": "roles", "value": ["r", "s"]}));
    let (nested, _) = replies(&one(), "nested-attributes").await;
    assert_eq!(nested["eventData"][0]["attributeMap"], json!({ "attribute": flat }));
    let (text, _) = replies(&one(), "text-values").await;
    let text = text["eventData"][0]["attributeMap"].clone();
    assert_eq!(text[0]["value"], "\"a\" <b>\t&c");
    assert_eq!(text[1]["value"], json!(["r", "s"]));
}

#[tokio::test]
async fn numbers_truths_and_times_have_their_forms() {
    for (rendering, id, used, at) in [
        ("plain", json!(9_007_199_254_740_993_i64), json!(true), json!("2019-12-08T03:08:53.799Z")),
        ("quoted", json!("9007199254740993"), json!("true"), json!("2019-12-08T03:08:53.799Z")),
        (
            "time-seconds",
            json!(9_007_199_254_740_993_i64),
            json!(true),
            json!("2019-12-08T03:08:53Z"),
        ),
        (
            "time-offset+quoted",
            json!("9007199254740993"),
            json!("true"),
            json!("2019-12-08T03:08:53.799+00:00"),
        ),
        (
            "time-basic-offset+quoted",
            json!("9007199254740993"),
            json!("true"),
            json!("2019-12-08T03:08:53.799+0000"),
        ),
        ("time-epoch", json!(9_007_199_254_740_993_i64), json!(true), json!(MOMENT)),
        ("time-epoch+quoted", json!("9007199254740993"), json!("true"), json!(MOMENT.to_string())),
    ] {
        let (events, stats) = replies(&one(), rendering).await;
        let event = &events["eventData"][0];
        assert_eq!(
            (&event["eventID"], &event["mfaUsed"], &event["accessTime"]),
            (&id, &used, &at),
            "{rendering}"
        );
        assert_eq!(stats["count"].is_string(), rendering.contains("quoted"));
    }
}

#[tokio::test]
async fn xml_says_the_same() {
    let (events, stats) = xml(&one(), "plain").await;
    assert_eq!(
        events,
        "<Events><eventData><accessTime>2019-12-08T03:08:53.799Z</accessTime>\
         <attributeMap><key>userAgent</key><value>&quot;a&quot; &lt;b&gt;&#9;&amp;c</value></attributeMap>\
         <attributeMap><key>roles</key><value>r</value><value>s</value></attributeMap>\
         <eventID>9007199254740993</eventID><ipAddress>192.0.2.1</ipAddress>\
         <mfaUsed>true</mfaUsed><oracleECID>x^1</oracleECID><status>Successful</status>\
         <type>AuthN</type><userID><loginID>o&apos;neil</loginID>\
         <userDN>cn=&lt;x&gt;&amp;y</userDN></userID></eventData></Events>"
    );
    assert_eq!(stats, "<Stats><count>1</count></Stats>");
    let (events, stats) = xml(&two(), "nested-attributes+bare-count+time-epoch").await;
    assert_eq!(events.matches("<eventData>").count(), 2);
    assert!(events.contains("<attributeMap><attribute><key>userAgent</key>"));
    assert!(events.contains("</attribute></attributeMap>"));
    assert!(events.contains("<accessTime>1575774533799</accessTime>"));
    assert_eq!(stats, "<count>2</count>");
}

#[tokio::test]
async fn every_rendering_there_is_serves_every_event() {
    for name in OamRendering::NAMES {
        let simulator = fusion(&two(), name).await;
        let reader = Reader::new(&simulator);
        let target = format!("/events/1?pageSize=10&{}", period(MOMENT, MOMENT));
        let text = reader.get(&target).await.body.unwrap();
        let text = std::str::from_utf8(&text).unwrap();
        for id in simulator.truth_of(Service::Oam) {
            assert!(text.contains(&id), "{name}");
        }
        assert!(AUDIT.ends_with("/audit"));
    }
}
