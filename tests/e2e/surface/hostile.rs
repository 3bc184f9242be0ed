//! A service whose every word moves a terminal.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// A line painted anew, a title set, a bell, a line of one's own, an order turned around,
/// and what terminals take as a beginning of these in a single character.
pub const PAINT: &str = "\u{1b}[2K\u{1b}]0;title\u{7}\r\n2026-01-01T00:00:00Z .. 2027-01-01T00:00:00Z  \
                         complete\u{9b}31m\u{202e}evil\u{2028}\u{85}";

/// Answers every request on loopback with what `answer` makes of its target, until the
/// test ends.
pub struct Hostile {
    pub port: u16,
}

impl Hostile {
    pub fn start(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = answer.clone();
                std::thread::spawn(move || serve(stream, answer.as_ref()));
            }
        });
        Self { port }
    }
}

fn serve(stream: TcpStream, answer: &dyn Fn(&str) -> (u16, String)) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let (status, text) = answer(first.split(' ').nth(1)?);
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        // At once: a second small write waits for the first to be acknowledged.
        writer.write_all([head.as_bytes(), text.as_bytes()].concat().as_slice()).ok()?;
    }
}
