//! Counts what comes over a connection before anybody parses it.
//!
//! An HTTP library reads informational answers, chunk sizes and chunk extensions
//! without end and shows none of it: no limit on heads or bodies sees it. So they are
//! bounded here, between TLS and HTTP, for whatever we are a client of. Invariant: of
//! each answer no more is read than [`HEAD_BYTES`] and [`INFORMATIONAL`] answers before
//! its final head ends, and no more than [`FRAMING_BYTES`] beyond what its reader made
//! room for.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tower_service::Service;

/// Bytes of all heads of an answer, the informational ones among them. Above the
/// largest head that a limit allows by default (128 KiB), below what hurts.
pub const HEAD_BYTES: u64 = 256 << 10;

/// Informational answers (1xx) before the final one. Services send none or one; a
/// `103` for each of a few hints is the most anybody has seen.
const INFORMATIONAL: u32 = 16;

/// Bytes of an answer's body beyond those its reader took and made room for: what the
/// HTTP library reads ahead (a few buffers of 256 KiB), and an answer that is read
/// whole (64 KiB).
const FRAMING_BYTES: u64 = 2 << 20;

/// Bytes on the wire for each byte of a body: a service that sends chunks of one byte
/// takes six.
const FRAMING: u64 = 8;

/// Room that the reader of a body makes for more of it.
#[derive(Debug, Clone, Default)]
pub struct Room(Arc<AtomicU64>);

impl Room {
    /// So many bytes of the body arrived.
    pub fn took(&self, bytes: u64) {
        self.0.fetch_add(bytes.saturating_mul(FRAMING), Ordering::Relaxed);
    }
}

/// A connection whose bytes are counted.
#[derive(Debug)]
pub struct Counted<S> {
    stream: S,
    answer: Answer,
    room: Room,
}

impl<S> Counted<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, answer: Answer::Body { bytes: 0 }, room: Room::default() }
    }

    /// A request is sent: what comes next is the head of its answer.
    fn ask(&mut self) {
        if matches!(self.answer, Answer::Body { .. }) {
            self.answer = Answer::Head(Head::default());
            self.room.0.store(0, Ordering::Relaxed);
        }
    }
}

/// Where the answer under way stands.
#[derive(Debug)]
enum Answer {
    Head(Head),
    /// Also where none is under way.
    Body {
        bytes: u64,
    },
}

impl Answer {
    fn came(&mut self, bytes: &[u8], room: &Room) -> io::Result<()> {
        let mut body = bytes.len() as u64;
        if let Self::Head(head) = self {
            let Some(rest) = head.came(bytes)? else { return Ok(()) };
            body = rest;
            *self = Self::Body { bytes: 0 };
        }
        if let Self::Body { bytes } = self {
            *bytes += body;
            if *bytes > FRAMING_BYTES.saturating_add(room.0.load(Ordering::Relaxed)) {
                return Err(invalid("the body is wrapped in too many chunks"));
            }
        }
        Ok(())
    }
}

/// Heads up to the end of the final one.
#[derive(Debug, Default)]
struct Head {
    /// Of all of them.
    bytes: u64,
    informational: u32,
    /// Start of the status line of the one under way: `HTTP/1.1 1`.
    line: Vec<u8>,
    /// Whether nothing but a line end came since the last line end.
    is_blank: bool,
}

/// Bytes of a status line up to the first digit of its code.
const TO_CODE: usize = 10;

impl Head {
    /// Takes bytes; gives back how many of them follow the final head.
    fn came(&mut self, bytes: &[u8]) -> io::Result<Option<u64>> {
        for (number, byte) in bytes.iter().enumerate() {
            self.bytes += 1;
            if self.bytes > HEAD_BYTES {
                return Err(invalid("the head of the answer does not end"));
            }
            if self.ends_with(*byte) {
                if self.line.get(TO_CODE - 1) != Some(&b'1') {
                    return Ok(Some((bytes.len() - number - 1) as u64));
                }
                self.informational += 1;
                if self.informational > INFORMATIONAL {
                    return Err(invalid("informational answers (1xx) do not end"));
                }
                self.line.clear();
                self.is_blank = false;
            }
        }
        Ok(None)
    }

    /// Whether this byte ends a head: that of an empty line which is not before it.
    fn ends_with(&mut self, byte: u8) -> bool {
        match byte {
            b'\r' => false,
            b'\n' if self.line.is_empty() => false,
            b'\n' => std::mem::replace(&mut self.is_blank, true),
            _ => {
                self.is_blank = false;
                if self.line.len() < TO_CODE {
                    self.line.push(byte);
                }
                false
            }
        }
    }
}

