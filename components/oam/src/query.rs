//! The requests. Pure: the same range gives the same bytes.
//!
//! Whether the ends of a range belong to it is documented nowhere, so every
//! request asks one second more on both sides than was selected. What lies outside
//! the selection is returned with the rest: throwing it away would need trust in
//! `accessTime` being the service's query clock, and the host removes duplicates.

use signon_kit::contract::{Finding, Severity, SourceError, TimeRange};
use signon_kit::http::{Method, Request};
use signon_kit::text::percent_encode;
use signon_kit::time;

use crate::config::{Config, Format, PageStyle};

/// Path of the events.
pub const EVENTS: &str = "/oam/services/rest/access/api/v1/audit/events";

/// Path of their count.
pub const STATS: &str = "/oam/services/rest/access/api/v1/audit/stats";

const SECOND_MS: i64 = 1000;

/// What to ask for: whole seconds, one more on both sides than selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    from_ms: i64,
    to_ms: i64,
}

impl TryFrom<TimeRange> for Asked {
    type Error = SourceError;

    fn try_from(range: TimeRange) -> Result<Self, SourceError> {
        let whole = |time_ms: i64| time_ms.rem_euclid(SECOND_MS) == 0;
        if whole(range.start) && whole(range.end) && range.start < range.end {
            return Ok(Self {
                from_ms: range.start.saturating_sub(SECOND_MS),
                to_ms: range.end.saturating_add(SECOND_MS),
            });
        }
        Err(SourceError::InvalidConfig(vec![Finding {
            severity: Severity::Error,
            path: String::new(),
            problem: format!(
                "{} to {} is no range of whole seconds",
                time::format(range.start),
                time::format(range.end)
            ),
            fix: "select a range whose ends are whole seconds, the end after the start".to_owned(),
        }]))
    }
}

impl Asked {
    fn parameters(self) -> String {
        format!("fromDate={}&toDate={}", date(self.from_ms), date(self.to_ms))
    }
}

/// `2024-05-01T00:00:00.000Z`, the only form seen in the field, percent-encoded.
fn date(time_ms: i64) -> String {
    percent_encode(&time::format(time_ms).replace('Z', ".000Z"))
}

/// The request for a page, counted from 1.
pub fn events(config: &Config, asked: Asked, page: u32) -> Request {
    let (range, size) = (asked.parameters(), config.page_size);
    let target = match config.page_style {
        PageStyle::Query => format!("{EVENTS}?{range}&pageNumber={page}&pageSize={size}"),
        PageStyle::Path => format!("{EVENTS}/{page}?{range}&pageSize={size}"),
    };
    get(config, &target)
}

/// The request for the service's own count.
pub fn stats(config: &Config, asked: Asked) -> Request {
    get(config, &format!("{STATS}?{}", asked.parameters()))
}

fn get(config: &Config, target: &str) -> Request {
    // Without this header XML comes back.
    let accept = match config.format {
        Format::Json => "application/json",
        Format::Xml => "application/xml",
    };
    Request {
        method: Method::Get,
        origin: config.origin.clone(),
        target: format!("{}{target}", config.base_path),
        headers: vec![("accept", accept.to_owned())],
        body: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(rest: &str) -> Config {
        Config::parse(&format!(r#"{{"base_url":"https://a.example/p"{rest}}}"#)).unwrap()
    }

    fn asked() -> Asked {
        TimeRange { start: 1_714_521_600_000, end: 1_714_525_200_000 }.try_into().unwrap()
    }

    const RANGE: &str = "fromDate=2024-04-30T23%3A59%3A59.000Z&toDate=2024-05-01T01%3A00%3A01.000Z";

    #[test]
    fn the_page_number_goes_where_the_style_says() {
        let query = events(&config(""), asked(), 2);
        assert_eq!(query.target, format!("/p{EVENTS}?{RANGE}&pageNumber=2&pageSize=1000"));
        assert_eq!(query.headers, [("accept", "application/json".to_owned())]);
        let path =
            events(&config(r#","page_style":"path","page_size":10,"format":"xml""#), asked(), 2);
        assert_eq!(path.target, format!("/p{EVENTS}/2?{RANGE}&pageSize=10"));
        assert_eq!(path.headers, [("accept", "application/xml".to_owned())]);
    }

    #[test]
    fn the_count_is_asked_for_the_same_range() {
        assert_eq!(stats(&config(""), asked()).target, format!("/p{STATS}?{RANGE}"));
    }

    #[test]
    fn broken_seconds_and_empty_ranges_are_refused() {
        for (start, end) in [(1, 1000), (0, 1001), (1000, 1000), (1000, 0)] {
            assert!(Asked::try_from(TimeRange { start, end }).is_err());
        }
    }
}
