//! Lines against the definitions of those who own the vocabularies, as fixtures in
//! `tests/fixtures/schemas`. OCSF 1.9.0 has no published export that they could be
//! made from; its lines are held to those of 1.8.0 by a law instead.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::reading::{is_hollow, parse};
use super::*;

fn fixture(name: &str) -> Value {
    let path = format!("{}/../../tests/fixtures/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// By version, class and whether the event uses the profile `cloud`.
static CLASSES: LazyLock<HashMap<(String, i64, bool), Validator>> = LazyLock::new(|| {
    let mut classes = HashMap::new();
    for version in ["1.5.0", "1.7.0", "1.8.0"] {
        for class in [3002, 3001, 0] {
            let mut schema = fixture(&format!("ocsf-{version}-{class}"));
            let whole = jsonschema::validator_for(&schema).unwrap();
            classes.insert((version.to_owned(), class, true), whole);
            // A profile brings its attributes and demands one of them.
            for key in ["api", "cloud"] {
                schema["properties"].as_object_mut().unwrap().remove(key).unwrap();
            }
            schema["required"].as_array_mut().unwrap().retain(|key| key != "cloud");
            let without = jsonschema::validator_for(&schema).unwrap();
            classes.insert((version.to_owned(), class, false), without);
        }
    }
    classes
});

fn problems_of_ocsf(line: &Value) -> Vec<String> {
    let version = line["metadata"]["version"].as_str().unwrap().to_owned();
    let profiles = line["metadata"].get("profiles").is_some();
    let class = &CLASSES[&(version, line["class_uid"].as_i64().unwrap(), profiles)];
    class.iter_errors(line).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

static ECS: LazyLock<Value> = LazyLock::new(|| fixture("ecs-9.4.0"));

fn problems_of_ecs(document: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen = Vec::new();
    dotted(document, "", &mut seen);
    for (name, value) in &seen {
        if name.starts_with("oracle.") || (name.starts_with("labels.") && value.is_string()) {
            continue;
        }
        let Some(field) = ECS.get(name) else {
            problems.push(format!("{name} is no field"));
            continue;
        };
        if field.get("array").is_some() != value.is_array() {
            problems.push(format!("{name} is an array or should be one"));
        }
        let one = std::slice::from_ref(*value);
        for value in value.as_array().map_or(one, Vec::as_slice) {
            let text = value.as_str();
            let fits = match field["type"].as_str().unwrap() {
                "ip" => text.is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
                "long" => value.is_i64(),
                "date" => text.is_some_and(|t| chrono::DateTime::parse_from_rfc3339(t).is_ok()),
                "keyword" | "wildcard" | "match_only_text" => text.is_some(),
                other => panic!("no rule for the type {other} of {name}"),
            };
            if !fits || field.get("allowed").is_some_and(|all| all.get(text.unwrap()).is_none()) {
                problems.push(format!("{name} cannot be {value}"));
            }
        }
    }
    for name in ["@timestamp", "ecs.version", "event.kind"] {
        if !seen.iter().any(|(seen, _)| seen == name) {
            problems.push(format!("{name} is missing"));
        }
    }
    problems.extend(unexpected_types(&document["event"]));
    problems
}

/// Fields with their dotted names; an array is a value.
fn dotted<'v>(value: &'v Value, name: &str, found: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            let dot = if name.is_empty() { "" } else { "." };
            dotted(value, &format!("{name}{dot}{key}"), found);
        }),
        value => found.push((name.to_owned(), value)),
    }
}

/// Values of `event.type` that no value of `event.category` expects.
fn unexpected_types(event: &Value) -> Vec<String> {
    let list = |key: &str| event.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let categories = list("category");
    let expected: Vec<&Value> = categories
        .iter()
        .flat_map(|category| {
            ECS["event.category"]["allowed"][category.as_str().unwrap()].as_array().unwrap()
        })
        .collect();
    let types = list("type").into_iter();
    types
        .filter(|kind| !categories.is_empty() && !expected.contains(&kind))
        .map(|kind| format!("{kind} is not expected of {categories:?}"))
        .collect()
}

static OTEL: LazyLock<Value> = LazyLock::new(|| fixture("otel-semconv-1.44.0"));

