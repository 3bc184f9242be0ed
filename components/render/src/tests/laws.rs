//! What holds for every event in every format.

use proptest::prelude::*;

use super::reading::{parse, paths, said_by};
use super::*;
use crate::json::compact_object;

/// The formats that say what an event means, by a vocabulary.
const MEANING: [Format; 6] =
    [Format::Ocsf, Format::Ocsf1_5, Format::Ocsf1_7, Format::Ocsf1_9, Format::Ecs, Format::Otel];

/// Fields of ECS whose text is a word of a vocabulary, not of the source.
const WORDS: [&str; 16] = [
    "cloud.provider",
    "ecs.version",
    "event.category",
    "event.dataset",
    "event.kind",
    "event.module",
    "event.outcome",
    "event.type",
    "oracle.signon.activity",
    "oracle.signon.actor.kind",
    "oracle.signon.class",
    "oracle.signon.factors.kind",
    "oracle.signon.failure",
    "oracle.signon.outcome",
    "oracle.signon.protocol",
    "oracle.signon.user.kind",
];

/// What ECS and OpenTelemetry keep of what the source left over.
const UNMAPPED: &str = "oracle.signon.unmapped";

/// Where a format keeps the record as received.
fn raw_of(line: &Value, format: Format) -> Option<&str> {
    let value = line.pointer(match format {
        Format::Ecs => "/event/original",
        Format::Otel => "/body/stringValue",
        _ => "/raw_data",
    });
    value.map(|value| value.as_str().unwrap())
}

fn unmapped_of(line: &Value, format: Format) -> Option<String> {
    let value = match format {
        Format::Ecs => line.pointer("/oracle/signon/unmapped").cloned(),
        _ => attributes(line).get(UNMAPPED).map(|value| value["stringValue"].clone()),
    };
    value.map(|value| value.as_str().unwrap().to_owned())
}

/// Whether an event keeps to the words of the contract. A word of a component's own
/// may be the same as one of a vocabulary.
fn keeps_to_words(event: &SignOnEvent) -> bool {
    !matches!(event.activity, Activity::Other(_))
        && !matches!(event.outcome, Outcome::Other(_))
        && !matches!(event.protocol, Some(Protocol::Other(_)))
}

/// The same event, meaning something else in one respect of another's each.
fn changed(one: &SignOnEvent, other: &SignOnEvent) -> Vec<SignOnEvent> {
    let with = |change: &dyn Fn(&mut SignOnEvent)| {
        let mut event = one.clone();
        change(&mut event);
        event
    };
    let mut changed = Vec::new();
    if one.activity != other.activity {
        changed.push(with(&|event| event.activity = other.activity.clone()));
    }
    if one.outcome != other.outcome {
        changed.push(with(&|event| event.outcome = other.outcome.clone()));
    }
    if one.protocol != other.protocol {
        changed.push(with(&|event| event.protocol = other.protocol.clone()));
    }
    if one.mfa != other.mfa {
        changed.push(with(&|event| event.mfa = other.mfa));
    }
    if one.failure != other.failure {
        changed.push(with(&|event| event.failure = other.failure));
    }
    // Any other activity has a class of its own.
    if one.class != other.class && matches!(one.activity, Activity::Other(_)) {
        changed.push(with(&|event| event.class = other.class));
    }
    changed
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
    fn no_format_leaves_out_anything_that_the_event_says(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        let said = said_by(&event);
        for format in MEANING {
            let line = parse(&render(&event, &source, format));
            let found = leaves_of(&line);
            for said in &said {
                prop_assert!(found.contains(said), "{:?} is missing in {}", said, line);
            }
        }
    }

    #[test]
    fn the_record_is_carried_byte_for_byte(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        for format in MEANING {
            let line = parse(&render(&event, &source, format));
            let raw = event.raw.as_deref().filter(|raw| !raw.is_empty());
            prop_assert_eq!(raw_of(&line, format), raw);
        }
    }

    #[test]
    fn what_the_source_left_over_is_carried_whole(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        let whole = compact_object(&event.unmapped).unwrap_or_else(|| event.unmapped.clone());
        let whole = Some(whole).filter(|text| text != "{}" && !text.is_empty());
        for format in [Format::Ecs, Format::Otel] {
            let line = parse(&render(&event, &source, format));
            prop_assert_eq!(unmapped_of(&line, format), whole.clone());
        }
    }

    #[test]
    fn everything_in_ecs_is_in_ocsf_too(
        event in arbitrary::event(), source in arbitrary::source(),
    ) {
        let ocsf = leaves_of(&ocsf_of(&event, &source));
        for (path, value) in paths(&rendered(&event, &source, Format::Ecs)) {
            // What was left over is nested in OCSF, for which there is another law.
            if WORDS.contains(&&*path) || path == UNMAPPED {
                continue;
            }
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let time = chrono::DateTime::parse_from_rfc3339(&text);
            let is_time = time.is_ok_and(|t| ocsf.contains(&t.timestamp_millis().to_string()));
            prop_assert!(is_time || ocsf.contains(&text), "{}: {:?} is not in OCSF", path, value);
        }
    }

    #[test]
    fn events_that_mean_something_else_make_other_lines(
        one in arbitrary::event(), other in arbitrary::event(), source in arbitrary::source(),
    ) {
        prop_assume!(keeps_to_words(&one) && keeps_to_words(&other));
        for format in MEANING {
            let line = render(&one, &source, format);
            for event in changed(&one, &other) {
                prop_assert!(render(&event, &source, format) != line, "{:?} {}", event, line);
            }
        }
    }

    #[test]
    fn a_raw_line_says_what_the_record_says(event in arbitrary::event()) {
        let line = parse(&render(&event, "oci_audit", Format::Raw));
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
