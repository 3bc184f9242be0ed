//! Holds what a component says about itself against the contract: a descriptor that
//! lies is found out before anything is asked for by it.

use super::error::SandboxError;
use crate::contract::{Descriptor, EventKind, Shape, Windowed};

/// Longest name or version in bytes: they go into every event and log line.
const LONGEST_NAME: usize = 64;

/// Most kinds of events, and the longest name of one: a page for a reader. The built-in
/// sources have about 100.
const MOST_KINDS: usize = 1_000;
const LONGEST_KIND: usize = 256;

/// Longest range in seconds. Beyond a year nothing is kept.
const LONGEST_RANGE: u32 = 366 * 86_400;

/// Holds a descriptor against the contract.
pub fn check_descriptor(name: &str, descriptor: &Descriptor) -> Result<(), SandboxError> {
    problem(descriptor).map_or(Ok(()), |problem| {
        Err(SandboxError::BadDescriptor { name: name.to_owned(), problem })
    })
}

fn problem(descriptor: &Descriptor) -> Option<String> {
    let Descriptor { name, version, summary, config_schema, identity_keys, shape, kinds } =
        descriptor;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
        return Some(format!("the name {name:.64?} is not lower case with underscores"));
    }
    let is_word = |c: char| c.is_ascii_graphic();
    if version.is_empty() || version.len() > LONGEST_NAME || !version.chars().all(is_word) {
        return Some("the version is no version".to_owned());
    }
    if summary.len() > 1_024 || summary.contains(char::is_control) {
        return Some("the summary is not one sentence".to_owned());
    }
    match serde_json::from_str::<serde_json::Value>(config_schema) {
        Ok(schema) if schema.is_object() => {}
        Ok(_) => return Some("the configuration schema is no JSON object".to_owned()),
        Err(error) => return Some(format!("the configuration schema is not JSON: {error}")),
    }
    if identity_keys.len() > 64 || identity_keys.iter().any(String::is_empty) {
        return Some("the identity keys are no keys".to_owned());
    }
    let is_told = |kind: &EventKind| {
        (1..=LONGEST_KIND).contains(&kind.name.len()) && !kind.name.contains(char::is_control)
    };
    if kinds.len() > MOST_KINDS || !kinds.iter().all(is_told) {
        return Some("the kinds of events are too many, or no names".to_owned());
    }
    match shape {
        Shape::Windowed(windowed) => windowed_problem(windowed).map(str::to_owned),
        Shape::Log => None,
    }
}

fn windowed_problem(windowed: &Windowed) -> Option<&'static str> {
    let (grain, longest) = (windowed.granularity_seconds, windowed.longest_range_seconds);
    if grain == 0 {
        return Some("a granularity of 0 seconds");
    }
    if longest < grain || longest % grain != 0 || longest > LONGEST_RANGE {
        return Some("the longest range is no multiple of the granularity, or beyond a year");
    }
    let readings = &windowed.readings_seconds;
    if readings.is_empty() || readings.len() > 100 || !readings.is_sorted_by(|a, b| a < b) {
        return Some("the readings are none, or not rising");
    }
    if windowed.smallest_retention_seconds > windowed.largest_retention_seconds {
        return Some("the smallest retention is longer than the largest");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn honest() -> Descriptor {
        Descriptor {
            name: "honest".to_owned(),
            version: "1.0.0".to_owned(),
            summary: "Reads events".to_owned(),
            config_schema: "{}".to_owned(),
            identity_keys: vec!["domain".to_owned()],
            kinds: Vec::new(),
            shape: Shape::Windowed(Windowed {
                granularity_seconds: 60,
                longest_range_seconds: 3_600,
                smallest_retention_seconds: 1,
                largest_retention_seconds: 2,
                readings_seconds: vec![0, 60],
            }),
        }
    }

    fn windowed(change: impl FnOnce(&mut Windowed)) -> Descriptor {
        let mut descriptor = honest();
        if let Shape::Windowed(windowed) = &mut descriptor.shape {
            change(windowed);
        }
        descriptor
    }

    #[test]
    fn a_descriptor_that_lies_is_refused() {
        assert_eq!(problem(&honest()), None);
        assert_eq!(problem(&Descriptor { name: "two_words".to_owned(), ..honest() }), None);
        let deep = "[".repeat(100_000);
        for descriptor in [
            Descriptor { name: String::new(), ..honest() },
            Descriptor { name: "Two Words".to_owned(), ..honest() },
            Descriptor { name: "two-words".to_owned(), ..honest() },
            Descriptor { name: "x".repeat(65), ..honest() },
            Descriptor { version: "1\n2".to_owned(), ..honest() },
            Descriptor { summary: "a\u{1b}[2Jb".to_owned(), ..honest() },
            Descriptor { config_schema: "[]".to_owned(), ..honest() },
            Descriptor { config_schema: deep, ..honest() },
            Descriptor { identity_keys: vec![String::new()], ..honest() },
            windowed(|windowed| windowed.granularity_seconds = 0),
            windowed(|windowed| windowed.longest_range_seconds = 90),
            windowed(|windowed| windowed.longest_range_seconds = 60 * 60 * 24 * 365 * 10),
            windowed(|windowed| windowed.readings_seconds.clear()),
            windowed(|windowed| windowed.readings_seconds = vec![60, 60]),
            windowed(|windowed| windowed.smallest_retention_seconds = 3),
        ] {
            assert!(problem(&descriptor).is_some(), "{descriptor:?}");
        }
    }
}
