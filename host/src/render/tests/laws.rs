//! What holds for every event.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::render::json::compact_object;

/// Parsed the way most consumers do, strictly.
fn parse(line: &str) -> Value {
    assert!(!line.contains(['\n', '\r']), "more than one line: {line}");
    let value: Value = serde_json::from_str(line).unwrap();
    assert!(value.is_object(), "no object: {line}");
    value
}

/// Whether anything in a value is null or empty.
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty() || items.iter().any(is_hollow),
        Value::Object(members) => members.is_empty() || members.values().any(is_hollow),
        _ => false,
    }
}

fn leaves(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(members) => members.values().for_each(|member| leaves(member, found)),
        other => drop(found.insert(other.to_string())),
    }
}

/// Everything that an event says in words of its source.
fn said_by(event: &SignOnEvent) -> Vec<String> {
    let mut said = vec![
        some(&event.native_id),
        some(&event.native_type),
        some(&event.original_time),
        event.native_name.clone(),
        event.domain_event_id.clone(),
        event.code.clone(),
        event.reason.clone(),
        event.message.clone(),
        event.policy.clone(),
        event.rule.clone(),
        event.correlation.clone(),
        event.raw.clone(),
        event.mfa.map(|mfa| mfa.to_string()),
        event.logged.map(|time| time.to_string()),
        some(&event.time.to_string()),
    ];
    for who in [&event.user, &event.actor].into_iter().flatten().cloned() {
        said.extend([who.name, who.uid, who.uid_alt, who.display_name, who.email, who.domain]);
        said.push(who.dn);
        said.extend(match who.kind {
            UserKind::Other(word) => Some(Some(word)),
            _ => None,
        });
    }
    for named in [&event.app, &event.service].into_iter().flatten().cloned() {
        said.extend([named.name, named.uid, named.kind]);
    }
    said.extend(event.idp.clone().into_iter().flat_map(|idp| [idp.name, idp.kind]));
    let agents = event.agent.clone().into_iter();
    said.extend(agents.flat_map(|agent| [agent.original, agent.browser, agent.platform]));
    let targets = event.target.clone().into_iter();
    said.extend(targets.flat_map(|target| [target.name, target.hostname, target.ip]));
    if let Some(session) = event.session.clone() {
        said.extend([session.uid, session.uid_alt, session.credential_uid]);
        said.extend([session.created, session.expires].map(|time| Some(time?.to_string())));
    }
    if let Some(http) = event.http.clone() {
        said.extend([http.request_id, http.method, http.path, http.response_message]);
        said.push(http.status.map(|status| status.to_string()));
    }
    if let Some(cloud) = event.cloud.clone() {
        said.extend([cloud.realm, cloud.region, cloud.zone, cloud.account_uid]);
        said.extend([cloud.account_name, cloud.organization_uid, cloud.service]);
    }
    said.extend(event.factors.iter().flat_map(|f| [some(&f.name), f.outcome.clone()]));
    for texts in [&event.source_addresses, &event.labels, &event.redacted] {
        said.extend(texts.iter().cloned().map(Some));
    }
    for word in [
        match &event.activity {
            Activity::Other(word) => Some(word),
            _ => None,
        },
        match &event.outcome {
            Outcome::Other(word) => Some(word),
            _ => None,
        },
        match &event.protocol {
            Some(Protocol::Other(word)) => Some(word),
            _ => None,
        },
    ] {
        said.push(word.cloned());
    }
    said.into_iter().flatten().filter(|text| !text.is_empty()).collect()
}

