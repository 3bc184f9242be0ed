//! What is sent is read with the official messages, and what may be answered.

use std::path::Path;

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message as _;
use serde_json::json;

use super::*;
use crate::render::sample::sample_event;
use crate::render::{Context, event_id, render};
use crate::sinks::remote::RemoteSink;
use crate::sinks::remote::tests::receiver::{Receiver, Reply};
use crate::sinks::remote::tests::sink_config;
use crate::sinks::{DeadLetterKind, DeadLetters, Sink as _, SinkKind};

fn line(id: &str) -> Line {
    let event = crate::contract::SignOnEvent { native_id: id.to_owned(), ..sample_event() };
    let text = render(&event, &Context::of("oci_audit"), Format::Otel);
    Line { id: id.into(), owner: Owner::of_source("acme").into(), time: event.time, text }
}

fn sink(folder: &Path, port: u16, keys: &str) -> RemoteSink<OtlpProtocol> {
    let SinkKind::Otlp(config) = sink_config("otlp", "endpoint", port, keys) else { panic!() };
    RemoteSink::open("siem", Format::Otel, &*config, folder).unwrap()
}

/// The records of a request, whose resource and scope stand there once.
fn records(request: ExportLogsServiceRequest) -> Vec<LogRecord> {
    let [logs] = <[_; 1]>::try_from(request.resource_logs).unwrap();
    let name = &logs.resource.unwrap().attributes[0];
    assert_eq!(name.key, "service.name");
    let [scope] = <[_; 1]>::try_from(logs.scope_logs).unwrap();
    assert_eq!(scope.scope.unwrap().name, "signon");
    scope.log_records
}

fn text(record: &LogRecord, key: &str) -> String {
    let found = record.attributes.iter().find(|attribute| attribute.key == key).unwrap();
    match found.value.clone().unwrap().value {
        Some(Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn protobuf_says_what_the_rendering_says_to_whoever_knows_the_protocol() {
    let receiver = Receiver::start(|_| Reply::status(200));
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "compression = 'gzip'");
    sink.deliver(&[line("a"), line("b")]).await.unwrap().settle();
    let request = &receiver.requests()[0];
    assert_eq!(request.target, "/v1/logs");
    assert_eq!(request.headers["content-type"], "application/x-protobuf");
    let decoded = records(ExportLogsServiceRequest::decode(request.body.as_slice()).unwrap());
    assert_eq!(text(&decoded[0], "log.record.uid"), "a");
    for (record, id) in decoded.iter().zip(["a", "b"]) {
        let rendered: serde_json::Value = serde_json::from_str(&line(id).text).unwrap();
        assert_eq!(record.time_unix_nano.to_string(), rendered["timeUnixNano"]);
        assert_eq!(record.severity_number, rendered["severityNumber"]);
        assert_eq!(record.severity_text, rendered["severityText"]);
        assert_eq!(record.event_name, rendered["eventName"]);
        let attributes: Vec<_> = record.attributes.iter().map(member).collect();
        assert_eq!(serde_json::Value::from(attributes), rendered["attributes"]);
    }
}

/// A decoded member as OTLP/JSON has it.
fn member(member: &KeyValue) -> serde_json::Value {
    json!({ "key": member.key, "value": value(member.value.as_ref().unwrap()) })
}

fn value(any: &AnyValue) -> serde_json::Value {
    match any.value.as_ref().unwrap() {
        Value::StringValue(text) => json!({ "stringValue": text }),
        Value::BoolValue(flag) => json!({ "boolValue": flag }),
        Value::IntValue(number) => json!({ "intValue": number.to_string() }),
        Value::ArrayValue(list) => {
            let values: Vec<_> = list.values.iter().map(value).collect();
            json!({ "arrayValue": { "values": values } })
        }
        Value::KvlistValue(list) => {
            let values: Vec<_> = list.values.iter().map(member).collect();
            json!({ "kvlistValue": { "values": values } })
        }
        other => panic!("never rendered: {other:?}"),
    }
}

#[tokio::test]
async fn json_is_one_request_of_the_rendered_lines() {
    let receiver = Receiver::start(|_| Reply::status(200));
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "encoding = 'json'");
    sink.deliver(&[line("a"), line("b")]).await.unwrap().settle();
    let request = receiver.requests()[0].text();
    let value: serde_json::Value = serde_json::from_str(&request).unwrap();
    let records = value["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().unwrap();
    for (record, id) in records.iter().zip(["a", "b"]) {
        assert_eq!(event_id(&record.to_string(), Format::Otel).as_deref(), Some(id));
    }
    assert_eq!(records.len(), 2);
}

/// Names and texts.
type Texts = Vec<(String, String)>;

#[tokio::test]
async fn whose_the_records_are_stands_once_at_the_resource_of_each_source() {
    let owner = |source: &str| Owner {
        tenant: "acme".to_owned(),
        labels: [("environment".to_owned(), "production".to_owned())].into(),
        ..Owner::of_source(source)
    };
    let of = |id: &str, source: &str| Line { owner: owner(source).into(), ..line(id) };
    let batch = [of("a", "one"), of("b", "two"), of("c", "one")];
    for keys in ["", "encoding = 'json'"] {
        let receiver = Receiver::start(|_| Reply::status(200));
        let folder = tempfile::tempdir().unwrap();
        sink(folder.path(), receiver.port, keys).deliver(&batch).await.unwrap().settle();
        let body = receiver.requests()[0].body.clone();
        // (resource, ids) of each group.
        let found: Vec<(Texts, Vec<String>)> = match keys {
            "" => ExportLogsServiceRequest::decode(body.as_slice())
                .unwrap()
                .resource_logs
                .into_iter()
                .map(|logs| {
                    let attributes = logs.resource.unwrap().attributes.into_iter();
                    let texts = attributes.map(|attribute| match attribute.value.unwrap().value {
                        Some(Value::StringValue(text)) => (attribute.key, text),
                        other => panic!("{other:?}"),
                    });
                    let records = logs.scope_logs[0].log_records.iter();
                    (
                        texts.collect(),
                        records.map(|record| text(record, "log.record.uid")).collect(),
                    )
                })
                .collect(),
            _ => {
                let request: serde_json::Value = serde_json::from_slice(&body).unwrap();
                let said = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                let list = |value: &serde_json::Value| value.as_array().unwrap().clone();
                list(&request["resourceLogs"])
                    .iter()
                    .map(|logs| {
                        let attributes = list(&logs["resource"]["attributes"]);
                        let texts = attributes
                            .iter()
                            .map(|a| (said(&a["key"]), said(&a["value"]["stringValue"])));
                        let records = list(&logs["scopeLogs"][0]["logRecords"]);
                        let ids = records
                            .iter()
                            .map(|record| event_id(&record.to_string(), Format::Otel).unwrap());
                        (texts.collect(), ids.collect())
                    })
                    .collect()
            }
        };
        let told = |source: &str| {
            [
                ("service.name", NAME),
                ("service.version", VERSION),
                ("signon.tenant", "acme"),
                ("signon.source", source),
                ("signon.label.environment", "production"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec()
        };
        let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        assert_eq!(found, [(told("one"), ids(&["a", "c"])), (told("two"), ids(&["b"]))], "{keys}");
    }
}

#[tokio::test]
async fn a_partial_success_is_not_sent_again_and_a_copy_is_kept() {
    let partial = ExportLogsServiceResponse {
        partial_success: Some(ExportLogsPartialSuccess {
            rejected_log_records: 1,
            error_message: "too old".to_owned(),
        }),
    };
    let protobuf = String::from_utf8(partial.encode_to_vec()).unwrap();
    let json =
        json!({ "partialSuccess": { "rejectedLogRecords": "1", "errorMessage": "too old" } });
    for (keys, body) in [("", protobuf), ("encoding = 'json'", json.to_string())] {
        let receiver = Receiver::start(move |_| Reply::Status(200, "", body.clone()));
        let folder = tempfile::tempdir().unwrap();
        let sink = sink(folder.path(), receiver.port, keys);
        sink.deliver(&[line("a"), line("b")]).await.unwrap().settle();
        assert_eq!(receiver.requests().len(), 1);
        let letters = DeadLetters::of(folder.path(), "siem").read().unwrap().letters;
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[0].kind, DeadLetterKind::Partial);
        assert!(letters[0].reason.contains("1 of 2 rejected: too old"), "{}", letters[0].reason);
    }
}

#[tokio::test]
async fn a_success_in_which_all_was_rejected_is_a_refusal() {
    let body =
        json!({ "partialSuccess": { "rejectedLogRecords": 9, "errorMessage": "no" } }).to_string();
    let receiver = Receiver::start(move |_| Reply::Status(200, "", body.clone()));
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), receiver.port, "encoding = 'json'");
    let error = sink.deliver(&[line("a"), line("b")]).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, SinkError::Refusing { .. }), "{error}");
    assert!(DeadLetters::of(folder.path(), "siem").read().unwrap().letters.is_empty());
}

