//! The parameters of `ListEvents`.
//!
//! The invariant: what the service does not know it refuses, so that a client
//! that thinks it filters, limits or pages learns that it does not.

use chrono::{DateTime, FixedOffset, Timelike};
use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::answer::Refusal;
use crate::query_string::QueryString;

/// All parameters of the operation; there is no limit, filter or order.
const KNOWN: [&str; 4] = ["compartmentId", "startTime", "endTime", "page"];

/// A request for the records processed in `[start, end)`, Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListEvents {
    pub(super) compartment: String,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) page: Option<String>,
}

impl ListEvents {
    pub(super) fn read(query: &str, strict_minutes: bool) -> Result<Self, Refusal> {
        let query = QueryString::parse(query)
            .map_err(|error| Refusal::invalid_parameter(error.to_string()))?;
        check_names(&query, &KNOWN)?;
        let compartment = required(&query, "compartmentId")?.to_owned();
        let start = time(&query, "startTime", strict_minutes)?;
        let end = time(&query, "endTime", strict_minutes)?;
        if end <= start {
            return Err(Refusal::invalid_parameter("endTime must be later than startTime"));
        }
        Ok(Self { compartment, start, end, page: query.get("page").map(str::to_owned) })
    }

    /// What a page token is bound to: everything but the page.
    pub(super) fn digest(&self, region: usize) -> u64 {
        let mut hash = Sha256::new();
        hash.update((region as u64).to_be_bytes());
        hash.update(self.start.to_be_bytes());
        hash.update(self.end.to_be_bytes());
        hash.update(self.compartment.as_bytes());
        super::first_eight(&hash.finalize())
    }
}

/// Refuses parameters that are not known or there twice.
pub(super) fn check_names(query: &QueryString, known: &[&str]) -> Result<(), Refusal> {
    if let Some(name) = query.unknown(known) {
        return Err(Refusal::invalid_parameter(format!("unknown query parameter '{name}'")));
    }
    if let Some(name) = query.repeated() {
        return Err(Refusal::invalid_parameter(format!(
            "query parameter '{name}' is given more than once"
        )));
    }
    Ok(())
}

pub(super) fn required<'a>(query: &'a QueryString, name: &'static str) -> Result<&'a str, Refusal> {
    query.get(name).ok_or_else(|| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "MissingParameter",
            format!("missing query parameter '{name}'"),
        )
    })
}

fn time(query: &QueryString, name: &'static str, strict_minutes: bool) -> Result<i64, Refusal> {
    let text = required(query, name)?;
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| {
        Refusal::invalid_parameter(format!("{name}: '{text}' is not an RFC 3339 date-time"))
    })?;
    if strict_minutes && (time.second() != 0 || time.nanosecond() != 0) {
        return Err(Refusal::invalid_parameter(format!(
            "{name}: '{text}' is not a whole minute, seconds and milliseconds must be 0"
        )));
    }
    Ok(ceiling(&time))
}

/// Rounded up to milliseconds: for times in whole milliseconds, being at or
/// after a boundary is the same as being at or after its ceiling.
fn ceiling(time: &DateTime<FixedOffset>) -> i64 {
    let whole = time.timestamp_subsec_nanos().is_multiple_of(1_000_000);
    time.timestamp_millis() + i64::from(!whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(start: &str, end: &str) -> Result<ListEvents, Refusal> {
        let query = format!("compartmentId=c&startTime={start}&endTime={end}");
        ListEvents::read(&query, false)
    }

    #[test]
    fn fractions_and_offsets_are_understood() {
        let query =
            read("1970-01-01T02:00:00.0000001%2B02:00", "1970-01-01T00%3A00%3A01.500Z").unwrap();
        assert_eq!((query.start, query.end), (1, 1500));
    }

    #[test]
    fn an_unescaped_plus_breaks_the_offset_as_it_does_at_oracle() {
        let refusal = read("1970-01-01T00:00:00+00:00", "1970-01-02T00:00:00Z").unwrap_err();
        assert_eq!(refusal.code, "InvalidParameter");
        assert!(refusal.message.contains("startTime"), "{}", refusal.message);
    }

    #[test]
    fn whole_minutes_are_demanded_only_on_request() {
        let query =
            "compartmentId=c&startTime=1970-01-01T00:00:00Z&endTime=1970-01-01T00:01:00.001Z";
        assert!(ListEvents::read(query, false).is_ok());
        let refusal = ListEvents::read(query, true).unwrap_err();
        assert!(refusal.message.contains("whole minute"));
    }

    #[test]
    fn every_part_of_the_query_binds_the_page() {
        let one = read("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z").unwrap();
        let mut others = [one.clone(), one.clone(), one.clone()];
        others[0].start += 1;
        others[1].end += 1;
        others[2].compartment = "d".to_owned();
        assert_ne!(one.digest(0), one.digest(1));
        for other in &others {
            assert_ne!(one.digest(0), other.digest(0));
        }
    }
}
