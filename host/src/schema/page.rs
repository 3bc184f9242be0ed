//! The tables of the documentation.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::keys::{PartDescription, Presence};
use super::variable::titled;

const HEAD: &str = "| key | value | meaning | default |\n|---|---|---|---|\n";

/// A table of keys in Markdown; empty where there are none.
pub fn rows(description: &PartDescription) -> String {
    if description.keys.is_empty() {
        return String::new();
    }
    let mut rows = HEAD.to_owned();
    for key in &description.keys {
        let default = match &key.presence {
            Presence::Needed => "needed".to_owned(),
            Presence::Default(default) => format!("`{default}`"),
            Presence::Otherwise(words) => (*words).to_owned(),
        };
        row(&mut rows, key.name, titled(&key.schema), &key.help, &default);
    }
    rows
}

/// A table of the keys of a schema that somebody else wrote.
pub fn rows_of_schema(schema: &Json) -> String {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut rows = HEAD.to_owned();
    for (name, key) in schema["properties"].as_object().into_iter().flatten() {
        // The host signs.
        if name == "auth" {
            continue;
        }
        let is_needed = required.iter().any(|required| required == name);
        let default = match key.get("default") {
            Some(default) => format!("`{default}`"),
            None if is_needed => "needed".to_owned(),
            None => "none".to_owned(),
        };
        let help = key["description"].as_str().unwrap_or_default();
        row(&mut rows, name, &kind(key), help, &default);
    }
    rows
}

/// What a schema that somebody else wrote takes.
fn kind(schema: &Json) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        return words.join(", ");
    }
    let bound = |key: &str| schema[key].as_i64();
    match (schema["type"].as_str(), bound("minimum").zip(bound("maximum"))) {
        (Some("integer"), Some((least, most))) => format!("{least} to {most}"),
        (Some("array"), _) => format!("list: {}", kind(&schema["items"])),
        (Some("string"), _) => "text".to_owned(),
        (Some(other), _) => other.to_owned(),
        (None, _) => "any value".to_owned(),
    }
}

fn row(rows: &mut String, name: &str, value: &str, help: &str, default: &str) {
    let cell = |text: &str| text.replace('|', "\\|");
    // Writing to a text does not fail.
    let _ = writeln!(rows, "| `{name}` | {} | {} | {} |", cell(value), cell(help), cell(default));
}
