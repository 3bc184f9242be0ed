//! Audit events of an identity domain out of a file, served byte for byte.
//!
//! The invariant: all rows count as events to be delivered, whatever they are
//! about and however old.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::file::first_text;
use super::{Records, records_file};
use crate::error::SimulatorError;
use crate::idcs::Row;
use crate::truth::Truth;

/// Reads a JSON array of rows, one row a line, or a saved list reply. `now` is
/// used only for a file without rows.
pub(crate) fn from_file(path: &Path, now: i64) -> Result<Records<Row>, SimulatorError> {
    let text = records_file::read(path)?;
    let mut truth = Truth::default();
    let rows: Vec<Row> = records_file::records(path, &text, &["Resources"], inspect)?
        .into_iter()
        .map(|(raw, (id, timestamp, stored))| {
            truth.mark(id.clone());
            Row { id, timestamp, stored, text: raw.as_bytes().to_vec() }
        })
        .collect();
    let first = rows.iter().map(|row| row.timestamp.timestamp_millis()).min().unwrap_or(now);
    Ok(Records { rows, truth, first })
}

/// Id, timestamp, and when the row was stored (Unix milliseconds).
fn inspect(raw: &str) -> Result<(String, DateTime<Utc>, i64), String> {
    let row: Value = serde_json::from_str(raw).map_err(|error| error.to_string())?;
    let id = first_text(&row, &["id"]).ok_or("no `id` with a text")?;
    let text = first_text(&row, &["timestamp"]).ok_or("no `timestamp` with a text")?;
    let timestamp = DateTime::parse_from_rfc3339(text)
        .map_err(|_| format!("`timestamp` is '{text}', expected an RFC 3339 date-time"))?;
    let created = first_text(&row["meta"], &["created"])
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        .unwrap_or(timestamp);
    Ok((id.to_owned(), timestamp.to_utc(), created.timestamp_millis()))
}
