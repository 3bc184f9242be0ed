//! Sign-in audit events as JSON.

use serde_json::{Map, Value, json};

use super::event::{Event, User};
use crate::faults::{Nothing, OamRendering, Time};

/// The reply with these events.
pub(super) fn events(events: &[&Event], rendering: &OamRendering) -> Value {
    let mut root = Map::new();
    if !events.is_empty() {
        let list = events.iter().map(|event| event_data(event, rendering)).collect();
        root.insert("eventData".to_owned(), one_or_list(list, rendering));
        return wrapped("Events", root.into(), rendering);
    }
    match rendering.nothing {
        Nothing::List => drop(root.insert("eventData".to_owned(), json!([]))),
        Nothing::Null => drop(root.insert("eventData".to_owned(), Value::Null)),
        Nothing::Absent => {}
        Nothing::Root => return wrapped("Events", Value::Null, rendering),
    }
    wrapped("Events", root.into(), rendering)
}

/// The reply with the number of events.
pub(super) fn count(count: usize, rendering: &OamRendering) -> Value {
    let count = scalar(json!(count), rendering);
    match rendering.bare_count {
        true => count,
        false => wrapped("Stats", json!({ "count": count }), rendering),
    }
}

fn wrapped(name: &str, root: Value, rendering: &OamRendering) -> Value {
    match rendering.wrapped {
        true => json!({ name: root }),
        false => root,
    }
}

fn one_or_list(mut list: Vec<Value>, rendering: &OamRendering) -> Value {
    match (rendering.one_as_object, list.len()) {
        (true, 1) => list.remove(0),
        _ => Value::Array(list),
    }
}

fn scalar(value: Value, rendering: &OamRendering) -> Value {
    match rendering.quoted {
        true => Value::String(value.to_string()),
        false => value,
    }
}

fn event_data(event: &Event, rendering: &OamRendering) -> Value {
    let time = match rendering.time {
        Time::Epoch => scalar(json!(event.access_time), rendering),
        _ => Value::String(rendering.time(event.access_time)),
    };
    let mut data = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            data.insert(name.to_owned(), value);
        }
    };
    let text = |value: &Option<String>| value.clone().map(Value::String);
    add("eventID", event.id.map(|id| scalar(json!(id), rendering)));
    add("accessTime", Some(time));
    add("type", text(&event.kind));
    add("status", text(&event.status));
    add("ipAddress", text(&event.ip_address));
    add("mfaUsed", event.mfa_used.map(|used| scalar(json!(used), rendering)));
    add("oracleECID", text(&event.ecid));
    add("userID", event.user.as_ref().map(user));
    add("attributeMap", event.attributes.as_ref().map(|list| attributes(list, rendering)));
    data.into()
}

fn user(user: &User) -> Value {
    let members = [
        ("loginID", &user.login_id),
        ("loginType", &user.login_type),
        ("userDN", &user.dn),
        ("userGUID", &user.guid),
    ];
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))))
        .collect::<Map<_, _>>()
        .into()
}

fn attributes(list: &[(String, Vec<String>)], rendering: &OamRendering) -> Value {
    let attribute = |(key, values): &(String, Vec<String>)| match values.as_slice() {
        [value] if rendering.text_values => json!({ "key": key, "value": value }),
        values => json!({ "key": key, "value": values }),
    };
    let list = one_or_list(list.iter().map(attribute).collect(), rendering);
    match rendering.nested_attributes {
        true => json!({ "attribute": list }),
        false => list,
    }
}