#[tokio::test]
async fn only_the_statuses_that_the_protocol_names_are_tried_again() {
    for (status, is_tried_again) in [(429, true), (503, true), (500, false), (408, false)] {
        let first = std::sync::atomic::AtomicBool::new(true);
        let receiver = Receiver::start(move |_| {
            let first = first.swap(false, std::sync::atomic::Ordering::SeqCst);
            Reply::status(if first { status } else { 200 })
        });
        let folder = tempfile::tempdir().unwrap();
        let sink = sink(folder.path(), receiver.port, "");
        let delivered = sink.deliver(&[line("a")]).await.map(|receipt| receipt.settle());
        assert_eq!(delivered.is_ok(), is_tried_again, "{status}: {delivered:?}");
        assert_eq!(receiver.requests().len(), 1 + usize::from(is_tried_again), "{status}");
    }
}

#[tokio::test]
async fn a_probe_sends_no_record_and_finds_a_wrong_token() {
    let receiver = Receiver::start(|request| match request.headers.get("authorization") {
        Some(token) if token == "Bearer right" => Reply::status(200),
        _ => Reply::status(401),
    });
    let folder = tempfile::tempdir().unwrap();
    let with = |token: &str| format!("auth = {{ type = 'bearer', token = '{token}' }}");
    sink(folder.path(), receiver.port, &with("right")).probe().await.unwrap();
    let wrong = sink(folder.path(), receiver.port, &with("wrong")).probe().await.unwrap_err();
    assert!(matches!(wrong, SinkError::Denied { .. }), "{wrong}");
    assert!(receiver.requests().iter().all(|request| request.body.is_empty()));
}
