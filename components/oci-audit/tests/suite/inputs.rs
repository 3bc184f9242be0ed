//! Laws of reading what people have: however records are wrapped, the same events come
//! out, and what is none is told by its name.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oci_audit::normalizer;
use proptest::prelude::*;
use serde_json::{Value, json};
use signon_kit::contract::{EventClasses, ReadOptions, SignOnEvent};
use signon_kit::testing::{self, Read};

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::DEFAULT, keep_raw: true, text_limit: 0 };

macro_rules! input {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/fixtures/inputs/", $name))
    };
}

/// Reads everything, in chunks of a size; what was filtered is told by its type.
fn read_in(bytes: &[u8], chunk: usize) -> Read {
    let read = testing::read(normalizer::open(OPTIONS), bytes, chunk);
    assert_eq!(read.passed_over.iter().map(|(_, count)| count).sum::<u64>(), read.filtered);
    read
}

fn read(text: &str) -> Read {
    read_in(text.as_bytes(), usize::MAX)
}

/// All of it, every record of which is an event.
fn events(text: &str) -> Vec<SignOnEvent> {
    let read = read(text);
    assert_eq!((read.rejected, read.error, read.filtered), (vec![], None, 0), "{text}");
    read.events
}

fn region(event: &SignOnEvent) -> Option<&str> {
    event.cloud.as_ref()?.region.as_deref()
}

#[test]
fn the_command_line_and_the_sdk_give_what_the_api_gives() {
    let cli = read(input!("input-forms/oci_cli.json"));
    assert_eq!((cli.events.len(), &cli.rejected, &cli.error), (1, &vec![], &None));
    assert!(cli.findings[0].contains("opc-next-page"), "{:?}", cli.findings);
    let sdk = read(input!("input-forms/python_sdk.json"));
    assert_eq!(told(&sdk), told(&cli));
    let record: Value = serde_json::from_str(cli.events[0].raw.as_ref().unwrap()).unwrap();
    for key in ["eventType", "eventId", "eventTime"] {
        assert!(record[key].is_string(), "{key}");
    }
    assert_eq!(record["data"]["identity"]["ipAddress"], "203.0.113.20");
    assert_eq!(events(&record.to_string())[0].native_id, cli.events[0].native_id);
    let event = cli.events[0].clone();
    assert_eq!(event.user.unwrap().name.as_deref(), Some("alice@contoso.example"));
    assert_eq!(event.source_addresses, ["203.0.113.20"]);
}

#[test]
fn messages_of_a_stream_are_read_as_their_values_are() {
    let text = input!("input-forms/stream_messages.json");
    let messages: Vec<Value> = serde_json::from_str(text).unwrap();
    let values: Vec<String> = messages.iter().map(value_of).collect();
    let plain = events(&values.join("\n"));
    assert_eq!(plain.len(), messages.len());
    assert_eq!(events(text), plain);
    assert_eq!(events(&json!({ "data": messages }).to_string()), plain);
}

fn value_of(message: &Value) -> String {
    String::from_utf8(STANDARD.decode(message["value"].as_str().unwrap()).unwrap()).unwrap()
}

#[test]
fn of_a_mixed_stream_the_sign_ons_come_out_and_the_rest_is_told_by_type() {
    for text in [input!("mixed-stream/values.ndjson"), input!("mixed-stream/get_messages.json")] {
        let read = read(text);
        assert_eq!((read.events.len(), read.filtered, read.rejected.len()), (3, 5, 0));
        let types: Vec<&str> = read.passed_over.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            types,
            [
                "com.oraclecloud.cloudguard.problemdetected",
                "com.oraclecloud.integration.integrationinstance.activitystream",
                "com.oraclecloud.objectstorage.ListBuckets",
                "com.oraclecloud.sch.serviceconnector.runlog",
                "com.oraclecloud.vcn.flowlogs.DataEvent",
            ]
        );
    }
}

#[test]
fn a_line_cut_in_the_middle_costs_itself() {
    let text = input!("input-forms/mid_outside_string.ndjson");
    let lines = text.lines().count();
    let read = read(text);
    assert_eq!((read.events.len(), read.rejected.len(), read.error), (lines - 1, 1, None));
    assert!(read.rejected[0].1.contains("in line 2"), "{:?}", read.rejected);
}

