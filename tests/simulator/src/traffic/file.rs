//! Records out of a file, served byte for byte.
//!
//! The invariant: a record is never parsed and written again; numbers, order
//! and repeated keys reach the client as they stand in the file. Only here is
//! the truth read off the event type, because the file says nothing else.

use std::path::Path;

use chrono::DateTime;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Traffic, lag};
use crate::error::SimulatorError;
use crate::oci_audit::ShelfBuilder;
use crate::prng::Prng;
use crate::truth::Truth;

/// Reads a JSON array of records, or one record a line. All go to the home
/// region (the first). `now` is used only for a file without records.
pub(crate) fn from_file(
    path: &Path,
    seed: u64,
    regions: usize,
    now: i64,
) -> Result<Traffic, SimulatorError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SimulatorError::ReadEvents { path: path.to_owned(), source })?;
    let mut records = Vec::new();
    let mut truth = Truth::default();
    let mut random = Prng::new(seed ^ 0x0f11e, 0);
    for (place, raw) in split(path, &text)? {
        let record = inspect(raw).map_err(|reason| SimulatorError::InvalidEvents {
            path: path.to_owned(),
            place,
            reason,
        })?;
        if record.sign_on {
            truth.mark(record.id);
        }
        records.push((record.happened, record.happened + lag(&mut random), raw));
    }
    let first = records.iter().map(|record| record.0).min().unwrap_or(now);
    records.sort_by_key(|record| record.1);
    let mut shelves: Vec<_> = (0..regions).map(|_| ShelfBuilder::default()).collect();
    for (_, processed, raw) in records {
        shelves[0].push(processed, |out| out.extend_from_slice(raw.as_bytes()));
    }
    Ok(Traffic { shelves: shelves.into_iter().map(ShelfBuilder::finish).collect(), truth, first })
}

/// The records' texts, each with its place for messages.
fn split<'a>(path: &Path, text: &'a str) -> Result<Vec<(String, &'a str)>, SimulatorError> {
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

struct Inspected {
    id: String,
    happened: i64,
    sign_on: bool,
}

fn inspect(raw: &str) -> Result<Inspected, String> {
    let record: Value = serde_json::from_str(raw).map_err(|error| error.to_string())?;
    let id = native_id(&record).ok_or("no `eventId` with a text")?;
    let time = first_text(&record, &["eventTime", "time"]).ok_or("no `eventTime` with a text")?;
    let happened = DateTime::parse_from_rfc3339(time)
        .map_err(|_| format!("`eventTime` is '{time}', expected an RFC 3339 date-time"))?;
    let event_type = first_text(&record, &["eventType", "type"]).unwrap_or_default();
    Ok(Inspected {
        id: id.to_owned(),
        happened: happened.timestamp_millis(),
        sign_on: event_type.to_ascii_lowercase().contains("identitysignon"),
    })
}

/// The id under which a record is known: Audit, Events and Logging each call
/// it differently.
pub(crate) fn native_id(record: &Value) -> Option<&str> {
    first_text(record, &["eventId", "eventID", "id"])
}

fn first_text<'a>(record: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| record.get(key)?.as_str())
}
