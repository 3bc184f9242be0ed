//! Laws of settings that are wrong: an operator is told what, where and what to do.

use serde_json::{Map, Value, json};

use super::subject::Subject;
use super::verdict::{Finding, NO_SETTINGS, Trouble, Verdicts, broken, own, said};
use crate::contract::{Descriptor, SourceError};

/// A key that no component has.
const UNKNOWN: &str = "no_component_has_this_key";

pub(super) async fn try_all(subject: &Subject, descriptor: &Descriptor, verdicts: &mut Verdicts) {
    verdicts.add("settings that are no object are refused", no_object(subject).await);
    let schema: Value = serde_json::from_str(&descriptor.config_schema).unwrap_or_default();
    verdicts.add("an unknown key is refused with its place", unknown(subject).await);
    verdicts.add("a missing key is refused with its place", missing(subject, &schema).await);
    verdicts.add("a wrong type is refused with its place", wrong_type(subject, &schema).await);
}

fn settings(subject: &Subject) -> Result<Map<String, Value>, Trouble> {
    let text = subject.settings.as_deref().ok_or(Trouble::Untried(NO_SETTINGS))?;
    match serde_json::from_str(text) {
        Ok(Value::Object(settings)) => Ok(settings),
        _ => broken("the settings given are no JSON object"),
    }
}

/// Places of what is wrong, which has to be refused by both calls that read it.
async fn refused(subject: &Subject, text: &str, what: &str) -> Result<Vec<String>, Trouble> {
    let access = subject.sandbox.access(&subject.component, &subject.limits, text).await;
    let streams = subject.sandbox.streams(&subject.component, &subject.limits, text).await;
    let mut places = Vec::new();
    for (call, answer) in [("access", access.err()), ("streams", streams.err())] {
        let Some(error) = answer else {
            return broken(format!("{call} accepts {what}"));
        };
        let findings = match own(error)? {
            SourceError::InvalidConfig(findings) if !findings.is_empty() => findings,
            other => return broken(format!("{call} answers to {what}: {}", said(&other))),
        };
        if findings.iter().any(|finding| finding.problem.is_empty() || finding.fix.is_empty()) {
            return broken(format!("{call} does not say what is wrong with {what}, or the fix"));
        }
        places = findings.into_iter().map(|finding| finding.path).collect();
    }
    Ok(places)
}

/// Whether one of the places is that key or below it.
fn names(places: &[String], key: &str) -> bool {
    let key = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
    places.iter().any(|place| {
        place.strip_prefix(&key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

async fn no_object(subject: &Subject) -> Finding {
    for text in ["", "{", "[]", "null", "5", "\"x\""] {
        refused(subject, text, &format!("the settings {text:?}")).await?;
    }
    Ok(String::new())
}

async fn unknown(subject: &Subject) -> Finding {
    let mut changed = settings(subject)?;
    changed.insert(UNKNOWN.to_owned(), json!(1));
    let places = refused(subject, &json!(changed).to_string(), "an unknown key").await?;
    if names(&places, UNKNOWN) {
        return Ok(String::new());
    }
    broken(format!("its finding is about {places:?}, not about /{UNKNOWN}"))
}

async fn missing(subject: &Subject, schema: &Value) -> Finding {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    if required.is_empty() {
        return Err(Trouble::Untried("its schema requires no key"));
    }
    for key in required.iter().filter_map(Value::as_str) {
        let mut changed = settings(subject)?;
        changed.remove(key);
        let what = format!("settings without {key}");
        let places = refused(subject, &json!(changed).to_string(), &what).await?;
        if !names(&places, key) {
            return broken(format!("its finding about {what} is about {places:?}"));
        }
    }
    Ok(format!("{} keys", required.len()))
}

async fn wrong_type(subject: &Subject, schema: &Value) -> Finding {
    let Some(properties) = schema["properties"].as_object() else {
        return Err(Trouble::Untried("its schema has no properties"));
    };
    for (key, property) in properties {
        let wrong = match property["type"].as_str() {
            Some("object" | "array") => json!(5),
            _ => json!({ UNKNOWN: [1] }),
        };
        let mut changed = settings(subject)?;
        changed.insert(key.clone(), wrong);
        let what = format!("a {key} of a wrong type");
        let places = refused(subject, &json!(changed).to_string(), &what).await?;
        if !names(&places, key) {
            return broken(format!("its finding about {what} is about {places:?}"));
        }
    }
    Ok(format!("{} keys", properties.len()))
}
