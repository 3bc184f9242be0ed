//! Files of records: a JSON array, one record a line, or a reply as it was
//! saved.
//!
//! The invariant: a message about a record says where it stands.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::value::RawValue;

use crate::error::SimulatorError;

pub(super) fn read(path: &Path) -> Result<String, SimulatorError> {
    std::fs::read_to_string(path)
        .map_err(|source| SimulatorError::ReadEvents { path: path.to_owned(), source })
}

/// The records' texts, each with what `inspect` makes of it. `wrappers` are the
/// names under which replies of the service hold their records.
pub(super) fn records<'a, T>(
    path: &Path,
    text: &'a str,
    wrappers: &[&str],
    inspect: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<(&'a str, T)>, SimulatorError> {
    split(path, text, wrappers)?
        .into_iter()
        .map(|(place, raw)| match inspect(raw) {
            Ok(inspected) => Ok((raw, inspected)),
            Err(reason) => {
                Err(SimulatorError::InvalidEvents { path: path.to_owned(), place, reason })
            }
        })
        .collect()
}

/// The records' texts, each with its place for messages.
fn split<'a>(
    path: &Path,
    text: &'a str,
    wrappers: &[&str],
) -> Result<Vec<(String, &'a str)>, SimulatorError> {
    let invalid = |place: String, error: serde_json::Error| SimulatorError::InvalidEvents {
        path: path.to_owned(),
        place,
        reason: format!("{error}; expected a JSON array of records or one record a line"),
    };
    if text.trim_start().starts_with('[') {
        let records: Vec<&RawValue> =
            serde_json::from_str(text).map_err(|error| invalid("the array".to_owned(), error))?;
        return Ok(records
            .into_iter()
            .enumerate()
            .map(|(index, raw)| (format!("record {}", index + 1), raw.get()))
            .collect());
    }
    if let Some(records) = wrapped(text, wrappers) {
        return Ok(records);
    }
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            let place = format!("line {}", index + 1);
            match serde_json::from_str::<&RawValue>(line) {
                Ok(raw) => Ok((place, raw.get())),
                Err(error) => Err(invalid(place, error)),
            }
        })
        .collect()
}

/// The records of a saved reply, which may have the list one level deeper.
fn wrapped<'a>(text: &'a str, wrappers: &[&str]) -> Option<Vec<(String, &'a str)>> {
    let members: BTreeMap<String, &'a RawValue> = serde_json::from_str(text).ok()?;
    let (name, inner) = wrappers.iter().find_map(|name| Some((*name, *members.get(*name)?)))?;
    let Ok(records) = serde_json::from_str::<Vec<&'a RawValue>>(inner.get()) else {
        return wrapped(inner.get(), wrappers);
    };
    let place = |index: usize| format!("{name}, record {}", index + 1);
    Some(records.into_iter().enumerate().map(|(index, raw)| (place(index), raw.get())).collect())
}
