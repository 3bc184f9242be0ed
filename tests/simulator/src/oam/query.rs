//! What a request to the sign-in audit asks for.
//!
//! The invariant: a required parameter that is missing or senseless is a 400,
//! and without an `Accept` header the answer is XML, as at Oracle.

use bytes::Bytes;
use chrono::DateTime;
use http::{HeaderMap, StatusCode, header};

use crate::answer::Answer;
use crate::query_string::QueryString;

/// A period in Unix milliseconds; which ends belong to it is the service's
/// affair.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Period {
    pub(super) fn read(query: &str) -> Result<Self, String> {
        let query = QueryString::parse(query).map_err(|error| error.to_string())?;
        let time = |name: &str| {
            let text = required(&query, name)?;
            DateTime::parse_from_rfc3339(text)
                .map(|time| time.timestamp_millis())
                .map_err(|_| format!("{name} '{text}' is no time such as 2025-06-15T15:07:00.000Z"))
        };
        let (from, to) = (time("fromDate")?, time("toDate")?);
        match from <= to {
            true => Ok(Self { from, to }),
            false => Err("fromDate is later than toDate".to_owned()),
        }
    }
}

/// A page, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) number: usize,
    pub(super) size: usize,
}

/// The page asked for; the number in the path goes before the one in the query.
pub(super) fn page(query: &str, in_path: Option<&str>) -> Result<Page, String> {
    let query = QueryString::parse(query).map_err(|error| error.to_string())?;
    let number = |name: &str, text: &str| {
        let number = text.parse().ok().filter(|number| *number > 0);
        number.ok_or_else(|| format!("{name} '{text}' is no integer above 0"))
    };
    Ok(Page {
        number: match in_path {
            Some(text) => number("pageNumber", text)?,
            None => number("pageNumber", required(&query, "pageNumber")?)?,
        },
        size: number("pageSize", required(&query, "pageSize")?)?,
    })
}

fn required<'a>(query: &'a QueryString, name: &str) -> Result<&'a str, String> {
    query.get(name).ok_or_else(|| format!("{name} is missing"))
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Xml,
}

impl Media {
    /// The form that the client likes best; XML where it has no preference.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let Some(accept) = headers.get(header::ACCEPT) else { return Some(Self::Xml) };
        let mut best: Option<(f32, Self)> = None;
        for range in accept.to_str().ok()?.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media = match parts.next()?.to_ascii_lowercase().as_str() {
                "application/json" => Self::Json,
                "application/xml" | "text/xml" | "application/*" | "*/*" => Self::Xml,
                _ => continue,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
            let weight = weight.unwrap_or(1.0);
            if weight > best.map_or(0.0, |(best, _)| best) {
                best = Some((weight, media));
            }
        }
        best.map(|(_, media)| media)
    }

    pub(super) fn answer(self, body: String) -> Answer {
        let mut answer = Answer::json(StatusCode::OK, vec![Bytes::from(body)]);
        answer.content_type = match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        };
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_comes_unless_json_is_preferred() {
        let accepted = |accept: Option<&str>| {
            let value = accept.map(|accept| (header::ACCEPT, accept.parse().unwrap()));
            Media::accepted(&value.into_iter().collect())
        };
        for accept in [None, Some("*/*"), Some("text/html, */*;q=0.1"), Some("application/xml")] {
            assert_eq!(accepted(accept), Some(Media::Xml), "{accept:?}");
        }
        for accept in [
            "application/json",
            "application/json, */*",
            "application/xml;q=0.5, application/json; charset=utf-8",
        ] {
            assert_eq!(accepted(Some(accept)), Some(Media::Json), "{accept}");
        }
        assert_eq!(accepted(Some("text/html")), None);
    }

    #[test]
    fn a_page_in_the_path_needs_none_in_the_query() {
        let page = |query, path| page(query, path).map(|page| (page.number, page.size));
        assert_eq!(page("pageSize=10&pageNumber=3", None), Ok((3, 10)));
        assert_eq!(page("pageSize=10", Some("2")), Ok((2, 10)));
        for (query, path) in [
            ("pageSize=10", None),
            ("pageNumber=1", None),
            ("pageSize=10&pageNumber=0", None),
            ("pageSize=-1&pageNumber=1", None),
            ("pageSize=10", Some("first")),
        ] {
            assert!(page(query, path).is_err(), "{query} {path:?}");
        }
    }

    #[test]
    fn a_period_needs_both_ends_in_order() {
        let (early, late) = ("2025-06-15T15:07:00.000Z", "2025-06-15T15:08:00Z");
        let read = |from, to| Period::read(&format!("fromDate={from}&toDate={to}"));
        assert_eq!(
            read(early, late),
            Ok(Period { from: 1_750_000_020_000, to: 1_750_000_080_000 })
        );
        assert!(read(early, early).is_ok());
        for (from, to) in [(late, early), ("", late), (early, "2025-06-15")] {
            assert!(read(from, to).is_err(), "{from} {to}");
        }
    }
}
