//! The requests. Pure: the same range gives the same bytes.
//!
//! Whether the ends of a range belong to it is documented nowhere, so every
//! request asks one second more on both sides than was selected. What lies outside
//! the selection is returned with the rest: throwing it away would need trust in
//! `accessTime` being the service's query clock, and the host removes duplicates.

use signon_kit::http::{Method, Request};
use signon_kit::range::SecondRange;
use signon_kit::text::percent_encode;
use signon_kit::time;

use crate::config::{Config, EVENTS, Format, PageStyle, STATS};

const SECOND_MS: i64 = 1000;

/// What to ask for: whole seconds, one more on both sides than selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked(SecondRange);

impl From<SecondRange> for Asked {
    fn from(range: SecondRange) -> Self {
        Self(range)
    }
}

impl Asked {
    fn parameters(self) -> String {
        let from_ms = self.0.start().saturating_sub(SECOND_MS);
        let to_ms = self.0.end().saturating_add(SECOND_MS);
        format!("fromDate={}&toDate={}", date(from_ms), date(to_ms))
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
    use signon_kit::contract::TimeRange;

    use signon_kit::source::Settings as _;

    use super::*;

    fn config(rest: &str) -> Config {
        Config::parse(&format!(r#"{{"base_url":"https://a.example/p"{rest}}}"#)).unwrap()
    }

    fn asked() -> Asked {
        let range = TimeRange { start: 1_714_521_600_000, end: 1_714_525_200_000 };
        SecondRange::try_from(range).unwrap().into()
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
}
