//! A receiver on loopback that answers as a test tells it to.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub target: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Decompressed.
    pub body: Vec<u8>,
}

impl Request {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The ids of the events in an NDJSON body.
    pub fn ids(&self) -> Vec<String> {
        let id = |line: &str| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            event["eventId"].as_str().unwrap().to_owned()
        };
        self.text().lines().map(id).collect()
    }
}

/// What to answer.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status, further header lines, body.
    Status(u16, &'static str, String),
    /// Closes the connection.
    Cut,
    /// Answers with 200 after a while.
    Slow(Duration),
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::Status(status, "", String::new())
    }
}

type Rule = dyn Fn(&Request) -> Reply + Send + Sync;

struct Inside {
    rule: Box<Rule>,
    requests: Mutex<Vec<Request>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

pub struct Receiver {
    pub port: u16,
    inside: Arc<Inside>,
}

impl Receiver {
    pub fn start(rule: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let inside = Arc::new(Inside {
            rule: Box::new(rule),
            requests: Mutex::default(),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let shared = inside.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { port, inside }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.inside.requests.lock().unwrap().clone()
    }

    /// Most requests that were under way at the same time.
    pub fn most_open(&self) -> usize {
        self.inside.most_open.load(Ordering::SeqCst)
    }
}

fn serve(stream: &TcpStream, inside: &Inside) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let open = 1 + inside.open.fetch_add(1, Ordering::SeqCst);
        inside.most_open.fetch_max(open, Ordering::SeqCst);
        let reply = (inside.rule)(&request);
        inside.requests.lock().unwrap().push(request);
        if let Reply::Slow(wait) = reply {
            std::thread::sleep(wait);
        }
        inside.open.fetch_sub(1, Ordering::SeqCst);
        let (status, headers, body) = match reply {
            Reply::Status(status, headers, body) => (status, headers, body),
            Reply::Slow(_) => (200, "", String::new()),
            Reply::Cut => return,
        };
        let head =
            format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
        // The other side may have given up.
        if { stream }.write_all(head.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    if headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(body.as_slice()).read_to_end(&mut plain).ok()?;
        body = plain;
    }
    Some(Request { target, headers, body })
}
