//! One record through the real component and the real renderings.

use serde_json::{Value, json};
use signon_host::contract::{BatchLimits, EventClasses, Progress, ReadOptions, SignOnEvent};
use signon_host::limits::Limits;
use signon_host::render::{Context, Format, render};
use signon_host::runtime::{NormalizerInstance, Sandbox};

use super::page::kebab;

/// What an event says, as the formats say it.
pub struct Specimen {
    /// What to choose by, as in a source's `classes`: `sign-on`.
    pub class: String,
    /// The contract's own word: `mfa-challenge`.
    pub activity: String,
    /// The contract's own word.
    pub outcome: String,
    /// The protocol, if the record alone tells it.
    pub protocol: String,
    /// `Authentication: Logon (300201)`
    pub ocsf: String,
    /// The same in OCSF 1.9.
    pub ocsf_1_9: String,
    /// `status_id`, and its caption or the source's word.
    pub ocsf_status: String,
    /// `authentication, session / start`
    pub ecs: String,
    /// `event.outcome`
    pub ecs_outcome: String,
    /// `event.action`
    pub ecs_action: String,
    /// `eventName`
    pub otel: String,
}

impl Specimen {
    fn of(event: &SignOnEvent, source: &str) -> Self {
        let context = Context::of(source);
        let line =
            |format| -> Value { serde_json::from_str(&render(event, &context, format)).unwrap() };
        let (ocsf, ocsf_1_9) = (line(Format::Ocsf), line(Format::Ocsf1_9));
        let (ecs, otel) = (line(Format::Ecs), line(Format::Otel));
        Self {
            class: kebab(&event.class),
            activity: attribute(&otel, "oracle.signon.activity"),
            outcome: attribute(&otel, "oracle.signon.outcome"),
            protocol: attribute(&otel, "oracle.signon.protocol"),
            ocsf: class(&ocsf),
            ocsf_1_9: class(&ocsf_1_9),
            ocsf_status: format!("{} {}", text(&ocsf["status_id"]), text(&ocsf["status"])),
            ecs: format!("{} / {}", text(&ecs["event"]["category"]), text(&ecs["event"]["type"])),
            ecs_outcome: text(&ecs["event"]["outcome"]),
            ecs_action: text(&ecs["event"]["action"]),
            otel: text(&otel["eventName"]),
        }
    }
}

fn class(line: &Value) -> String {
    format!(
        "{}: {} ({})",
        text(&line["class_name"]),
        text(&line["activity_name"]),
        text(&line["type_uid"])
    )
}

fn attribute(line: &Value, name: &str) -> String {
    let attributes = line["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|attribute| attribute["key"] == name);
    found.map_or_else(|| "—".to_owned(), |found| text(&found["value"]["stringValue"]))
}

/// As it stands in a cell.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "—".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What the component makes of each record.
pub fn specimens(component: &str, records: &[Value]) -> Vec<Specimen> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let events = runtime.block_on(normalize(component, json!(records).to_string().as_bytes()));
    assert_eq!(events.len(), records.len(), "a record of {component} became no event");
    events.iter().map(|event| Specimen::of(event, component)).collect()
}

async fn normalize(component: &str, payload: &[u8]) -> Vec<SignOnEvent> {
    let limits = Limits::default();
    let sandbox = Sandbox::new(&limits).unwrap();
    let bytes = signon_bundle::find(component).unwrap().bytes;
    let component = sandbox.load(component, bytes).unwrap();
    let options = ReadOptions { classes: EventClasses::ALL, keep_raw: false, text_limit: 0 };
    let mut normalizer =
        NormalizerInstance::open(&sandbox, &component, &limits, options).await.unwrap();
    normalizer.push(payload).await.unwrap();
    normalizer.finish().await.unwrap();
    let mut events = Vec::new();
    loop {
        let most = BatchLimits { events: 1000, bytes: 8 << 20, soft_deadline_ms: u32::MAX };
        let batch = normalizer.next(most).await.unwrap();
        events.extend(batch.events);
        if batch.progress == Progress::Finished {
            return events;
        }
    }
}