fn problems_of_otel(record: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let is_number = |key: &str| record[key].as_str().is_some_and(|t| t.parse::<u64>().is_ok());
    if !is_number("timeUnixNano") {
        problems.push("timeUnixNano is no number of 64 bits".to_owned());
    }
    if record.get("observedTimeUnixNano").is_some() && !is_number("observedTimeUnixNano") {
        problems.push("observedTimeUnixNano is no number of 64 bits".to_owned());
    }
    if !matches!(record["severityNumber"].as_i64(), Some(1..=24)) {
        problems.push("severityNumber is none".to_owned());
    }
    let name = record["eventName"].as_str().unwrap();
    if !name.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c)) {
        problems.push(format!("eventName is {name}"));
    }
    for (key, value) in attributes(record) {
        let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else {
            continue;
        };
        let fits = match &**kind {
            "stringValue" => value.is_string(),
            "intValue" => value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
            "boolValue" => value.is_boolean(),
            "arrayValue" => value["values"].is_array(),
            _ => false,
        };
        if !fits {
            problems.push(format!("{key} has a {kind} of {value}"));
        }
        if key.starts_with("oracle.") || key.starts_with("signon.") {
            continue;
        }
        let Some(attribute) = OTEL.get(&key).filter(|known| known.get("deprecated").is_none())
        else {
            problems.push(format!("{key} is no attribute"));
            continue;
        };
        let wanted = if attribute["type"] == json!("int") { "intValue" } else { "stringValue" };
        if kind != wanted {
            problems.push(format!("{key} is a {kind}, not a {wanted}"));
        }
        let members = attribute.get("members").and_then(Value::as_array);
        if key != "error.type" && members.is_some_and(|members| !members.contains(value)) {
            problems.push(format!("{key} cannot be {value}"));
        }
    }
    problems
}

fn problems(line: &Value, format: Format) -> Vec<String> {
    match format {
        Format::Ecs => problems_of_ecs(line),
        Format::Otel => problems_of_otel(line),
        _ => problems_of_ocsf(line),
    }
}

const CHECKED: [Format; 5] =
    [Format::Ocsf1_5, Format::Ocsf1_7, Format::Ocsf, Format::Ecs, Format::Otel];

proptest! {
    #[test]
    fn every_line_conforms_to_its_vocabulary(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        for format in CHECKED {
            let line = rendered(&event, &source, format);
            let problems = problems(&line, format);
            prop_assert!(problems.is_empty(), "{}: {:?} in {}", format, problems, line);
        }
        for format in [Format::Ecs, Format::Otel] {
            let line = parse(&render(&event, &source, format));
            prop_assert!(!is_hollow(&line), "{}", line);
        }
    }
}

#[test]
fn times_that_a_format_cannot_write_do_not_make_a_line_that_is_refused() {
    for time in [i64::MIN, -62_167_219_200_001, -1, 0, 253_402_300_800_000, i64::MAX] {
        let session = SessionInfo {
            created: Some(time),
            expires: Some(time),
            ..sample_event().session.unwrap()
        };
        let event =
            SignOnEvent { time, logged: Some(time), session: Some(session), ..sample_event() };
        for format in CHECKED {
            let line = rendered(&event, "oci_audit", format);
            assert_eq!(problems(&line, format), Vec::<String>::new(), "{line}");
            let found = leaves_of(&line);
            assert!(time == 0 || found.contains(&time.to_string()), "{time} is not in {line}");
        }
    }
}

#[test]
fn a_line_that_breaks_a_vocabulary_is_found_out() {
    let ocsf = rendered(&sample_event(), "oci_audit", Format::Ocsf);
    let ecs = rendered(&sample_event(), "oci_audit", Format::Ecs);
    for (pointer, key, value, format, line) in [
        ("", "user", Value::Null, Format::Ocsf, &ocsf),
        ("", "invented", json!(1), Format::Ocsf, &ocsf),
        ("", "activity_id", json!(8), Format::Ocsf, &ocsf),
        ("/src_endpoint", "ip", json!("<ip-address>"), Format::Ocsf, &ocsf),
        ("/metadata", "version", json!("1.5.0"), Format::Ocsf, &ocsf),
        ("/source", "ip", json!("<ip-address>"), Format::Ecs, &ecs),
        ("/event", "type", json!(["admin"]), Format::Ecs, &ecs),
        ("/user", "name", json!(["several"]), Format::Ecs, &ecs),
        ("/user", "type", json!("User"), Format::Ecs, &ecs),
        ("/labels", "environment", json!(1), Format::Ecs, &ecs),
    ] {
        let mut broken = line.clone();
        broken.pointer_mut(pointer).unwrap()[key] = value;
        assert!(!problems(&broken, format).is_empty(), "{pointer}/{key}");
    }
    let mut broken = rendered(&sample_event(), "oci_audit", Format::Otel);
    broken["attributes"][0]["key"] = json!("user.invented");
    assert!(!problems(&broken, Format::Otel).is_empty());
}

/// A store fixes the type of a field when it first sees it.
#[test]
fn a_field_of_ours_has_one_type_in_whatever_event() {
    let mut runner = TestRunner::deterministic();
    let mut types: BTreeMap<String, &str> = BTreeMap::new();
    for _ in 0..500 {
        let event = arbitrary::event().new_tree(&mut runner).unwrap().current();
        for (name, value) in reading::paths(&rendered(&event, "oci_audit", Format::Ecs)) {
            let kind = match value {
                Value::String(_) => "text",
                Value::Number(_) => "number",
                Value::Bool(_) => "boolean",
                other => panic!("{name} is {other}"),
            };
            assert_eq!(*types.entry(name.clone()).or_insert(kind), kind, "{name}");
        }
    }
    for name in types.keys() {
        let within = format!("{name}.");
        assert_eq!(types.keys().find(|other| other.starts_with(&within)), None, "{name}");
    }
}
