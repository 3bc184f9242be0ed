//! Events of the sign-in audit out of a file.
//!
//! The invariant: all events count as events to be delivered, however old.
//! They are read and written again: the form of a reply is the service's.

use std::path::Path;

use super::{Records, records_file};
use crate::error::SimulatorError;
use crate::oam::{Event, Row};
use crate::truth::Truth;

/// Reads a JSON array of events, one event a line, or a saved JSON reply. `now`
/// is used only for a file without events. With `no_ids` they are served, and
/// marked, without their ids.
pub(crate) fn from_file(
    path: &Path,
    now: i64,
    no_ids: bool,
) -> Result<Records<Row>, SimulatorError> {
    let text = records_file::read(path)?;
    let inspect =
        |raw: &str| Event::read(&serde_json::from_str(raw).map_err(|error| error.to_string())?);
    let mut truth = Truth::default();
    let rows: Vec<Row> = records_file::records(path, &text, &["eventData", "Events"], inspect)?
        .into_iter()
        .map(|(_, event)| Row { stored: event.access_time, event })
        .collect();
    for id in rows.iter().filter_map(|row| row.event.id).filter(|_| !no_ids) {
        truth.mark(id.to_string());
    }
    let first = rows.iter().map(|row| row.event.access_time).min().unwrap_or(now);
    Ok(Records { rows, truth, first })
}
