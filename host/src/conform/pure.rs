//! Laws of the calls that only compute.

use std::collections::BTreeSet;

use super::subject::Subject;
use super::verdict::{Finding, NO_SETTINGS, Trouble, Verdicts, broken};
use crate::contract::Descriptor;
use crate::egress::Grant;

/// Longest stream id that the contract allows, in bytes.
const LONGEST_ID: usize = 512;

pub(super) async fn try_all(subject: &Subject, descriptor: &Descriptor, verdicts: &mut Verdicts) {
    verdicts.add("describe gives the same answer every time", describe(subject, descriptor).await);
    verdicts.add("the schema of the settings is one of an object", schema(descriptor));
    verdicts.add("access gives the same answer every time", access(subject).await);
    verdicts.add("access asks for requests that can be granted", grants(subject).await);
    verdicts.add("streams gives the same answer every time", streams(subject).await);
    verdicts.add("every stream has an id of its own", ids(subject).await);
}

async fn describe(subject: &Subject, before: &Descriptor) -> Finding {
    let again = subject.sandbox.describe(&subject.component, &subject.limits).await?;
    if again == *before {
        Ok(String::new())
    } else {
        broken("it says something else when asked again")
    }
}

fn schema(descriptor: &Descriptor) -> Finding {
    let Ok(schema) = serde_json::from_str::<serde_json::Value>(&descriptor.config_schema) else {
        return broken("the schema is no JSON");
    };
    if schema["type"] != "object" || !schema["properties"].is_object() {
        return broken("write a schema with type = object and its properties");
    }
    if schema["additionalProperties"] != false {
        return broken("allow no additionalProperties: a slip in a key has to be found");
    }
    Ok(String::new())
}

fn settings(subject: &Subject) -> Result<&str, Trouble> {
    subject.settings.as_deref().ok_or(Trouble::Untried(NO_SETTINGS))
}

async fn access(subject: &Subject) -> Finding {
    let settings = settings(subject)?;
    let call = || subject.sandbox.access(&subject.component, &subject.limits, settings);
    if call().await? == call().await? { Ok(String::new()) } else { broken("two answers differ") }
}

async fn grants(subject: &Subject) -> Finding {
    let settings = settings(subject)?;
    let rules = subject.sandbox.access(&subject.component, &subject.limits, settings).await?;
    for rule in &rules {
        if let Err(error) = Grant::new(rule, None) {
            return broken(error.to_string());
        }
    }
    Ok(format!("{} rules", rules.len()))
}

async fn streams(subject: &Subject) -> Finding {
    let settings = settings(subject)?;
    let call = || subject.sandbox.streams(&subject.component, &subject.limits, settings);
    if call().await? == call().await? { Ok(String::new()) } else { broken("two answers differ") }
}

async fn ids(subject: &Subject) -> Finding {
    let settings = settings(subject)?;
    let streams = subject.sandbox.streams(&subject.component, &subject.limits, settings).await?;
    let mut seen = BTreeSet::new();
    for stream in &streams {
        if stream.id.is_empty() || stream.id.len() > LONGEST_ID {
            return broken(format!("the id {:?} is empty or over {LONGEST_ID} bytes", stream.id));
        }
        if !seen.insert(&stream.id) {
            return broken(format!("the id {:?} is there twice", stream.id));
        }
    }
    if streams.is_empty() {
        return broken("these settings have no stream at all");
    }
    Ok(format!("{} streams", streams.len()))
}
