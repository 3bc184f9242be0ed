//! Records out of a file, served byte for byte.
//!
//! The invariant: a record is never parsed and written again; numbers, order
//! and repeated keys reach the client as they stand in the file. Only here is
//! the truth read off the event type, because the file says nothing else.

use std::path::Path;

use chrono::DateTime;
use serde_json::Value;

use super::{Traffic, lag, records_file};
use crate::error::SimulatorError;
use crate::prng::Prng;
use crate::record_store::RecordStoreBuilder;
use crate::truth::Truth;

/// Reads a JSON array of records, or one record a line. All go to the home
/// region (the first). `now` is used only for a file without records.
pub(crate) fn from_file(
    path: &Path,
    seed: u64,
    regions: usize,
    now: i64,
) -> Result<Traffic, SimulatorError> {
    let text = records_file::read(path)?;
    let mut records = Vec::new();
    let mut truth = Truth::default();
    let mut random = Prng::new(seed ^ 0x0f11e, 0);
    for (raw, record) in records_file::records(path, &text, &[], inspect)? {
        if record.sign_on {
            truth.mark(record.id);
        }
        records.push((record.happened, record.happened + lag(&mut random), raw));
    }
    let first = records.iter().map(|record| record.0).min().unwrap_or(now);
    records.sort_by_key(|record| record.1);
    let mut stores: Vec<_> = (0..regions).map(|_| RecordStoreBuilder::default()).collect();
    for (_, processed, raw) in records {
        stores[0].push(processed, |out| out.extend_from_slice(raw.as_bytes()));
    }
    let stores = stores.into_iter().map(RecordStoreBuilder::finish).collect();
    Ok(Traffic { stores, truth, first, stories: Vec::new() })
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

pub(super) fn first_text<'a>(record: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| record.get(key)?.as_str())
}
