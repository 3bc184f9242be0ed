//! TOML and YAML of the same content are the same configuration, and no text
//! does more than being refused.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{EXAMPLE, environment, fits_schema};
use crate::config::{Config, ConfigError, Syntax};

/// A text in the quotes that both syntaxes share.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '$' => quoted.push_str("$$"),
            ' '..='~' => quoted.push(character),
            _ => write!(quoted, "\\U{:08X}", u32::from(character)).unwrap(),
        }
    }
    quoted + "\""
}

/// A value on one line; `sign` stands between key and value.
fn inline(value: &Value, sign: &str) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(|value| inline(value, sign)).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| {
                format!("{}{sign} {}", quoted(key).replace("$$", "$"), inline(value, sign))
            };
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

fn as_toml(config: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (key, value) in config {
        let Some(parts) = value.as_object() else {
            writeln!(text, "{key} = {}", inline(value, " =")).unwrap();
            continue;
        };
        for (id, part) in parts {
            writeln!(text, "\n[{key}.{id}]").unwrap();
            for (key, value) in part.as_object().unwrap() {
                let key = quoted(key).replace("$$", "$");
                writeln!(text, "{key} = {}", inline(value, " =")).unwrap();
            }
        }
    }
    text
}

fn as_yaml(config: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (key, value) in config {
        let Some(parts) = value.as_object() else {
            writeln!(text, "{key}: {}", inline(value, ":")).unwrap();
            continue;
        };
        writeln!(text, "{key}:").unwrap();
        for (id, part) in parts {
            writeln!(text, "  {}:", quoted(id)).unwrap();
            for (key, value) in part.as_object().unwrap() {
                let key = quoted(key).replace("$$", "$");
                writeln!(text, "    {key}: {}", inline(value, ":")).unwrap();
            }
        }
    }
    text
}

/// Everything but the places.
fn content(config: &Config) -> String {
    let mut text = format!("{:?}\n", config.data_dir);
    for source in &config.sources {
        let settings = serde_json::to_string(&source.settings).unwrap();
        writeln!(
            text,
            "{} {:?} {} {settings} {:?} {:?} {:?} {:?} {} {:?} {:?}",
            source.id,
            source.component,
            source.tenant,
            source.credentials,
            source.start,
            source.readings,
            source.longest_range,
            source.allow_private_addresses,
            source.classes,
            source.labels
        )
        .unwrap();
        for rule in &source.allow {
            let parts = (&rule.origin, &rule.methods, &rule.path_prefix, rule.private_addresses);
            writeln!(text, "{parts:?}").unwrap();
        }
    }
    for sink in &config.sinks {
        writeln!(
            text,
            "{} {:?} {} {:?} {:?}",
            sink.id, sink.inputs, sink.format, sink.keep, sink.kind
        )
        .unwrap();
    }
    text
}

/// A value that TOML and YAML can both hold.
fn setting() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e15..1e15f64).prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z$/~ ü]{1,5}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn source_part() -> impl Strategy<Value = Value> {
    let settings = prop::collection::btree_map("x[a-z0-9]{1,8}", setting(), 0..5);
    let host = prop_oneof![
        Just(json!({ "type": "oci_audit" })),
        Just(json!({ "component": "a.wasm", "start": "earliest",
            "classes": ["account"], "labels": { "a_1": "b" } })),
        Just(json!({ "type": "oci_audit", "readings": ["0s", "5m"], "longest_range": "30m" })),
        Just(json!({ "type": "oci_audit", "start": "2026-01-31T08:00:00Z",
            "credentials": { "type": "oci_api_key", "passphrase": "a$b" } })),
        Just(json!({ "type": "oci_audit", "allow_private_addresses": true, "allow":
            [{ "origin": "https://x", "methods": ["GET", "POST"], "path_prefix": "/" }] })),
    ];
    (host, settings).prop_map(|(host, settings)| {
        let mut part = host.as_object().cloned().unwrap_or_default();
        part.extend(settings);
        Value::Object(part)
    })
}

