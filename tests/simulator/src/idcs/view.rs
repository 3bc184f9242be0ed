//! A row as filters and sorting see it.
//!
//! The invariant: a row is parsed only if something other than its time is
//! asked for, and then once.

use std::cell::OnceCell;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::schema::{Attribute, Kind};

/// A row's text with what is known of it.
pub(super) struct View<'a> {
    text: &'a [u8],
    timestamp: Option<DateTime<Utc>>,
    parsed: OnceCell<Value>,
}

impl<'a> View<'a> {
    /// The timestamp is read off the text if it is not known.
    pub(super) fn new(text: &'a [u8], timestamp: Option<DateTime<Utc>>) -> Self {
        Self { text, timestamp, parsed: OnceCell::new() }
    }

    pub(super) fn value(&self, attribute: &Attribute) -> Option<&Value> {
        let row = self.parsed.get_or_init(|| serde_json::from_slice(self.text).unwrap_or_default());
        let value = row.get(attribute.name)?;
        match attribute.part {
            None => Some(value),
            Some(part) => value.get(part),
        }
    }

    pub(super) fn time(&self, attribute: &Attribute) -> Option<DateTime<Utc>> {
        match self.timestamp {
            Some(timestamp) if attribute.name == "timestamp" => Some(timestamp),
            _ => {
                let text = self.value(attribute)?.as_str()?;
                Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
            }
        }
    }

    /// What rows are sorted by: rows that lack the attribute come last, and
    /// those are equal.
    pub(super) fn sort_key(&self, attribute: &Attribute) -> SortKey {
        let key = match attribute.kind {
            Kind::Time => self.time(attribute).map(SortKey::Time),
            Kind::Integer => self.value(attribute).and_then(Value::as_i64).map(SortKey::Integer),
            Kind::Boolean => self
                .value(attribute)
                .and_then(Value::as_bool)
                .map(|truth| SortKey::Integer(truth.into())),
            Kind::Text => self
                .value(attribute)
                .and_then(Value::as_str)
                .map(|text| SortKey::Text(text.to_lowercase())),
            Kind::ExactText => self
                .value(attribute)
                .and_then(Value::as_str)
                .map(|text| SortKey::Text(text.to_owned())),
            Kind::Complex(_) => None,
        };
        key.unwrap_or(SortKey::Absent)
    }
}

/// The order of rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SortKey {
    Integer(i64),
    Time(DateTime<Utc>),
    Text(String),
    Absent,
}
