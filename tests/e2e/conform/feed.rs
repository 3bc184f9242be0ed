//! The service that the example component reads: a feed of sign-ons, a minute apart,
//! over the last ninety minutes.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// Rows of a page.
const PAGE: usize = 7;

/// A feed, answered on loopback for as long as the process lives.
pub struct Feed {
    address: SocketAddr,
    /// Time of each event in milliseconds; its number is its id.
    times: Arc<Vec<i64>>,
}

impl Feed {
    pub fn start(events: usize) -> Self {
        let now = chrono::Utc::now().timestamp_millis();
        let minutes = i64::try_from(events).unwrap();
        // The newest is five minutes old.
        let times = (0..minutes).map(|minute| now - (minutes - minute + 5) * 60_000).collect();
        let times = Arc::new(times);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served: Arc<Vec<i64>> = Arc::clone(&times);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || answer(&stream.unwrap(), &served));
            }
        });
        Self { address, times }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn ids(&self) -> BTreeSet<String> {
        (0..self.times.len()).map(id).collect()
    }

    /// A page of everything.
    pub fn page(&self, number: usize) -> String {
        page(&self.times, i64::MIN, i64::MAX, number)
    }
}

fn id(number: usize) -> String {
    format!("acme-{number}")
}

fn page(times: &[i64], from: i64, to: i64, number: usize) -> String {
    let inside: Vec<usize> =
        (0..times.len()).filter(|event| (from..to).contains(&times[*event])).collect();
    let row = |event: &usize| {
        let time = chrono::DateTime::from_timestamp_millis(times[*event]).unwrap().to_rfc3339();
        let result = if event.is_multiple_of(5) { "failed" } else { "ok" };
        format!(
            r#"{{"id":"{}","time":"{time}","action":"login","user":"u{event}@acme.example",
                "ip":"203.0.113.7","result":"{result}","device":{{"os":"x"}}}}"#,
            id(*event)
        )
    };
    let rows: Vec<String> = inside.iter().skip((number - 1) * PAGE).take(PAGE).map(row).collect();
    let next = if inside.len() > number * PAGE {
        format!(",\"next\":{}", number + 1)
    } else {
        String::new()
    };
    format!("{{\"events\":[{}]{next}}}", rows.join(","))
}

/// Answers the requests of a connection until it is closed.
fn answer(stream: &TcpStream, times: &[i64]) {
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(line)) = lines.next() {
        while lines.next().is_some_and(|header| header.is_ok_and(|header| !header.is_empty())) {}
        let target = line.split(' ').nth(1).unwrap().replace("%3A", ":");
        let get = |name: &str| {
            let value = target.split(['?', '&']).find_map(|pair| pair.strip_prefix(name));
            value.unwrap().trim_start_matches('=').to_owned()
        };
        let date = |name: &str| {
            chrono::DateTime::parse_from_rfc3339(&get(name)).unwrap().timestamp_millis()
        };
        let body = page(times, date("from"), date("to"), get("page").parse().unwrap());
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = stream;
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}
