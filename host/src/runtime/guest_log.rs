//! Where a guest's stdout and stderr go: to the log, line by line, bounded.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{OutputStream, StreamResult};

use crate::egress::EgressSession;
use crate::telemetry;

/// Bytes of one session that are logged; what follows is dropped. Enough for the
/// message of a panic and its stack.
const MOST_BYTES: usize = 16 << 10;

/// Longest line.
const LONGEST_LINE: usize = 1 << 10;

/// What a guest writes.
#[derive(Debug, Clone)]
pub struct GuestLog {
    source: Arc<str>,
    /// Knows what must not be told.
    egress_session: EgressSession,
    state: Arc<Mutex<Written>>,
}

#[derive(Debug)]
struct Written {
    left: usize,
    line: Vec<u8>,
}

impl GuestLog {
    /// For one session of a source.
    pub fn new(egress_session: EgressSession) -> Self {
        let state = Written { left: MOST_BYTES, line: Vec::new() };
        Self {
            source: egress_session.source().clone(),
            egress_session,
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn take(&self, bytes: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = &bytes[..bytes.len().min(state.left)];
        state.left -= taken.len();
        for byte in taken {
            if *byte != b'\n' {
                state.line.push(*byte);
            }
            if *byte == b'\n' || state.line.len() >= LONGEST_LINE {
                self.tell(&mut state.line);
            }
        }
    }

    fn tell(&self, line: &mut Vec<u8>) {
        let text = self.egress_session.clean(&String::from_utf8_lossy(line));
        let shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if !shown.trim().is_empty() {
            telemetry::GuestWrote { source: &self.source, line: shown.trim_end() }.emit();
        }
        line.clear();
    }
}

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for GuestLog {
    async fn ready(&mut self) {}
}

impl OutputStream for GuestLog {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MOST_BYTES)
    }
}

impl AsyncWrite for GuestLog {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
