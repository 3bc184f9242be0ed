//! The request for one page. Pure: the same range gives the same bytes, which is
//! what gets signed.

use signon_kit::contract::{Finding, Severity, SourceError, TimeRange};
use signon_kit::http::{Method, Request};
use signon_kit::text::percent_encode;
use signon_kit::time;

use crate::config::StreamTarget;

/// Path of ListEvents, API version 20190901.
pub const PATH: &str = "/20190901/auditEvents";

/// A moment with nothing below the minute: ListEvents documents that seconds and
/// milliseconds must be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(i64);

impl Minute {
    /// That moment, if it is a whole minute.
    pub fn from_ms(time_ms: i64) -> Option<Self> {
        (time_ms.rem_euclid(60_000) == 0).then_some(Self(time_ms / 60_000))
    }

    /// RFC 3339, UTC.
    pub fn text(self) -> String {
        time::format(self.0 * 60_000)
    }
}

/// A range of whole minutes that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteRange {
    start: Minute,
    end: Minute,
}

impl TryFrom<TimeRange> for MinuteRange {
    type Error = SourceError;

    fn try_from(range: TimeRange) -> Result<Self, SourceError> {
        match (Minute::from_ms(range.start), Minute::from_ms(range.end)) {
            (Some(start), Some(end)) if start < end => Ok(Self { start, end }),
            _ => Err(SourceError::InvalidConfig(vec![Finding {
                severity: Severity::Error,
                path: String::new(),
                problem: format!(
                    "{} to {} is no range of whole minutes",
                    time::format(range.start),
                    time::format(range.end)
                ),
                fix: "select a range whose ends are whole minutes, the end after the start"
                    .to_owned(),
            }])),
        }
    }
}

/// The request for a page of a range; `page` is the `opc-next-page` of the one
/// before.
pub fn request(stream: &StreamTarget, range: MinuteRange, page: Option<&str>) -> Request {
    let mut path_and_query = format!(
        "{}{PATH}?compartmentId={}&startTime={}&endTime={}",
        stream.region.base_path,
        percent_encode(&stream.compartment),
        percent_encode(&range.start.text()),
        percent_encode(&range.end.text()),
    );
    if let Some(page) = page {
        path_and_query.push_str("&page=");
        path_and_query.push_str(&percent_encode(page));
    }
    Request {
        method: Method::Get,
        origin: stream.region.origin.clone(),
        target: path_and_query,
        headers: vec![("accept", "application/json".to_owned())],
        body: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn stream() -> StreamTarget {
        Config::parse(r#"{"regions":["phx"],"compartments":["ocid1.tenancy.oc1..aaaa"]}"#)
            .unwrap()
            .targets()
            .next()
            .unwrap()
    }

    #[test]
    fn a_page_token_goes_into_page_and_is_encoded() {
        let range = TimeRange { start: 1_714_521_600_000, end: 1_714_525_200_000 };
        let request = request(&stream(), range.try_into().unwrap(), Some("AP37-f_9=="));
        assert_eq!(request.origin, "https://audit.us-phoenix-1.oraclecloud.com");
        assert_eq!(
            request.target,
            "/20190901/auditEvents?compartmentId=ocid1.tenancy.oc1..aaaa\
             &startTime=2024-05-01T00%3A00%3A00Z&endTime=2024-05-01T01%3A00%3A00Z\
             &page=AP37-f_9%3D%3D"
        );
    }

    #[test]
    fn seconds_and_empty_ranges_are_refused() {
        for (start, end) in [(1000, 60_000), (0, 60_001), (60_000, 60_000), (60_000, 0)] {
            assert!(MinuteRange::try_from(TimeRange { start, end }).is_err());
        }
    }
}
