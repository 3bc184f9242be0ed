//! What a schema says where a variable may stand, and what operators call what it takes.

use serde_json::{Value as Json, json};

/// A text that holds a variable, of which only the process knows what it is.
pub fn variable() -> Json {
    json!({ "type": "string", "pattern": "\\$\\{" })
}

/// What fits `schema`, or holds a variable.
pub fn or_variable(mut schema: Json) -> Json {
    let title = schema.as_object_mut().and_then(|schema| schema.remove("title"));
    json!({ "title": title, "anyOf": [schema, variable()] })
}

/// What operators call a kind of value.
pub fn titled(schema: &Json) -> &str {
    schema["title"].as_str().unwrap_or("any value")
}
