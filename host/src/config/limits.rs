//! The limits of a source's sessions that differ from the defaults.
//!
//! Invariant: what is read here is at least one and at most what the sandbox can
//! give.

use std::time::Duration;

use serde_json::Value as Json;

use crate::limits::{Limit, Limits};
use crate::schema::{
    Field, KeyDescription, Kind, PartDescription, Presence, Problems, Shown as _, Span, Whole,
    object, whole,
};

/// A table of limits. [`Limits`] says which there are.
pub(super) struct LimitsKind;

impl Kind for LimitsKind {
    type Value = Limits;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Limits> {
        let table = field.table(problems, Limits::NAMES.to_vec())?;
        let mut limits = Limits::default();
        let mut is_whole = true;
        for name in Limits::NAMES {
            let Some(field) = table.get(name) else { continue };
            is_whole &= match limits.by_name(name) {
                Some(Limit::Number { value, most }) => {
                    number(most).read(&field, problems).map(|given| *value = given).is_some()
                }
                Some(Limit::Time { value, most }) => {
                    time(most).read(&field, problems).map(|given| *value = given).is_some()
                }
                None => true,
            };
        }
        table.finish(problems);
        is_whole.then_some(limits)
    }

    fn schema(&self) -> Json {
        object(&describe(), None)
    }
}

/// What is said of each limit.
pub(super) fn describe() -> PartDescription {
    let mut limits = Limits::default();
    let describe = |(name, help): (&&'static str, &&str)| {
        let (schema, default) = match limits.by_name(name)? {
            Limit::Number { value, most } => (number(most).schema(), number(most).shown(value)),
            Limit::Time { value, most } => (time(most).schema(), time(most).shown(value)),
        };
        let (help, presence) = (help.trim().to_owned(), Presence::Default(default));
        Some(KeyDescription { name, help, schema, presence })
    };
    let keys = Limits::NAMES.iter().zip(Limits::HELP).filter_map(describe).collect();
    PartDescription { keys, rules: Vec::new() }
}

fn number(most: u64) -> Whole<u64> {
    whole(1..=most)
}

fn time(most: Duration) -> Span {
    Span::within(Duration::from_secs(1)..=most)
}