fn config() -> impl Strategy<Value = Map<String, Value>> {
    let sources = prop::collection::hash_map("[a-z0-9_-]{1,8}", source_part(), 1..4);
    (sources, any::<bool>()).prop_map(|(sources, to_file)| {
        let sources: Map<String, Value> = sources.into_iter().collect();
        let sink = match to_file {
            true => json!({ "type": "file", "inputs": ["*"], "path": "e.ndjson", "format": "raw" }),
            false => json!({ "type": "stdout", "inputs": sources.keys().collect::<Vec<_>>() }),
        };
        let config = json!({ "data_dir": "state", "sources": sources, "sinks": { "out": sink } });
        config.as_object().cloned().unwrap_or_default()
    })
}

/// Every problem is one line, on a line that the text has.
fn check(text: &str, error: &ConfigError) {
    let last = text.lines().count().max(1);
    for problem in error.problems() {
        assert_eq!(problem.to_string().lines().count(), 1, "{problem}");
        assert!((1..=last).contains(&problem.place.line), "{problem} of {last} lines");
        let length =
            text.split('\n').nth(problem.place.line - 1).map_or(0, |line| line.chars().count());
        assert!((1..=length + 1).contains(&problem.place.column), "{problem} of {length} columns");
        assert!(!problem.message.is_empty());
    }
    assert!(!error.problems().is_empty());
}

fn try_both(text: &str) {
    for syntax in [Syntax::Toml, Syntax::Yaml] {
        if let Err(error) = Config::parse(text, "f", syntax, &environment) {
            check(text, &error);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 256 } else { 20_000 }))]

    #[test]
    fn the_same_content_is_the_same_configuration(config in config()) {
        let parse = |text: &str, syntax| Config::parse(text, "conf/f", syntax, &environment)
            .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")));
        prop_assert_eq!(fits_schema(&as_toml(&config), Syntax::Toml), Some(true));
        prop_assert_eq!(fits_schema(&as_yaml(&config), Syntax::Yaml), Some(true));
        let toml = parse(&as_toml(&config), Syntax::Toml)?;
        let yaml = parse(&as_yaml(&config), Syntax::Yaml)?;
        prop_assert_eq!(content(&toml), content(&yaml));
        let written: Vec<&String> = config["sources"].as_object().into_iter().flat_map(Map::keys).collect();
        let read: Vec<&String> = toml.sources.iter().map(|source| &source.id).collect();
        prop_assert_eq!(read, written);
        for source in &toml.sources {
            for (key, value) in &source.settings {
                prop_assert_eq!(value, &config["sources"][&source.id][key]);
            }
        }
    }

    #[test]
    fn no_text_does_more_than_being_refused(text in "\\PC*|(?s:.*)") {
        try_both(&text);
    }

    #[test]
    fn no_text_of_their_own_signs_does_more_than_being_refused(
        text in "([\\[\\]{}=:,.\"'#&*!|>?%@`~ \\-\n\r\t\\\\]|[a-c0-9]|<<|---|\\$\\{|sources|sinks|data_dir|type){0,60}"
    ) {
        try_both(&text);
    }

    #[test]
    fn no_damaged_configuration_does_more_than_being_refused(
        config in config(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), "[\\[\\]{}=:,.\"'#&*!|>? \\-\n\ta-z0-9$]{0,3}"), 1..6),
        cut in 0usize..4,
    ) {
        for text in [as_toml(&config), as_yaml(&config), EXAMPLE.to_owned()] {
            let mut text = text;
            for (at, piece) in &damage {
                let start = text.floor_char_boundary(at.index(text.len()));
                let end = text.floor_char_boundary((start + cut).min(text.len()));
                text.replace_range(start..end, piece);
            }
            try_both(&text);
        }
    }
}
