//! The names of a record as the API spells them, from those of Oracle's command line
//! (`event-type`) and of its Python SDK (`event_type`).
//!
//! Invariant: only names that the API's model gives are spelled anew. What stands in maps
//! whose names others chose (details, headers, parameters, tags) is left as it is.

use signon_kit::json::{Members, push_string};
use signon_kit::text::from_bytes;

/// Objects whose names the model gives, by the names around them.
const MODELS: [&[&str]; 6] = [
    &[],
    &["data"],
    &["data", "identity"],
    &["data", "request"],
    &["data", "response"],
    &["data", "stateChange"],
];

/// The record as the API gives it, its values untouched.
pub fn as_the_api(record: &[u8]) -> Vec<u8> {
    let mut text = String::with_capacity(record.len());
    write(&mut text, record, &mut Vec::new());
    text.into_bytes()
}

fn write(text: &mut String, value: &[u8], around: &mut Vec<String>) {
    let is_model = MODELS.iter().any(|model| model.iter().eq(around.iter()));
    if !is_model || value.first() != Some(&b'{') {
        text.push_str(&from_bytes(value));
        return;
    }
    text.push('{');
    for (number, (key, value)) in Members::of(value).flatten().enumerate() {
        if number > 0 {
            text.push(',');
        }
        let key = camel_case(&key);
        push_string(text, &key);
        text.push(':');
        around.push(key);
        write(text, value, around);
        around.pop();
    }
    text.push('}');
}

fn camel_case(name: &str) -> String {
    let mut words = name.split(['-', '_']);
    let mut spelled = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut characters = word.chars();
        spelled.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        spelled.push_str(characters.as_str());
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_model_are_spelled_anew_and_those_of_others_are_left() {
        let cli = br#"{"event-type" : "a-b", "data":{"additional-details":{"x-y":1},
            "state-change":{"current":{"a-b":1}},"request":{"headers":{"User-Agent":["c-d"]}}}}"#;
        let api = r#"{"eventType":"a-b","data":{"additionalDetails":{"x-y":1},"stateChange":{"current":{"a-b":1}},"request":{"headers":{"User-Agent":["c-d"]}}}}"#;
        assert_eq!(String::from_utf8(as_the_api(cli)).unwrap(), api);
        let sdk = String::from_utf8_lossy(cli).replace("event-type", "event_type");
        let sdk = sdk.replace("additional-details", "additional_details");
        let sdk = sdk.replace("state-change", "state_change");
        assert_eq!(String::from_utf8(as_the_api(sdk.as_bytes())).unwrap(), api);
    }
}
