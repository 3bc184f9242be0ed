//! A service in a test's own process, and reading it.

use std::collections::BTreeSet;

use oam::config::Config;
use oam::session::Reading;
use signon_kit::contract::{Batch, BatchLimits, EventClasses, ReadOptions, TimeRange};
use signon_kit::http::scripted::{Answer, Scripted};
use signon_kit::http::{Request, TransportError};
use signon_kit::session::Session;
use signon_kit::source::Settings as _;
use signon_kit::testing;

pub const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 0 };
pub const RANGE: TimeRange = TimeRange { start: 1_714_521_600_000, end: 1_714_525_200_000 };

pub fn limits(events: u32) -> BatchLimits {
    BatchLimits { events, bytes: u64::MAX, soft_deadline_ms: u32::MAX }
}

/// A service that holds rows, each with an id, or without one but of some second.
#[derive(Debug, Clone)]
pub struct Service {
    pub rows: Vec<Result<u32, u32>>,
    /// What `/audit/stats` answers; the truth when absent.
    pub stats: Option<Answer>,
    pub xml: bool,
    /// Gives the first page whatever is asked.
    pub ignores_page: bool,
    pub page_size: usize,
}

impl Service {
    pub fn of(rows: Vec<Result<u32, u32>>, page_size: usize) -> Self {
        Self { rows, stats: None, xml: false, ignores_page: false, page_size }
    }

    pub fn numbered(count: u32, page_size: usize) -> Self {
        Self::of((0..count).map(Ok).collect(), page_size)
    }

    fn row(&self, row: Result<u32, u32>) -> String {
        let time = "2024-05-01T00:00:01Z";
        match (self.xml, row) {
            (false, Ok(id)) => {
                format!(r#"{{"eventID":{id},"accessTime":"{time}","type":"AuthN"}}"#)
            }
            (false, Err(second)) => format!(r#"{{"accessTime":"2024-05-01T00:00:{second:02}Z"}}"#),
            (true, Ok(id)) => format!(
                "<eventData><eventID>{id}</eventID><accessTime>{time}</accessTime></eventData>"
            ),
            (true, Err(second)) => format!(
                "<eventData><accessTime>2024-05-01T00:00:{second:02}Z</accessTime></eventData>"
            ),
        }
    }

    pub fn answer(&self, request: &Request) -> Answer {
        if request.target.contains("/audit/stats?") {
            let total = Answer::ok(format!("{{\"count\":{}}}", self.rows.len()));
            return self.stats.clone().unwrap_or(total);
        }
        let number = match request.target.split_once("&pageNumber=") {
            Some((_, rest)) => rest.split('&').next().expect("a number"),
            None => {
                let path = request.target.split('?').next().expect("a path");
                path.rsplit('/').next().expect("a segment")
            }
        };
        let number: usize =
            if self.ignores_page { 1 } else { number.parse().expect("a page number") };
        let rows: Vec<String> = self
            .rows
            .iter()
            .skip((number - 1) * self.page_size)
            .take(self.page_size)
            .map(|row| self.row(*row))
            .collect();
        Answer::ok(if self.xml {
            format!("<?xml version=\"1.0\"?><Events>{}</Events>", rows.concat())
        } else {
            format!(r#"{{"Events":{{"eventData":[{}]}}}}"#, rows.join(","))
        })
    }
}

pub fn open<F>(
    page_size: usize,
    style: &str,
    answer: F,
    cursor: Option<&[u8]>,
) -> Session<Scripted<F>, Reading>
where
    F: FnMut(&Request) -> Result<Answer, TransportError>,
{
    let config = Config::parse(&format!(
        r#"{{"base_url":"https://a.example","page_size":{page_size},"page_style":"{style}"}}"#
    ))
    .expect("a good configuration");
    Session::new(
        Scripted::new(answer),
        Reading::open(config, RANGE, cursor, OPTIONS).expect("a good cursor"),
    )
}

/// The ids of a whole reading, and its last batch.
pub fn read_all(service: &Service, size: u32, resume: bool, style: &str) -> (Vec<String>, Batch) {
    let answer = |request: &Request| Ok(service.answer(request));
    testing::read_session(|cursor| open(service.page_size, style, answer, cursor), size, resume)
}

/// The ids a service's rows should get.
pub fn expected(service: &Service) -> BTreeSet<String> {
    let mut nameless = 0;
    let (found, _) = read_all(service, 1000, false, "query");
    let named: BTreeSet<String> = found.into_iter().collect();
    for id in &service.rows {
        match id {
            Ok(id) => assert!(named.contains(&id.to_string())),
            Err(_) => nameless += 1,
        }
    }
    assert_eq!(named.iter().filter(|id| id.starts_with("sha256:")).count(), nameless);
    named
}
