//! Whether every leaf of a record can be found again in its event: where it stood, in
//! what was not mapped, or among the values of the fields.

use proptest::prelude::*;
use serde_json::{Map, Value};
use signon_kit::contract::SignOnEvent;
use signon_kit::time;

/// Odd values for members that the mapping knows, and for some that it does not.
pub fn odd() -> BoxedStrategy<Vec<(String, Value)>> {
    let keys = [
        "actorName",
        "clientIp",
        "eventId",
        "ssoSessionCreateTime",
        "httpResponseStatus",
        "ssoCompletedFactors",
        "ssoAuthFactor",
        "hostIp",
        "ecId",
        "X-Real-Port",
        "serviceName",
        "domainId",
        "meta",
        "newMember",
        "message",
    ];
    let value = prop_oneof![
        Just(serde_json::json!(["one"])),
        Just(serde_json::json!(["one", "two"])),
        Just(serde_json::json!({"deep": {"er": 7, "none": null}})),
        Just(serde_json::json!("none")),
        Just(serde_json::json!(51234)),
        Just(serde_json::json!("2026-03-31T16:30:09.1234567Z")),
        Just(serde_json::json!("10.0.0.1:80, 10.0.0.2:81")),
        Just(serde_json::json!(true)),
        Just(serde_json::json!("{A=1, B=}")),
    ];
    prop::collection::vec(
        (prop::sample::select(keys.to_vec()).prop_map(str::to_owned), value),
        0..4,
    )
    .boxed()
}

/// A record with these members in the object at a path.
pub fn with(mut record: Value, odd: &[(String, Value)], path: &[&str]) -> Value {
    let object = path.iter().try_fold(&mut record, |value, name| value.get_mut(name));
    if let Some(object) = object.and_then(Value::as_object_mut) {
        object.extend(odd.iter().cloned());
    }
    record
}

/// The pointer of a leaf that the event does not say. Of a record with secrets nothing is
/// asked: what is made up may look like one.
pub fn lost(record: &Value, event: &SignOnEvent) -> Option<String> {
    if !event.redacted.is_empty() {
        return None;
    }
    let unmapped: Value = serde_json::from_str(&event.unmapped).unwrap();
    let fields = SignOnEvent { unmapped: String::new(), raw: None, ..event.clone() };
    let said = format!("{fields:?}");
    let mut lost = None;
    each_leaf(record, String::new(), &mut |pointer, leaf| {
        // The text within a record is a record in what was not mapped.
        let at = pointer.as_str();
        // What was taken out of a list leaves the others in other places.
        let in_list = at.split('/').any(|name| name.parse::<usize>().is_ok());
        let is_kept =
            is_kept(&unmapped, at, leaf) || (in_list && event.unmapped.contains(&leaf.to_string()));
        if !is_kept && !is_said(&said, leaf) {
            lost.get_or_insert_with(|| format!("{at}: {leaf}"));
        }
    });
    lost
}

fn each_leaf(value: &Value, pointer: String, see: &mut dyn FnMut(String, &Value)) {
    const INNER: &str = "/auditEventMapValue";
    let inner = value.as_str().filter(|_| pointer.ends_with(INNER));
    let inner = inner.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    match (value, inner) {
        (_, Some(inner)) => each_leaf(&Value::Object(inner), pointer, see),
        (Value::Object(members), _) => members
            .iter()
            .for_each(|(key, value)| each_leaf(value, format!("{pointer}/{key}"), see)),
        (Value::Array(elements), _) => elements
            .iter()
            .enumerate()
            .for_each(|(at, value)| each_leaf(value, format!("{pointer}/{at}"), see)),
        (Value::Null, _) => {}
        // The name of a pair, which the field says.
        (_, _) if pointer.ends_with("/key") => {}
        (leaf, _) => see(pointer, leaf),
    }
}

fn is_kept(unmapped: &Value, pointer: &str, leaf: &Value) -> bool {
    // What is said beside the text is not said in it again.
    let beside = pointer.replace("/auditEventMapValue", "");
    [pointer, &beside].iter().any(|pointer| {
        unmapped
            .pointer(pointer)
            .is_some_and(|kept| text(kept).is_some_and(|kept| Some(kept) == text(leaf)))
    })
}

fn text(leaf: &Value) -> Option<String> {
    match leaf {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(_) | Value::Bool(_) => Some(leaf.to_string()),
        _ => None,
    }
}

fn is_said(said: &str, leaf: &Value) -> bool {
    let Some(text) = text(leaf) else { return true };
    let is_flag = text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
    let text = if is_flag { text.to_ascii_lowercase() } else { text };
    let quoted = format!("{text:?}");
    if text.is_empty() || said.contains(&quoted) || said.contains(&format!("({text})")) {
        return true;
    }
    if let Some(time) = time::parse(&text).filter(|_| time::is_exact(&text)) {
        return said.contains(&format!("({time})")) || said.contains(&format!(" {time},"));
    }
    // Lists of factors and of addresses, addresses with ports, words for kinds.
    let mut pieces =
        text.split(['{', '}', '[', ']', ',', '=', ' ']).filter(|piece| !piece.is_empty());
    let is_word = |piece: &str| {
        said.contains(&format!("{piece:?}"))
            || said.contains(&format!("::{piece}"))
            || said.contains(&format!(" {piece},"))
    };
    let with_port = |piece: &str| {
        piece.rsplit_once(':').is_some_and(|(address, port)| {
            is_word(address.trim_matches(['[', ']'])) && said.contains(&format!("Some({port})"))
        })
    };
    let mut hops = text.split(',').map(str::trim);
    hops.all(is_word) || pieces.all(|piece| is_word(piece) || with_port(piece)) || with_port(&text)
}
