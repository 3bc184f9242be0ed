//! The JSON Schema of a configuration: draft 7, which every editor understands.

use serde_json::{Map, Value as Json, json};

use super::keys::{PartDescription, Presence};

/// A table of these keys and no others, and of `type` if it is of one.
pub fn object(description: &PartDescription, of_type: Option<&str>) -> Json {
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    if let Some(name) = of_type {
        properties.insert("type".to_owned(), json!({ "const": name }));
        required.push("type");
    }
    for key in &description.keys {
        let mut schema = key.schema.clone();
        schema["description"] = key.help.clone().into();
        match &key.presence {
            Presence::Needed => required.push(key.name),
            Presence::Default(default) => schema["default"] = default.clone(),
            Presence::Otherwise(_) => {}
        }
        properties.insert(key.name.to_owned(), schema);
    }
    let mut object = json!({
        "title": "table",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    if !description.rules.is_empty() {
        object["allOf"] = description.rules.clone().into();
    }
    object
}

/// A table whose keys are ids.
pub fn by_id(each: Json) -> Json {
    json!({ "title": "tables by id", "type": "object", "additionalProperties": each })
}

/// A whole file.
pub fn file(root: Json) -> Json {
    let mut schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Configuration of signon",
    });
    if let (Some(schema), Json::Object(root)) = (schema.as_object_mut(), root) {
        for (key, value) in root {
            schema.entry(key).or_insert(value);
        }
    }
    schema
}
