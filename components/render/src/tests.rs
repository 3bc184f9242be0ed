//! What a line says of an event: by example, by law, and to the byte.

mod arbitrary;
mod context;
mod examples;
mod golden;
mod laws;
mod ocsf_laws;
mod reading;
mod records;
mod schemas;

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::sample::{bare_event, leaves_of, sample_event, some};
use super::{Context, Format, Keep, Owner, UnknownFormat, event_id};
use crate::contract::{
    Activity, CloudPlace, Endpoint, EventClass, Factor, FactorKind, HttpInfo, Identity, Idp, Named,
    Outcome, Protocol, SessionInfo, SignOnEvent, UserKind,
};

/// Every version of OCSF.
const OCSF: [Format; 4] = [Format::Ocsf, Format::Ocsf1_5, Format::Ocsf1_7, Format::Ocsf1_9];

/// Whose the events of these tests are.
static OWNER: LazyLock<Owner> = LazyLock::new(|| Owner {
    tenant: "acme".to_owned(),
    source: "acme_oci".to_owned(),
    labels: [("environment".to_owned(), "production".to_owned())].into(),
});

/// A line with everything that it can say.
fn render(event: &SignOnEvent, component: &str, format: Format) -> String {
    keeping(event, component, Keep::ALL, format)
}

fn keeping(event: &SignOnEvent, component: &str, keep: Keep, format: Format) -> String {
    super::render(event, &Context { component, owner: &OWNER, keep }, format)
}

fn ocsf(event: &SignOnEvent) -> Value {
    ocsf_of(event, "oci_audit")
}

fn ocsf_of(event: &SignOnEvent, source: &str) -> Value {
    rendered(event, source, Format::Ocsf)
}

fn rendered(event: &SignOnEvent, source: &str, format: Format) -> Value {
    serde_json::from_str(&render(event, source, format)).unwrap()
}

/// The attributes of an OpenTelemetry log record, each with its one value.
fn attributes(record: &Value) -> serde_json::Map<String, Value> {
    let mut found = serde_json::Map::new();
    for attribute in record["attributes"].as_array().unwrap() {
        assert_eq!(attribute["value"].as_object().unwrap().len(), 1, "{attribute}");
        let key = attribute["key"].as_str().unwrap().to_owned();
        let before = found.insert(key, attribute["value"].clone());
        assert_eq!(before, None, "{attribute} is there twice");
    }
    found
}
