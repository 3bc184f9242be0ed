//! Metrics and health of a process.
//!
//! Invariant: the process takes a port that is free and says which. A port that a test
//! looks for and gives back is anybody's until it is taken.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use super::{ConfigFile, PATIENCE, Running, Service};

/// What stands before the address in the log.
const SERVED: &str = "Metrics and health are served. address=";

/// Writes the configuration with metrics on a port of the system's choice, those of streams
/// among them.
pub fn with_metrics(service: &Service, config: &ConfigFile) -> PathBuf {
    let path = service.path("watched.toml");
    let settings = "metrics_listen = \"127.0.0.1:0\"\nmetrics_streams = true\n";
    let text = format!("{settings}{}", config.text());
    std::fs::write(&path, text).unwrap();
    path
}

/// Where the process serves them.
pub fn metrics_address(running: &mut Running) -> String {
    running.until("the metrics", |running| running.stderr().contains(SERVED));
    let log = running.stderr();
    log.split_once(SERVED).unwrap().1.split_whitespace().next().unwrap().to_owned()
}

/// Status and body of an answer of the process; nothing if it gives none.
pub fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n")?.1.to_owned()))
}
