//! The limits of a source's sessions that differ from the defaults.
//!
//! Invariant: what is read here is at least one and at most what the sandbox can
//! give.

use std::time::Duration;

use super::document::Value;
use super::duration;
use super::reader::{Field, Problems};
use crate::limits::{Limit, Limits};

/// Reads the table `limits`.
pub(super) fn limits(field: &Field<'_>, problems: &mut Problems) -> Option<Limits> {
    let table = field.table(problems, Limits::NAMES)?;
    let mut limits = Limits::default();
    let mut whole = true;
    for name in Limits::NAMES {
        let Some(field) = table.get(name) else { continue };
        whole &= match limits.by_name(name) {
            Some(Limit::Number { value, most }) => number(&field, value, most, problems),
            Some(Limit::Time { value, most }) => time(&field, value, most, problems),
            None => true,
        };
    }
    table.finish(problems);
    whole.then_some(limits)
}

fn number(field: &Field<'_>, value: &mut u64, most: u64, problems: &mut Problems) -> bool {
    let given = match &field.node.value {
        Value::Integer(integer) => u64::try_from(*integer).ok(),
        Value::Text(text) if text.is_from_variable() => text.text.parse().ok(),
        _ => None,
    };
    match given.filter(|given| (1..=most).contains(given)) {
        Some(given) => *value = given,
        None => field.expected(problems, &format!("a whole number from 1 to {most}")),
    }
    given.is_some_and(|given| (1..=most).contains(&given))
}

fn time(field: &Field<'_>, value: &mut Duration, most: Duration, problems: &mut Problems) -> bool {
    let Some(given) = duration::duration(field, problems) else { return false };
    let fits = !given.is_zero() && given <= most;
    if fits {
        *value = given;
    } else {
        field.expected(problems, &format!("a time span from \"1s\" to \"{}s\"", most.as_secs()));
    }
    fits
}
