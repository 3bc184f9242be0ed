//! Responses: what a handler says, and how it goes over the wire.
//!
//! The invariant: record bytes are never copied or rendered again. A body is a
//! list of shared slices handed to the connection piece by piece, so a page of
//! 60 MB costs no more memory than a small one.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// What a handler answers; the server adds date and request id.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<Bytes>,
    /// The connection ends in the middle of the body.
    pub(crate) cut: bool,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: Vec<Bytes>) -> Self {
        Self { status, content_type: "application/json", headers: Vec::new(), body, cut: false }
    }

    /// What a proxy in between says when the service does not.
    pub(crate) fn html(status: StatusCode) -> Self {
        let body = "<html><body><h1>upstream connect error or disconnect</h1></body></html>";
        let mut answer = Self::json(status, vec![Bytes::from_static(body.as_bytes())]);
        answer.content_type = "text/html";
        answer
    }
}

/// The answer to a request that the rules of its service refuse. It is counted
/// as a rejection, unlike answers that are spoilt on purpose.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Answer);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.into())
    }
}

/// A request that the rules refuse, in the words of OCI's services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(crate) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameter", message)
    }

    /// No operation of OCI's services has that path.
    pub(crate) fn nowhere(method: &http::Method, path: &str) -> Self {
        let message = format!("no operation answers {method} {path}");
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// What Oracle says when something is missing or must not be seen.
    pub(crate) fn not_authorized_or_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NotAuthorizedOrNotFound",
            "Authorization failed or requested resource not found.",
        )
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let body = serde_json::json!({ "code": refusal.code, "message": refusal.message });
        Self::json(refusal.status, vec![Bytes::from(body.to_string())])
    }
}

/// Largest piece handed to a connection at once: large enough to be cheap,
/// small enough that a slow reader holds little.
const LARGEST_PIECE: usize = 64 * 1024;
/// Pieces a second when bodies trickle.
const PIECES_A_SECOND: u64 = 20;
/// How long a connection lingers before it is cut, so that what was sent
/// before arrives.
const LINGER: Duration = Duration::from_millis(20);

/// A body that is sent as fast as allowed, and perhaps not to its end.
#[derive(Debug)]
pub(crate) struct PacedBody {
    pieces: VecDeque<Bytes>,
    left: u64,
    left_before_cut: Option<u64>,
    bytes_per_second: Option<u64>,
    pause: Option<Pin<Box<Sleep>>>,
    sent: Arc<AtomicU64>,
}

/// The connection was cut on purpose.
#[derive(Debug, thiserror::Error)]
#[error("connection cut on purpose")]
pub(crate) struct CutOnPurpose;

impl PacedBody {
    pub(crate) fn new(
        pieces: Vec<Bytes>,
        cut: bool,
        bytes_per_second: Option<u64>,
        sent: Arc<AtomicU64>,
    ) -> Self {
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self {
            pieces: pieces.into(),
            left,
            left_before_cut: cut.then_some(left / 2),
            bytes_per_second,
            pause: None,
            sent,
        }
    }

    /// How much may be sent at once right now.
    fn allowance(&self) -> usize {
        let pace = self.bytes_per_second.map(|pace| (pace / PIECES_A_SECOND).max(1));
        let allowed = [pace, self.left_before_cut].into_iter().flatten().min();
        allowed.map_or(LARGEST_PIECE, |allowed| {
            usize::try_from(allowed).unwrap_or(LARGEST_PIECE).min(LARGEST_PIECE)
        })
    }

    fn next_piece(&mut self) -> Option<Bytes> {
        let allowance = self.allowance();
        while self.pieces.front().is_some_and(Bytes::is_empty) {
            self.pieces.pop_front();
        }
        let front = self.pieces.front_mut()?;
        let piece = front.split_to(allowance.min(front.len()));
        let length = piece.len() as u64;
        self.left -= length;
        self.sent.fetch_add(length, Ordering::Relaxed);
        if let Some(pace) = self.bytes_per_second {
            let nanoseconds = length.saturating_mul(1_000_000_000) / pace;
            self.wait(Duration::from_nanos(nanoseconds));
        }
        if let Some(left) = &mut self.left_before_cut {
            *left -= length;
            if *left == 0 {
                self.wait(LINGER);
            }
        }
        Some(piece)
    }

    fn wait(&mut self, duration: Duration) {
        self.pause = Some(Box::pin(tokio::time::sleep(duration)));
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = CutOnPurpose;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOnPurpose>>> {
        let this = self.get_mut();
        if let Some(pause) = &mut this.pause {
            ready!(pause.as_mut().poll(context));
            this.pause = None;
        }
        if this.left_before_cut == Some(0) {
            return Poll::Ready(Some(Err(CutOnPurpose)));
        }
        Poll::Ready(this.next_piece().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.left_before_cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
