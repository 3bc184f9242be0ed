//! How sign-in audit events are written.
//!
//! The invariant: every form that Oracle's schema leaves open has a name, the
//! names can be put together, and what an event says is the same in all forms.

use std::str::FromStr;

use chrono::{DateTime, SecondsFormat};

/// The form of a reply: names out of [`OamRendering::NAMES`], put together with
/// `+` as in `wrapped+quoted`. Default: a bare root, lists, native numbers and
/// times with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OamRendering {
    /// `{"Events":{...}}` in place of `{...}`. JSON only.
    pub(crate) wrapped: bool,
    /// A list of one object is that object. JSON only.
    pub(crate) one_as_object: bool,
    /// No event at all. JSON only.
    pub(crate) nothing: Nothing,
    /// Attributes stand one level deeper.
    pub(crate) nested_attributes: bool,
    /// A single value is a text, not a list. JSON only.
    pub(crate) text_values: bool,
    /// Numbers and booleans stand in quotes. JSON only.
    pub(crate) quoted: bool,
    /// The number of events stands alone.
    pub(crate) bare_count: bool,
    pub(crate) time: Time,
}

/// How a reply without events is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Nothing {
    #[default]
    List,
    Null,
    Absent,
    /// The root itself is null.
    Root,
}

/// How times are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Time {
    #[default]
    Milliseconds,
    Seconds,
    Offset,
    /// An offset without a colon, which is not RFC 3339.
    BasicOffset,
    /// Unix milliseconds.
    Epoch,
}

impl OamRendering {
    /// The names there are.
    pub const NAMES: [&'static str; 14] = [
        "wrapped",
        "one-object",
        "empty-null",
        "empty-absent",
        "empty-root",
        "nested-attributes",
        "text-values",
        "quoted",
        "bare-count",
        "time-seconds",
        "time-offset",
        "time-basic-offset",
        "time-epoch",
        "plain",
    ];

    /// A time in Unix milliseconds, as text.
    pub(crate) fn time(&self, milliseconds: i64) -> String {
        let time = DateTime::from_timestamp_millis(milliseconds).unwrap_or_default();
        match self.time {
            Time::Milliseconds => time.to_rfc3339_opts(SecondsFormat::Millis, true),
            Time::Seconds => time.to_rfc3339_opts(SecondsFormat::Secs, true),
            Time::Offset => time.to_rfc3339_opts(SecondsFormat::Millis, false),
            Time::BasicOffset => time.format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string(),
            Time::Epoch => milliseconds.to_string(),
        }
    }
}

impl FromStr for OamRendering {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let mut rendering = Self::default();
        for name in text.split('+') {
            match name {
                "plain" => {}
                "wrapped" => rendering.wrapped = true,
                "one-object" => rendering.one_as_object = true,
                "empty-null" => rendering.nothing = Nothing::Null,
                "empty-absent" => rendering.nothing = Nothing::Absent,
                "empty-root" => rendering.nothing = Nothing::Root,
                "nested-attributes" => rendering.nested_attributes = true,
                "text-values" => rendering.text_values = true,
                "quoted" => rendering.quoted = true,
                "bare-count" => rendering.bare_count = true,
                "time-seconds" => rendering.time = Time::Seconds,
                "time-offset" => rendering.time = Time::Offset,
                "time-basic-offset" => rendering.time = Time::BasicOffset,
                "time-epoch" => rendering.time = Time::Epoch,
                _ => {
                    return Err("names out of plain, wrapped, one-object, empty-null, \
                        empty-absent, empty-root, nested-attributes, text-values, quoted, \
                        bare-count, time-seconds, time-offset, time-basic-offset, time-epoch, \
                        put together with +");
                }
            }
        }
        Ok(rendering)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_and_listed_in_the_refusal() {
        let refusal = OamRendering::from_str("").unwrap_err();
        for name in OamRendering::NAMES {
            let rendering: OamRendering = name.parse().unwrap();
            assert_eq!(rendering == OamRendering::default(), name == "plain", "{name}");
            assert!(refusal.contains(name), "{name}");
        }
    }

    #[test]
    fn times_are_written_in_each_form() {
        for (name, expected) in [
            ("plain", "2025-06-15T15:07:00.045Z"),
            ("time-seconds", "2025-06-15T15:07:00Z"),
            ("time-offset", "2025-06-15T15:07:00.045+00:00"),
            ("time-basic-offset", "2025-06-15T15:07:00.045+0000"),
            ("time-epoch", "1750000020045"),
        ] {
            let rendering: OamRendering = name.parse().unwrap();
            assert_eq!(rendering.time(1_750_000_020_045), expected);
        }
    }
}
