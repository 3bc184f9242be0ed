//! A rendered log record as a message.
//!
//! The rendering is OTLP/JSON and the one truth; here it only changes its coding.
//! What is no such record becomes a record with the line as its body: nothing is
//! lost to a slip between the two.

use serde::Deserialize;

use super::messages::{AnyValue, KeyValue, List, LogRecord, Members, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(default)]
    time_unix_nano: Digits,
    #[serde(default)]
    observed_time_unix_nano: Digits,
    #[serde(default)]
    severity_number: i32,
    #[serde(default)]
    severity_text: String,
    #[serde(default)]
    event_name: String,
    body: Option<Any>,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

/// 64 bits, which JSON carries as text.
#[derive(Deserialize, Default)]
#[serde(from = "String")]
struct Digits(u64);

impl From<String> for Digits {
    fn from(text: String) -> Self {
        Self(text.parse().unwrap_or_default())
    }
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
    value: Option<Any>,
}

#[derive(Deserialize)]
enum Any {
    #[serde(rename = "stringValue")]
    Text(String),
    #[serde(rename = "boolValue")]
    Bool(bool),
    #[serde(rename = "intValue")]
    Int(String),
    #[serde(rename = "arrayValue")]
    Array {
        #[serde(default)]
        values: Vec<Any>,
    },
    #[serde(rename = "kvlistValue")]
    Kvlist {
        #[serde(default)]
        values: Vec<Attribute>,
    },
}

/// The message of a line.
pub fn record(line: &str, time_ms: i64) -> LogRecord {
    match serde_json::from_str::<Record>(line) {
        Ok(record) => LogRecord {
            time_unix_nano: record.time_unix_nano.0,
            observed_time_unix_nano: record.observed_time_unix_nano.0,
            severity_number: record.severity_number,
            severity_text: record.severity_text,
            event_name: record.event_name,
            body: record.body.map(any),
            attributes: record.attributes.into_iter().map(attribute).collect(),
        },
        Err(_) => LogRecord {
            time_unix_nano: u64::try_from(time_ms).unwrap_or(0).saturating_mul(1_000_000),
            body: Some(text(line.to_owned())),
            ..LogRecord::default()
        },
    }
}

/// A text as a value.
pub fn text(text: String) -> AnyValue {
    AnyValue { value: Some(Value::Text(text)) }
}

fn attribute(attribute: Attribute) -> KeyValue {
    KeyValue { key: attribute.key, value: attribute.value.map(any) }
}

fn any(value: Any) -> AnyValue {
    let value = match value {
        Any::Text(text) => Value::Text(text),
        Any::Bool(flag) => Value::Flag(flag),
        Any::Int(digits) => match digits.parse() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(digits),
        },
        Any::Array { values } => {
            Value::List(List { values: values.into_iter().map(any).collect() })
        }
        Any::Kvlist { values } => {
            Value::Members(Members { values: values.into_iter().map(attribute).collect() })
        }
    };
    AnyValue { value: Some(value) }
}