fn invalid(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// A connector whose connections are counted.
#[derive(Debug, Clone)]
pub struct Counting<C>(pub C);

impl<C> Service<Uri> for Counting<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
{
    type Response = Counted<C::Response>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, C::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move { connecting.await.map(Counted::new) })
    }
}

impl<S: Connection> Connection for Counted<S> {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.room.clone())
    }
}

impl<S: Read + Unpin> Read for Counted<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // Through a buffer of our own: what was read into hyper's cannot be seen again.
        let this = self.get_mut();
        let mut piece = [0; PIECE];
        let length = piece.len().min(buffer.remaining());
        let mut own = hyper::rt::ReadBuf::new(&mut piece[..length]);
        match Pin::new(&mut this.stream).poll_read(context, own.unfilled()) {
            Poll::Ready(Ok(())) => {
                this.answer.came(own.filled(), &this.room)?;
                buffer.put_slice(own.filled());
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

/// Bytes read at once: two TLS records.
const PIECE: usize = 32 << 10;

impl<S: Write + Unpin> Write for Counted<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.ask();
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.ask();
        Pin::new(&mut this.stream).poll_write_vectored(context, slices)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked() -> Answer {
        Answer::Head(Head::default())
    }

    #[test]
    fn informational_answers_are_few() {
        let flood = b"HTTP/1.1 100 Continue\r\n\r\n";
        let room = Room::default();
        let mut answer = asked();
        answer.came(&flood.repeat(16), &room).unwrap();
        answer.came(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", &room).unwrap();
        assert!(matches!(answer, Answer::Body { bytes: 2 }), "{answer:?}");
        let error = asked().came(&flood.repeat(17), &room).unwrap_err();
        assert!(error.to_string().contains("1xx"), "{error}");
        for hint in [&b"HTTP/1.1 103 Early Hints\nlink: x\n\n"[..], b"\r\nHTTP/1.0 199 X\r\n\r\n"] {
            assert!(asked().came(&hint.repeat(17), &room).is_err());
        }
    }

    #[test]
    fn a_head_ends() {
        let room = Room::default();
        let mut answer = asked();
        let line = b"x-a: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n";
        answer.came(b"HTTP/1.1 200 OK\r\n", &room).unwrap();
        let lines = (0..10_000).map(|_| answer.came(line, &room));
        let taken = lines.take_while(Result::is_ok).count();
        assert!(taken as u64 * 61 <= HEAD_BYTES && taken > 4_000, "{taken}");
        // Nothing but line ends is no head, either.
        assert!(asked().came(&b"\r\n".repeat(200_000), &room).is_err());
    }

    #[test]
    fn a_body_may_be_as_long_as_its_reader_takes_it() {
        let room = Room::default();
        let mut answer = asked();
        answer.came(b"HTTP/1.1 200 OK\r\n\r\n", &room).unwrap();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..64 {
            answer.came(&piece, &room).unwrap();
            room.took(piece.len() as u64);
        }
        // Chunks of one byte do.
        for _ in 0..64 {
            answer.came(&b"1\r\nx\r\n".repeat(10_000), &room).unwrap();
            room.took(10_000);
        }
        let mut framing = (0..1_000).map(|_| answer.came(&piece, &room));
        assert!(framing.any(|came| came.is_err()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Where an answer is cut into pieces makes no difference.
        #[test]
        fn a_final_head_ends_where_it_ends(
            informational in 0_usize..6,
            fields in prop::collection::vec("[a-z]{1,8}: [ -~]{0,20}", 0..5),
            end in prop::sample::select(vec!["\r\n", "\n"]),
            body in prop::collection::vec(any::<u8>(), 0..40),
            cuts in prop::collection::vec(1_usize..30, 1..10),
        ) {
            let fields: String = fields.iter().map(|field| format!("{field}{end}")).collect();
            let head = |status: &str| format!("HTTP/1.1 {status}{end}{fields}{end}");
            let mut bytes = head("103 Early Hints").repeat(informational).into_bytes();
            bytes.extend(head("200 OK").bytes());
            bytes.extend(&body);
            let (mut answer, room) = (asked(), Room::default());
            let mut rest = &bytes[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, tail) = rest.split_at((*cut).min(rest.len()));
                answer.came(piece, &room).unwrap();
                rest = tail;
            }
            let read = match answer { Answer::Body { bytes } => bytes, Answer::Head(_) => 9_999 };
            prop_assert_eq!(read, body.len() as u64);
        }
    }
}
