//! A domain in a test's own process: as much of the SCIM search as this component
//! uses, and the ways in which real and broken services differ.

use idcs::config::Config;
use idcs::session::Reading;
use signon_kit::contract::{BatchLimits, EventClasses, ReadOptions, TimeRange};
use signon_kit::http::scripted::{Answer, Scripted};
use signon_kit::http::{Method, Request, TransportError};
use signon_kit::source::Settings as _;
use signon_kit::time;

pub const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 0 };
/// 2018-06-01T00:00:00Z and ten seconds.
pub const START: i64 = 1_527_811_200_000;
pub const RANGE: TimeRange = TimeRange { start: START, end: START + 10_000 };

pub type Session<F> = signon_kit::session::Session<Scripted<F>, Reading>;

pub fn limits(events: u32) -> BatchLimits {
    BatchLimits { events, bytes: u64::MAX, soft_deadline_ms: u32::MAX }
}

pub fn config(method: &str, page_size: u32) -> Config {
    let text = format!(
        r#"{{"domain_url":"https://idcs-1.example","method":"{method}","page_size":{page_size}}}"#
    );
    Config::parse(&text).unwrap()
}

pub fn open<F>(config: &Config, answer: F, cursor: Option<&[u8]>) -> Session<F>
where
    F: FnMut(&Request) -> Result<Answer, TransportError>,
{
    let mut transport = Scripted::new(answer);
    transport.chunk = 37;
    Session::new(transport, Reading::open(config.clone(), RANGE, cursor, OPTIONS).unwrap())
}

/// A row: its time in microseconds since [`START`], and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub micros: i64,
    pub id: String,
}

impl Row {
    pub fn at(ms: i64, id: impl Into<String>) -> Self {
        Self { micros: ms * 1000, id: id.into() }
    }

    fn text(&self) -> String {
        let timestamp = time::format(START + self.micros.div_euclid(1000));
        format!(
            r#"{{"actorName":"]}}\"{{[","timestamp":"{timestamp}","eventId":"sso.session.create.success","id":"{}","meta":{{"id":"x","Resources":[]}}}}"#,
            self.id
        )
    }
}

/// How a service says how many rows fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Total {
    Number,
    Text,
    Behind,
    Missing,
}

/// A service.
#[derive(Debug, Clone)]
pub struct Domain {
    pub rows: Vec<Row>,
    pub total: Total,
    /// Rows it sends at most.
    pub cap: usize,
    /// Leaves rows in the order they stand.
    pub unsorted: bool,
}

impl Domain {
    pub fn of(rows: Vec<Row>) -> Self {
        Self { rows, total: Total::Number, cap: 1000, unsorted: false }
    }

    pub fn answer(&self, request: &Request) -> Answer {
        let question = Question::read(request);
        let mut found: Vec<&Row> = self.rows.iter().filter(|row| question.fits(row)).collect();
        if !self.unsorted {
            match question.sort_by.as_str() {
                "timestamp" => found.sort_by_key(|row| row.micros),
                "id" => found.sort_by_key(|row| row.id.to_ascii_lowercase()),
                other => panic!("sortBy {other}"),
            }
        }
        let fit = found.len();
        let rows: Vec<String> =
            found.iter().take(question.count.min(self.cap)).map(|row| row.text()).collect();
        let list = format!(r#""Resources":[{}]"#, rows.join(" ,\n"));
        let head = r#""schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]"#;
        Answer::ok(match self.total {
            Total::Number => format!(r#"{{{head},"totalResults":{fit},{list},"startIndex":1}}"#),
            Total::Text => format!(r#"{{{head},"totalResults":"{fit}",{list}}}"#),
            Total::Behind => format!(r#"{{{list},{head},"itemsPerPage":50,"totalResults":{fit}}}"#),
            Total::Missing => format!("{{{head},{list}}}"),
        })
    }
}

/// What a request asks for.
#[derive(Debug)]
pub struct Question {
    /// Comparisons of a member with a text.
    pub filter: Vec<(String, String, String)>,
    pub sort_by: String,
    pub count: usize,
}

impl Question {
    pub fn read(request: &Request) -> Self {
        let of = |filter: &str, sort_by: &str, order: &str, start: &str, count: usize| {
            assert_eq!((order, start), ("ascending", "1"));
            Self { filter: terms(filter), sort_by: sort_by.to_owned(), count }
        };
        match request.method {
            Method::Get => {
                let (path, query) = request.target.split_once('?').unwrap();
                assert_eq!(path, "/admin/v1/AuditEvents");
                let get = |name: &str| {
                    let value = query
                        .split('&')
                        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
                        .unwrap();
                    decode(value)
                };
                let count = get("count").parse().unwrap();
                of(&get("filter"), &get("sortBy"), &get("sortOrder"), &get("startIndex"), count)
            }
            Method::Post => {
                assert_eq!(request.target, "/admin/v1/AuditEvents/.search");
                let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                let text = |name: &str| body[name].as_str().unwrap().to_owned();
                of(
                    &text("filter"),
                    &text("sortBy"),
                    &text("sortOrder"),
                    &body["startIndex"].to_string(),
                    usize::try_from(body["count"].as_u64().unwrap()).unwrap(),
                )
            }
        }
    }

    fn fits(&self, row: &Row) -> bool {
        self.filter.iter().all(|(member, operator, value)| {
            let order = match member.as_str() {
                "timestamp" => {
                    let asked = (time::parse(value).unwrap() - START) * 1000;
                    row.micros.cmp(&asked)
                }
                "id" => row.id.to_ascii_lowercase().cmp(&value.to_ascii_lowercase()),
                other => panic!("filter on {other}"),
            };
            match operator.as_str() {
                "ge" => order.is_ge(),
                "gt" => order.is_gt(),
                "lt" => order.is_lt(),
                "eq" => order.is_eq(),
                other => panic!("operator {other}"),
            }
        })
    }
}

fn terms(filter: &str) -> Vec<(String, String, String)> {
    filter
        .split(" and ")
        .map(|term| {
            let mut words = term.splitn(3, ' ').map(str::to_owned);
            let (member, operator) = (words.next().unwrap(), words.next().unwrap());
            (member, operator, serde_json::from_str(&words.next().unwrap()).unwrap())
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}
