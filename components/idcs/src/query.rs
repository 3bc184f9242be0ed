//! The request for one page. Pure: the same question gives the same bytes.
//!
//! Sorted ascending always, because a page behind the first is refused without
//! `sortBy`, and because paging goes by key: `startIndex` is always 1, since
//! offsets shift when rows arrive or are purged in between.

use signon_kit::http::{Method, Request};
use signon_kit::json::push_string;
use signon_kit::text::percent_encode;
use signon_kit::time;

use crate::config::{Config, PATH, SEARCH, SearchMethod};

/// Schema of a search by POST.
const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Either is answered.
const MEDIA_TYPES: &str = "application/scim+json, application/json";

/// A question to the service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Question<'a> {
    /// The rows from one moment up to another, by time.
    Range {
        /// First millisecond.
        from: i64,
        /// First millisecond behind.
        end: i64,
    },
    /// The rows of one millisecond, by id.
    Moment {
        /// The millisecond.
        at: i64,
        /// Only ids behind this one.
        after: Option<&'a str>,
    },
    /// How many rows there are from a moment on; no rows.
    Count {
        /// First millisecond.
        from: i64,
    },
}

impl Question<'_> {
    fn filter(self) -> String {
        let quoted = |time| format!("\"{}\"", moment(time));
        match self {
            Self::Range { from, end } => {
                format!("timestamp ge {} and timestamp lt {}", quoted(from), quoted(end))
            }
            Self::Moment { at, after } => {
                // Never `eq`: where times are stored finer than they are written,
                // it finds those rows alone that are on the millisecond.
                let mut filter = Self::Range { from: at, end: at.saturating_add(1) }.filter();
                if let Some(after) = after {
                    filter.push_str(" and id gt ");
                    push_string(&mut filter, after);
                }
                filter
            }
            Self::Count { from } => format!("timestamp ge {}", quoted(from)),
        }
    }

    fn sort_by(self) -> &'static str {
        match self {
            Self::Range { .. } | Self::Count { .. } => "timestamp",
            Self::Moment { .. } => "id",
        }
    }
}

/// RFC 3339 with milliseconds always, as the service writes it: a gateway that
/// compares texts sorts `…00Z` behind `…00.001Z`.
fn moment(time_ms: i64) -> String {
    let text = time::format(time_ms);
    match text.strip_suffix('Z') {
        Some(seconds) if !seconds.contains('.') => format!("{seconds}.000Z"),
        _ => text,
    }
}

/// The request that asks a question.
pub fn request(config: &Config, question: Question<'_>) -> Request {
    let count = match question {
        Question::Count { .. } => 0,
        _ => config.page_size,
    };
    let (filter, sort_by) = (question.filter(), question.sort_by());
    let path = format!("{}{PATH}", config.base_path);
    let accept = ("accept", MEDIA_TYPES.to_owned());
    match config.method {
        SearchMethod::Get => Request {
            method: Method::Get,
            origin: config.origin.clone(),
            target: format!(
                "{path}?filter={}&sortBy={sort_by}&sortOrder=ascending&startIndex=1&count={count}",
                percent_encode(&filter)
            ),
            headers: vec![accept],
            body: Vec::new(),
        },
        SearchMethod::Search => {
            let mut body = format!(r#"{{"schemas":["{SEARCH_SCHEMA}"],"filter":"#);
            push_string(&mut body, &filter);
            body.push_str(&format!(
                r#","sortBy":"{sort_by}","sortOrder":"ascending","startIndex":1,"count":{count}}}"#
            ));
            Request {
                method: Method::Post,
                origin: config.origin.clone(),
                target: format!("{path}{SEARCH}"),
                headers: vec![accept, ("content-type", "application/scim+json".to_owned())],
                body: body.into_bytes(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use signon_kit::source::Settings as _;

    use super::*;

    fn config(method: &str) -> Config {
        let text = format!(
            r#"{{"domain_url":"https://idcs-1.example/base","method":"{method}","page_size":50}}"#
        );
        Config::parse(&text).unwrap()
    }

    const RANGE: Question<'_> = Question::Range { from: 1_527_811_200_001, end: 1_527_897_600_000 };

    #[test]
    fn a_range_is_closed_sorted_and_encoded() {
        let request = request(&config("get"), RANGE);
        assert_eq!(request.origin, "https://idcs-1.example");
        assert_eq!(
            request.target,
            "/base/admin/v1/AuditEvents?filter=timestamp%20ge%20%222018-06-01T00%3A00%3A00.001Z%22\
             %20and%20timestamp%20lt%20%222018-06-02T00%3A00%3A00.000Z%22\
             &sortBy=timestamp&sortOrder=ascending&startIndex=1&count=50"
        );
    }

    #[test]
    fn a_search_says_the_same_in_its_body() {
        let request = request(&config("search"), RANGE);
        assert_eq!(request.target, "/base/admin/v1/AuditEvents/.search");
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["schemas"][0], SEARCH_SCHEMA);
        assert_eq!(
            body["filter"],
            "timestamp ge \"2018-06-01T00:00:00.001Z\" and timestamp lt \"2018-06-02T00:00:00.000Z\""
        );
        assert_eq!(body["sortBy"], "timestamp");
        assert_eq!(body["sortOrder"], "ascending");
        assert_eq!((body["startIndex"].as_u64(), body["count"].as_u64()), (Some(1), Some(50)));
    }

    #[test]
    fn a_moment_goes_on_behind_an_id_that_cannot_leave_its_quotes() {
        let question = Question::Moment { at: 1000, after: Some("a\" or id pr or id eq \"") };
        assert_eq!(
            question.filter(),
            "timestamp ge \"1970-01-01T00:00:01.000Z\" and timestamp lt \
             \"1970-01-01T00:00:01.001Z\" and id gt \"a\\\" or id pr or id eq \\\"\""
        );
        assert_eq!(question.sort_by(), "id");
    }

    #[test]
    fn a_count_asks_for_no_rows() {
        assert!(request(&config("get"), Question::Count { from: 0 }).target.ends_with("count=0"));
    }
}