#[test]
fn a_search_that_found_nothing_is_no_failure() {
    for text in
        [input!("search-answers/results_empty.json"), input!("search-answers/results_null.json")]
    {
        let read = read(text);
        assert_eq!((read.received, read.error), (0, None));
    }
}

#[test]
fn a_row_that_fails_is_named_by_its_own_number() {
    let text = input!("search-answers/search_answer.json");
    let whole = read(text);
    assert_eq!((whole.events.len(), whole.error), (3, None));
    let line = 1 + text.lines().position(|line| line.contains(r#""data": null"#)).unwrap();
    // The row begins on the line before.
    let expected = format!("a row without data: there is no record in it, in line {}", line - 1);
    assert_eq!(whole.rejected, [(3, expected)]);
    assert_eq!(whole.events[0].logged, Some(1_789_995_695_992));
    assert_eq!(whole.events[1].time, 1_789_995_691_000);
    // Behind other records its number goes on.
    let twice = read(&format!("{text}{text}"));
    let numbers: Vec<u64> = twice.rejected.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [3, 7]);
}

#[test]
fn a_result_of_select_or_summarize_is_refused_by_that_name() {
    let rows = json!({ "results": [
        { "data": { "interval": 1_789_995_600_000_u64, "cnt": 4 } },
        { "data": { "who": "ada", "datetime": 1 } },
    ]});
    let read = read(&rows.to_string());
    assert_eq!((read.events.len(), read.rejected.len()), (0, 2));
    for (number, (position, reason)) in (0..).zip(&read.rejected) {
        assert!(*position == number && reason.contains("`select` or `summarize`"), "{reason}");
    }
}

#[test]
fn the_consoles_export_gives_the_events_of_the_bare_records_and_their_region() {
    let bare = events(input!("console-export/bare.json"));
    let exported = events(input!("console-export/console_export.json"));
    assert_eq!(exported.len(), 2);
    assert!(exported.iter().all(|event| region(event) == Some("us-ashburn-1")));
    let without = |event: &SignOnEvent| {
        let mut event = event.clone();
        event.cloud.as_mut().unwrap().region = None;
        event.raw = None;
        event
    };
    let compare = |events: &[SignOnEvent]| events.iter().map(without).collect::<Vec<_>>();
    assert_eq!(compare(&exported), compare(&bare));
    let mixed = events(input!("console-export/mixed.ndjson"));
    let regions: Vec<_> = mixed.iter().map(region).collect();
    assert_eq!(regions, [Some("us-ashburn-1"), None, Some("eu-frankfurt-1")]);
}

/// Bare records, one a line.
fn records() -> Vec<String> {
    let lines = input!("gzip-objects/lines.ndjson").lines();
    lines.chain(input!("mixed-stream/values.ndjson").lines()).map(str::to_owned).collect()
}

const WRAPPINGS: [fn(&[String]) -> String; 15] = [
    |records| records.join("\n"),
    |records| records.join("\r\n\r\n"),
    |records| records.concat(),
    |records| format!("[{}]", records.join(",")),
    |records| format!("\u{feff}{}\n", records.join("\n\u{feff}")),
    |records| records.iter().map(|record| format!("\u{feff}[{record}]\n")).collect(),
    |records| serde_json::to_string_pretty(&values(records)).unwrap(),
    |records| json!({ "data": values(records) }).to_string(),
    |records| {
        serde_json::to_string_pretty(&json!({ "data": { "items": values(records) } })).unwrap()
    },
    |records| rows(records, |record| json!({ "datetime": 1, "logContent": record })).to_string(),
    |records| {
        let rows =
            rows(records, |record| json!({ "data": { "datetime": 1, "logContent": record } }));
        json!({ "results": rows, "summary": {} }).to_string()
    },
    |records| {
        let rows = rows(records, |record| json!({ "data": { "logContent": record.to_string() } }));
        json!({ "data": { "fields": null, "results": rows } }).to_string()
    },
    |records| {
        let message = |record: &Value| {
            let value = STANDARD.encode(record.to_string());
            json!({ "stream": "s", "partition": "0", "key": null, "value": value, "offset": 1 })
        };
        rows(records, message).to_string()
    },
    |records| {
        let value = STANDARD.encode(records.join("\n"));
        json!({ "partition": 0, "offset": 1, "value": value }).to_string()
    },
    |records| {
        let half = records.len() / 2;
        format!("[{}]\n[{}]\n[]", records[..half].join(","), records[half..].join(","))
    },
];

fn values(records: &[String]) -> Vec<Value> {
    records.iter().map(|record| serde_json::from_str(record).unwrap()).collect()
}

fn rows(records: &[String], wrap: impl Fn(&Value) -> Value) -> Value {
    values(records).iter().map(wrap).collect()
}

/// What must not depend on how records are wrapped. Raw text has the blanks of its layout.
fn told(read: &Read) -> (Vec<SignOnEvent>, &[(String, u64)], u64) {
    let bare = |event: &SignOnEvent| {
        let unmapped: Value = serde_json::from_str(&event.unmapped).unwrap();
        SignOnEvent { raw: None, unmapped: unmapped.to_string(), ..event.clone() }
    };
    (read.events.iter().map(bare).collect(), &read.passed_over, read.received)
}

proptest! {
    #[test]
    fn however_records_are_wrapped_the_same_events_come_out(
        order in Just(records()).prop_shuffle(), count in 1usize..12,
        wrapping in 0..WRAPPINGS.len(), chunk in prop_oneof![1usize..50, 1usize..9000],
    ) {
        let records = &order[..count];
        let plain = read(&records.join("\n"));
        let wrapped = read_in(WRAPPINGS[wrapping](records).as_bytes(), chunk);
        prop_assert_eq!((&wrapped.rejected, &wrapped.error), (&vec![], &None));
        prop_assert_eq!(told(&wrapped), told(&plain));
    }

    #[test]
    fn arbitrary_wrappers_never_panic_or_lose_count(
        text in r#"([\[\]{},: \n]|"(data|results|logContent|value|offset|event-type)":|"x"|1|null|"e30="){0,60}"#,
        chunk in 1usize..50,
    ) {
        let whole = read(&text);
        let cut = read_in(text.as_bytes(), chunk);
        prop_assert_eq!(whole.received, cut.received);
        prop_assert_eq!(whole.rejected, cut.rejected);
        prop_assert_eq!(whole.error, cut.error);
    }
}

#[test]
fn an_answer_longer_than_a_record_may_be_is_read_row_by_row() {
    let records = records();
    let one = |number: usize| {
        let mut record: Value = serde_json::from_str(&records[0]).unwrap();
        record["id"] = json!(format!("id-{number}"));
        record
    };
    let count = 12_000;
    let rows: Vec<Value> = (0..count).map(one).collect();
    let wrap = |record: &Value| json!({ "data": { "logContent": record, "regionId": "r-1" } });
    let wrapped: Vec<Value> = rows.iter().map(wrap).collect();
    for (text, with_region) in [
        (json!({ "data": rows, "opc-next-page": null }).to_string(), false),
        (json!({ "results": wrapped, "summary": {} }).to_string(), true),
        (json!({ "data": { "fields": [], "results": wrapped } }).to_string(), true),
    ] {
        assert!(text.len() > 16 << 20);
        let read = read_in(text.as_bytes(), 256 << 10);
        assert_eq!((read.events.len(), read.rejected.len(), read.error), (count, 0, None));
        assert!(read.events.iter().all(|event| region(event).is_some() == with_region));
        assert_eq!(read.events[count - 1].native_id, format!("id-{}", count - 1));
    }
}

#[test]
fn a_line_that_is_a_list_and_cut_costs_itself() {
    let record = &records()[0];
    let text = format!("[{record}]\n[{}\n[{record}]\n{record}", &record[..100]);
    let read = read(&text);
    assert_eq!((read.events.len(), read.rejected.len(), &read.error), (3, 1, &None));
    assert!(read.rejected[0].1.contains("in line 2"), "{:?}", read.rejected);
}

#[test]
fn what_is_no_text_of_this_kind_is_refused_by_its_name() {
    let utf_16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read = read_in(&utf_16, 1);
    assert_eq!(read.received, 0);
    assert!(read.complaints()[0].contains("UTF-16"), "{:?}", read.error);
}
