//! Spans of time and points in time, as operators write them.
//!
//! Invariant: a span read here is at most [`LONGEST`], so that subtracting it
//! from any clock cannot overflow.

use std::time::Duration;

use chrono::DateTime;

use super::document::Value;
use super::reader::{Field, Problems, nearest};

/// A century: beyond every retention, and harmless to add to a clock.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

const EXPECTED: &str = "a time span with its unit, like \"90s\", \"20m\", \"24h\" or \"7d\"";

/// Where a source starts that has read nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With what happens from now on.
    Now,
    /// With the oldest event that is still to be had.
    Earliest,
    /// That long before now.
    Before(Duration),
    /// Unix time in milliseconds.
    At(i64),
}

impl Default for Start {
    /// 24 hours back: as far as late events are waited for.
    fn default() -> Self {
        Self::Before(Duration::from_secs(24 * 60 * 60))
    }
}

/// Reads a time span.
pub(super) fn duration(field: &Field<'_>, problems: &mut Problems) -> Option<Duration> {
    let span = match &field.node.value {
        Value::Text(text) => parse(&text.text),
        _ => None,
    };
    if span.is_none() {
        field.expected(problems, EXPECTED);
    }
    span
}

/// Reads a list of time spans, each longer than the one before.
pub(super) fn rising(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<Duration>> {
    let elements = field.list(problems, "a list like [\"0s\", \"20m\", \"24h\"]")?;
    if elements.is_empty() {
        field.wrong(problems, "is an empty list; write it like [\"0s\", \"20m\", \"24h\"]");
        return None;
    }
    let spans: Vec<Option<Duration>> =
        elements.iter().map(|element| duration(element, problems)).collect();
    let mut rises = true;
    for (pair, later) in spans.windows(2).zip(&elements[1..]) {
        if let [Some(one), Some(next)] = pair
            && one >= next
        {
            later.wrong(problems, "is not longer than the one before; write them in rising order");
            rises = false;
        }
    }
    let spans: Option<Vec<Duration>> = spans.into_iter().collect();
    spans.filter(|_| rises)
}

/// Reads a time span of whole minutes, at least one.
pub(super) fn whole_minutes(field: &Field<'_>, problems: &mut Problems) -> Option<Duration> {
    let span = duration(field, problems)?;
    let is_whole = !span.is_zero() && span.as_secs().is_multiple_of(60);
    if !is_whole {
        field.expected(problems, "whole minutes, at least one, like \"30m\"");
    }
    is_whole.then_some(span)
}

/// Reads where to start.
pub(super) fn start(field: &Field<'_>, problems: &mut Problems) -> Option<Start> {
    let text = match &field.node.value {
        Value::Text(text) => text.text.as_str(),
        Value::Datetime(text) => text,
        _ => "",
    };
    let start = match text {
        "now" => Some(Start::Now),
        "earliest" => Some(Start::Earliest),
        _ => match text.strip_suffix("ago") {
            Some(span) => parse(span.trim_end()).map(Start::Before),
            None => DateTime::parse_from_rfc3339(text)
                .ok()
                .map(|time| Start::At(time.timestamp_millis())),
        },
    };
    if start.is_none() {
        tell_start(field, text, problems);
    }
    start
}

fn tell_start(field: &Field<'_>, text: &str, problems: &mut Problems) {
    let known = ["now", "earliest"];
    if let Some(near) = nearest(text, &known).filter(|_| !field.is_from_variable()) {
        field.unknown(problems, "start", &[near], "");
    } else if DateTime::parse_from_rfc3339(&format!("{text}Z")).is_ok() {
        let offset = "the time has no offset; for UTC put a Z at its end";
        field.wrong(problems, offset);
    } else {
        field.expected(
            problems,
            "\"now\", \"earliest\", a time like \"2026-01-31T08:00:00Z\" or a time span like \"24h ago\"",
        );
    }
}

/// Digits and one unit.
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    // `parse` alone would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let span = Duration::from_secs(digits.parse::<u64>().ok()?.checked_mul(seconds)?);
    (span <= LONGEST).then_some(span)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_span_is_digits_and_a_unit_and_nothing_else() {
        for (text, seconds) in
            [("0s", 0), ("90s", 90), ("20m", 1200), ("24h", 86400), ("7d", 604_800)]
        {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "s", "5", "-5s", "+5s", " 5s", "5 s", "1.5h", "5S", "5w", "5ä", "1h30m"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse("36600d"), Some(LONGEST));
        assert_eq!(parse("36601d"), None);
        assert_eq!(parse("18446744073709551615d"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = parse(&text);
        }
    }
}
