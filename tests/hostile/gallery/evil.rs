//! A service that does not mean well, and remembers what reached it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::stage::Stage;

/// Ten megabytes of zeros in ten kilobytes: `gzip -9`, checked in.
pub const BOMB: &[u8] = include_bytes!("../bomb.gz");

/// A running service. Ends with its value.
pub struct Evil {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    /// Heads and bodies, as they came over the wire.
    received: Mutex<String>,
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    /// What `/redirect` points at.
    elsewhere: Mutex<String>,
}

impl Evil {
    pub fn start(stage: &Stage) -> Self {
        let state = Arc::new(State::default());
        let listener = stage.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = state.clone();
        let task = stage.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = 1 + shared.connections.fetch_add(1, Ordering::Relaxed);
                // A client that goes away is nothing to tell.
                tokio::spawn(serve(stream, number, shared.clone()));
            }
        });
        Self { address, state, task }
    }

    /// `http://127.0.0.1:port`
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Everything that reached it.
    pub fn received(&self) -> String {
        self.state.received.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Most requests under way at once.
    pub fn most_open(&self) -> usize {
        self.state.most_open.load(Ordering::Relaxed)
    }

    /// Where `/redirect` and `/next` point.
    pub fn point_at(&self, url: &str) {
        *self.state.elsewhere.lock().unwrap() = url.to_owned();
    }
}

impl Drop for Evil {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, number: usize, state: Arc<State>) -> Option<()> {
    let mut waiting = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = waiting.windows(4).position(|part| part == b"\r\n\r\n") {
                break String::from_utf8_lossy(&waiting[..end + 4]).into_owned();
            }
            if stream.read_buf(&mut waiting).await.ok()? == 0 {
                return None;
            }
        };
        waiting.drain(..head.len());
        let length = head.to_ascii_lowercase();
        let length = length.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        while waiting.len() < length {
            if stream.read_buf(&mut waiting).await.ok()? == 0 {
                return None;
            }
        }
        let body: Vec<u8> = waiting.drain(..length).collect();
        {
            let mut received = state.received.lock().unwrap();
            received.push_str(&head);
            // Of a body its size is enough.
            received.push_str(&format!("[{} bytes]\n", body.len()));
        }
        let open = 1 + state.open.fetch_add(1, Ordering::Relaxed);
        state.most_open.fetch_max(open, Ordering::Relaxed);
        let answered = answer(&mut stream, &head, number, &state).await;
        state.open.fetch_sub(1, Ordering::Relaxed);
        answered?;
    }
}

/// Answers by path. Nothing where the connection is done.
async fn answer(stream: &mut TcpStream, head: &str, number: usize, state: &State) -> Option<()> {
    let path = head.split(' ').nth(1)?.to_owned();
    let elsewhere = state.elsewhere.lock().unwrap().clone();
    match path.as_str() {
        "/redirect" | "/next" => {
            let name = if path == "/next" { "opc-next-page" } else { "location" };
            let status = if path == "/next" { "200 OK" } else { "302 Found" };
            let text = format!(
                "HTTP/1.1 {status}\r\n{name}: {elsewhere}\r\n\
                                content-length: 0\r\n\r\n"
            );
            stream.write_all(text.as_bytes()).await.ok()
        }
        "/endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
            let piece = vec![b'x'; 64 << 10];
            loop {
                stream.write_all(&piece).await.ok()?;
            }
        }
        "/trickle" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
            loop {
                stream.write_all(b"x").await.ok()?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        "/stall" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nx").await.ok()?;
            std::future::pending().await
        }
        "/silent" => std::future::pending().await,
        "/slow" => {
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.ok()
        }
        "/headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await.ok()?;
            let field = format!("x-a: {}\r\n", "x".repeat(8_000));
            loop {
                stream.write_all(field.as_bytes()).await.ok()?;
            }
        }
        "/large-headers" => {
            let fields = format!("x-a: {}\r\n", "x".repeat(8_000)).repeat(20);
            let text = format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n");
            stream.write_all(text.as_bytes()).await.ok()
        }
        "/many-headers" => {
            let fields: String = (0..5_000).map(|n| format!("x-{n}: 1\r\n")).collect();
            let text = format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n");
            stream.write_all(text.as_bytes()).await.ok()
        }
        "/bomb" => {
            let length = BOMB.len();
            let text = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.write_all(text.as_bytes()).await.ok()?;
            stream.write_all(BOMB).await.ok()
        }
        "/lies" => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\nx").await.ok(),
        "/garbage" => stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n\r\n").await.ok(),
        // Until nobody listens any more.
        "/flood-100" => forever(stream, b"", &b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000)).await,
        "/flood-103" => {
            let hint = b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=x\r\n\r\n";
            forever(stream, b"", &hint.repeat(1_000)).await
        }
        "/few-hints" => {
            let hint = "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=x\r\n\r\n".repeat(3);
            let text = format!("{hint}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            stream.write_all(text.as_bytes()).await.ok()
        }
        "/tiny-chunks" => forever(stream, CHUNKED, &b"1\r\nx\r\n".repeat(2_000)).await,
        "/chunk-extension" => {
            let start = [CHUNKED, b"1;"].concat();
            forever(stream, &start, &vec![b'x'; 64 << 10]).await
        }
        "/chunk-zeros" => forever(stream, CHUNKED, &vec![b'0'; 64 << 10]).await,
        "/chunk-blanks" => {
            let start = [CHUNKED, b"1"].concat();
            forever(stream, &start, &vec![b' '; 64 << 10]).await
        }
        "/trailers" => {
            let start = [CHUNKED, b"2\r\nok\r\n0\r\n"].concat();
            forever(stream, &start, &b"x-a: b\r\n".repeat(1_000)).await
        }
        _ if path.starts_with("/echo") => {
            let sent = head.lines().find_map(|line| line.strip_prefix("authorization: "));
            let sent = echoed(&path, sent.unwrap_or_default());
            let body = format!("{{\"code\":\"BadHeader\",\"message\":\"cannot parse {sent}\"}}");
            let length = body.len();
            let text = format!(
                "HTTP/1.1 400 Bad\r\nx-echo: {sent}\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            stream.write_all(text.as_bytes()).await.ok()
        }
        // The number of the connection, so that a test sees which one it was.
        _ => {
            let body = format!("connection {number}");
            let length = body.len();
            let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await.ok()
        }
    }
}

const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

async fn forever(stream: &mut TcpStream, start: &[u8], piece: &[u8]) -> Option<()> {
    stream.write_all(start).await.ok()?;
    loop {
        stream.write_all(piece).await.ok()?;
    }
}

/// What was sent, in the form that the path names.
fn echoed(path: &str, sent: &str) -> String {
    let escape = |before: &str| -> String {
        let code = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("{before}{other:02x}"),
        };
        sent.bytes().map(code).collect()
    };
    match path.rsplit('/').next().unwrap_or_default() {
        "percent" => escape("%"),
        "twice" => escape("%25"),
        "json" => escape("\\\\u00"),
        "part" => sent.chars().skip(sent.len().saturating_sub(20)).collect(),
        "upper" => sent.to_ascii_uppercase(),
        _ => sent.to_owned(),
    }
}
