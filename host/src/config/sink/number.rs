//! Whole numbers of a sink's keys.

use std::ops::RangeInclusive;

use crate::config::document::Value;
use crate::config::reader::{Field, Problems, Table};

/// A whole number within bounds, or a variable that holds one; `default` when the
/// key is not there.
pub fn number(
    table: &Table<'_>,
    key: &'static str,
    default: u64,
    bounds: RangeInclusive<u64>,
    problems: &mut Problems,
) -> Option<u64> {
    match table.get(key) {
        None => Some(default),
        Some(field) => within(&field, bounds, problems),
    }
}

/// A whole number within bounds, or a variable that holds one.
pub fn within(
    field: &Field<'_>,
    bounds: RangeInclusive<u64>,
    problems: &mut Problems,
) -> Option<u64> {
    let number = match &field.node.value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        Value::Text(text) if text.is_from_variable() => text.text.parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| bounds.contains(number));
    if number.is_none() {
        let (least, most) = (bounds.start(), bounds.end());
        field.expected(problems, &format!("a whole number from {least} to {most}"));
    }
    number
}
