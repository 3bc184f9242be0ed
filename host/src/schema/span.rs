//! Spans of time and points in time, as operators write them.
//!
//! Invariant: a span read here is at most [`LONGEST`], so that subtracting it
//! from any clock cannot overflow.

use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use super::kind::{Kind, Shown};
use super::list::{List, list};
use super::reader::{Field, Problems};
use super::spelling::nearest;
use super::tree::Value;
use super::variable::or_variable;

/// A century: beyond every retention, and harmless to add to a clock.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

const EXPECTED: &str = "a time span with its unit, like \"90s\", \"20m\", \"24h\" or \"7d\"";

/// A span of time.
#[derive(Clone)]
pub struct Span {
    least: Duration,
    most: Duration,
}

/// Any span of time.
pub const SPAN: Span = Span { least: Duration::ZERO, most: LONGEST };

impl Span {
    /// One within bounds.
    pub fn within(bounds: RangeInclusive<Duration>) -> Self {
        Self { least: *bounds.start(), most: *bounds.end() }
    }

    /// One that is not nothing.
    pub fn positive() -> Self {
        Self { least: Duration::from_secs(1), most: LONGEST }
    }
}

impl Kind for Span {
    type Value = Duration;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Duration> {
        let span = match &field.node.value {
            Value::Text(text) => parse(&text.text),
            _ => None,
        };
        let Some(span) = span else {
            field.expected(problems, EXPECTED);
            return None;
        };
        if (self.least..=self.most).contains(&span) {
            return Some(span);
        }
        let (least, most) = (written(self.least), written(self.most));
        field.expected(problems, &format!("a time span from {least:?} to {most:?}"));
        None
    }

    fn schema(&self) -> Json {
        or_variable(json!({
            "title": "time span", "type": "string", "pattern": "^[0-9]+[smhd]$",
        }))
    }
}

impl Shown for Span {
    fn shown(&self, span: &Duration) -> Json {
        written(*span).into()
    }
}

/// Spans of time, each longer than the one before.
pub struct Rising;

fn several() -> List<Span> {
    list(SPAN, "[\"0s\", \"20m\", \"24h\"]").not_empty("; write it like [\"0s\", \"20m\", \"24h\"]")
}

impl Kind for Rising {
    type Value = Vec<Duration>;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Vec<Duration>> {
        let spans = several().read(field, problems)?;
        let elements = field.list(problems, "a list")?;
        let mut rises = true;
        for (pair, later) in spans.windows(2).zip(&elements[1..]) {
            if pair[0] >= pair[1] {
                let message = "is not longer than the one before; write them in rising order";
                later.wrong(problems, message);
                rises = false;
            }
        }
        rises.then_some(spans)
    }

    fn schema(&self) -> Json {
        several().schema()
    }
}

/// A span of whole minutes, at least one.
pub struct WholeMinutes;

/// See [`WholeMinutes`].
pub const WHOLE_MINUTES: WholeMinutes = WholeMinutes;

impl Kind for WholeMinutes {
    type Value = Duration;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Duration> {
        let span = SPAN.read(field, problems)?;
        let is_whole = !span.is_zero() && span.as_secs().is_multiple_of(60);
        if !is_whole {
            field.expected(problems, "whole minutes, at least one, like \"30m\"");
        }
        is_whole.then_some(span)
    }

    fn schema(&self) -> Json {
        SPAN.schema()
    }
}

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

/// Where to start.
pub struct StartKind;

impl Kind for StartKind {
    type Value = Start;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Start> {
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

    fn schema(&self) -> Json {
        let mut schema = moment();
        let words = json!({ "enum": ["now", "earliest"] });
        let before = json!({ "type": "string", "pattern": "^[0-9]+[smhd] *ago$" });
        schema["title"] = "`now`, `earliest`, a time, or `24h ago`".into();
        schema["anyOf"].as_array_mut().into_iter().for_each(|forms| {
            forms.extend([words.clone(), before.clone()]);
        });
        schema
    }
}

impl Shown for StartKind {
    fn shown(&self, start: &Start) -> Json {
        match start {
            Start::Now => "now".into(),
            Start::Earliest => "earliest".into(),
            Start::Before(span) => format!("{} ago", written(*span)).into(),
            Start::At(time) => DateTime::<Utc>::from_timestamp_millis(*time)
                .map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
                .into(),
        }
    }
}

/// A point in time, Unix milliseconds.
pub struct Moment;

impl Kind for Moment {
    type Value = i64;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<i64> {
        match StartKind.read(field, problems)? {
            Start::At(time) => Some(time),
            _ => {
                field.expected(problems, "a time like \"2026-01-01T00:00:00Z\"");
                None
            }
        }
    }

    fn schema(&self) -> Json {
        moment()
    }
}

/// TOML has times of its own, which no JSON Schema knows; editors show them as text.
fn moment() -> Json {
    or_variable(json!({
        "title": "time", "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]",
    }))
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

/// As [`parse`] reads it, in the largest unit of which it has several.
fn written(span: Duration) -> String {
    let seconds = span.as_secs();
    for (unit, name, several) in [(86_400, 'd', 2), (3_600, 'h', 1), (60, 'm', 1)] {
        if seconds >= unit * several && seconds.is_multiple_of(unit) {
            return format!("{}{name}", seconds / unit);
        }
    }
    format!("{seconds}s")
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

        #[test]
        fn what_is_written_is_read_again(seconds in 0..LONGEST.as_secs()) {
            let span = Duration::from_secs(seconds);
            prop_assert_eq!(parse(&written(span)), Some(span));
        }
    }
}
