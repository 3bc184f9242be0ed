//! What holds for every event in every version of OCSF.

use proptest::prelude::*;

use super::reading::{is_hollow, parse};
use super::*;
use crate::json::compact_object;

fn version() -> impl Strategy<Value = Format> {
    prop::sample::select(OCSF.to_vec())
}

/// A line of any version without what the version decides, and with 1.9's names.
fn ageless(mut line: Value) -> Value {
    let service_users_of_1_5 = |who: &mut Value| {
        if who.get("type") == Some(&json!("Service")) {
            who["type_id"] = json!(4);
        }
    };
    for key in ["version", "source"] {
        line["metadata"].as_object_mut().unwrap().remove(key);
    }
    if let Some(user) = line.get_mut("user") {
        service_users_of_1_5(user);
    }
    if let Some(actor) = line.get_mut("actor").and_then(Value::as_object_mut) {
        if let Some(user) = actor.get_mut("user") {
            service_users_of_1_5(user);
        }
        for (old, new) in [("app_name", "name"), ("app_uid", "uid")] {
            if let Some(value) = actor.remove(old) {
                actor.entry("application").or_insert(json!({}))[new] = value;
            }
        }
    }
    if let Some(response) = line.get_mut("http_response").and_then(Value::as_object_mut)
        && let Some(message) = response.remove("message")
    {
        response.insert("status".to_owned(), message);
    }
    if [json!(3001), json!(3007)].contains(&line["class_uid"]) {
        for key in ["class_uid", "class_name", "type_uid", "auth_factors", "unmapped"] {
            line.as_object_mut().unwrap().remove(key);
        }
        for key in ["activity_id", "activity_name"] {
            line.as_object_mut().unwrap().remove(key);
        }
    }
    line
}

proptest! {
    #[test]
    fn a_version_differs_from_the_default_only_where_the_schemas_do(
        event in arbitrary::event(), source in arbitrary::source(), format in version(),
    ) {
        let default = ageless(ocsf_of(&event, &source));
        prop_assert_eq!(ageless(rendered(&event, &source, format)), default);
    }

    #[test]
    fn an_ocsf_line_has_the_type_of_its_class_and_activity_and_nothing_hollow(
        event in arbitrary::event(), source in arbitrary::source(), format in version(),
    ) {
        let mut line = parse(&render(&event, &source, format));
        let number = |key: &str| line[key].as_i64().unwrap();
        prop_assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"));
        prop_assert_eq!(number("time"), event.time);
        let size = line.get("raw_data_size").and_then(Value::as_u64);
        let raw = event.raw.as_ref().filter(|raw| !raw.is_empty());
        prop_assert_eq!(size, raw.map(|raw| raw.len() as u64));
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
        event in arbitrary::event(), source in arbitrary::source(), format in version(),
    ) {
        let line = parse(&render(&event, &source, format));
        let has = |key: &str| line.get(key).is_some();
        prop_assert_eq!(has("user"), line["class_uid"] != json!(0));
        prop_assert_eq!(has("service") || has("dst_endpoint"), line["class_uid"] == json!(3002));
        prop_assert_eq!(has("cloud") && has("api"), event.cloud.is_some());
        prop_assert_eq!(line["metadata"].get("profiles").is_some(), event.cloud.is_some());
        let any = |object: &str, keys: &[&str]| {
            line.get(object).is_none_or(|object| keys.iter().any(|key| object.get(key).is_some()))
        };
        prop_assert!(any("user", &["name", "uid"]), "{}", line);
        prop_assert!(any("actor", &["user", "session", "app_name", "app_uid", "application"]), "{}", line);
        prop_assert!(any("service", &["name", "uid"]), "{}", line);
        prop_assert!(any("http_response", &["code"]), "{}", line);
        // The longest text that the schema takes for an address.
        let ip = line.pointer("/src_endpoint/ip").and_then(Value::as_str);
        prop_assert!(ip.is_none_or(|ip| ip.len() <= 40), "{}", line);
    }

    #[test]
    fn what_the_source_left_over_is_in_unmapped_to_the_byte(
        event in arbitrary::event(), source in arbitrary::source(), format in version(),
    ) {
        let text = render(&event, &source, format);
        let found = leaves_of(&parse(&text));
        match compact_object(&event.unmapped) {
            Some(theirs) => {
                let open = theirs.strip_suffix('}').unwrap();
                let verbatim = open == "{" || text.contains(&format!("\"unmapped\":{open}"));
                prop_assert!(verbatim, "{:?} is not in {}", theirs, text);
            }
            None => prop_assert!(event.unmapped.is_empty() || found.contains(&event.unmapped)),
        }
    }

    #[test]
    fn every_observable_repeats_a_value_at_its_path(
        event in arbitrary::event(), source in arbitrary::source(), format in version(),
    ) {
        let line = parse(&render(&event, &source, format));
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
}
