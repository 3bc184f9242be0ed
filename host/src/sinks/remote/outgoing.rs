//! A body that knows how much of it was sent.
//!
//! It is handed out in pieces, each when there is room for it, so that a server which
//! answers before it has read a large request is told from one that has it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// Bytes of a piece: about what a connection takes at once.
const PIECE: usize = 64 << 10;

/// A body.
#[derive(Debug)]
pub struct Outgoing {
    left: Bytes,
    sent: Sent,
}

/// Whether all of a body was sent.
#[derive(Debug, Clone, Default)]
pub struct Sent(Arc<AtomicBool>);

impl Sent {
    pub fn is_whole(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Outgoing {
    pub fn new(bytes: Bytes) -> Self {
        let sent = Sent(Arc::new(AtomicBool::new(bytes.is_empty())));
        Self { left: bytes, sent }
    }

    pub fn sent(&self) -> Sent {
        self.sent.clone()
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            return Poll::Ready(None);
        }
        let piece = this.left.split_to(this.left.len().min(PIECE));
        if this.left.is_empty() {
            this.sent.0.store(true, Ordering::Release);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