proptest! {
    #[test]
    fn every_line_is_one_strict_json_object_and_always_the_same(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        for format in Format::ALL {
            let line = render(&event, &source, format);
            parse(&line);
            prop_assert_eq!(render(&event.clone(), &source.clone(), format), line);
        }
    }

    #[test]
    fn the_id_comes_back_from_a_line_and_not_from_a_torn_one(
        event in arbitrary::event(), source in arbitrary::source(), cut in any::<prop::sample::Index>(),
    ) {
        for format in Format::ALL {
            let line = render(&event, &source, format);
            prop_assert_eq!(event_id(&line, format), Some(event.native_id.clone()));
            let torn = line.floor_char_boundary(cut.index(line.len()));
            prop_assert_eq!(event_id(&line[..torn], format), None);
        }
    }

    #[test]
    fn an_ocsf_line_has_the_type_of_its_class_and_activity_and_nothing_hollow(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        let mut line = parse(&render(&event, &source, Format::Ocsf));
        let number = |key: &str| line[key].as_i64().unwrap();
        prop_assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"));
        prop_assert_eq!(number("time"), event.time);
        // What the source left over is verbatim, and what is ours in it is not hollow.
        let unmapped = line.as_object_mut().unwrap().remove("unmapped");
        let ours = unmapped.as_ref().and_then(|unmapped| unmapped.as_object()?.values().next_back());
        prop_assert!(!is_hollow(&line), "{}", line);
        if compact_object(&event.unmapped).is_none_or(|theirs| theirs == "{}") {
            prop_assert!(!ours.is_some_and(is_hollow), "{:?}", unmapped);
        }
    }

    #[test]
    fn an_ocsf_line_has_what_its_class_demands(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        let line = parse(&render(&event, &source, Format::Ocsf));
        let has = |key: &str| line.get(key).is_some();
        prop_assert_eq!(has("user"), line["class_uid"] != json!(0));
        prop_assert_eq!(has("service") || has("dst_endpoint"), line["class_uid"] == json!(3002));
        prop_assert_eq!(has("cloud") && has("api"), event.cloud.is_some());
        prop_assert_eq!(line["metadata"].get("profiles").is_some(), event.cloud.is_some());
        let any = |object: &str, keys: &[&str]| {
            line.get(object).is_none_or(|object| keys.iter().any(|key| object.get(key).is_some()))
        };
        prop_assert!(any("user", &["name", "uid"]), "{}", line);
        prop_assert!(any("actor", &["user", "session", "app_name", "app_uid"]), "{}", line);
        prop_assert!(any("service", &["name", "uid"]), "{}", line);
        prop_assert!(any("http_response", &["code"]), "{}", line);
        // The longest text that the schema takes for an address.
        let ip = line.pointer("/src_endpoint/ip").and_then(Value::as_str);
        prop_assert!(ip.is_none_or(|ip| ip.len() <= 40), "{}", line);
    }

    #[test]
    fn an_ocsf_line_leaves_out_nothing_that_the_event_says(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        let text = render(&event, &source, Format::Ocsf);
        let line = parse(&text);
        let mut found = HashSet::new();
        leaves(&line, &mut found);
        for said in said_by(&event) {
            prop_assert!(found.contains(&said), "{:?} is missing in {}", said, line);
        }
        match compact_object(&event.unmapped) {
            Some(theirs) => {
                let open = theirs.strip_suffix('}').unwrap();
                let verbatim = open == "{" || text.contains(&format!("\"unmapped\":{open}"));
                prop_assert!(verbatim, "{:?} is not in {}", theirs, text);
            }
            None => prop_assert!(event.unmapped.is_empty() || found.contains(&event.unmapped)),
        }
        let raw = event.raw.filter(|raw| !raw.is_empty());
        prop_assert_eq!(line.get("raw_data").and_then(Value::as_str), raw.as_deref());
        let size = line.get("raw_data_size").and_then(Value::as_u64);
        prop_assert_eq!(size, raw.map(|raw| raw.len() as u64));
    }

    #[test]
    fn every_observable_repeats_a_value_at_its_path(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        let line = parse(&render(&event, &source, Format::Ocsf));
        for observable in line.get("observables").and_then(Value::as_array).into_iter().flatten() {
            let path = format!("/{}", observable["name"].as_str().unwrap().replace('.', "/"));
            let there = line.pointer(&path);
            let same = |value: &Value| *value == observable["value"];
            let repeats = match there {
                Some(Value::Array(items)) => items.iter().any(same),
                there => there.is_some_and(same),
            };
            prop_assert!(repeats, "{} in {}", observable, line);
        }
    }

    #[test]
    fn a_raw_line_says_what_the_record_says(event in arbitrary::event()) {
        let line = parse(&render(&event, "oci-audit", Format::Raw));
        let record = event.raw.as_deref().and_then(|raw| serde_json::from_str::<Value>(raw).ok());
        if let Some(Value::Object(record)) = record.filter(|record| record.get("signon").is_none()) {
            for (key, value) in &record {
                prop_assert_eq!(&line[key], value);
            }
            prop_assert!(line.as_object().unwrap().len() <= record.len() + 1);
        } else if let (Some(raw), Some(text)) = (&event.raw, line["signon"].get("text")) {
            prop_assert_eq!(text, &json!(raw));
        }
    }
}
