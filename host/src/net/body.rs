//! Bounds a response body in bytes and in patience.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use super::wire::Room;
use crate::limits::Limits;

/// The body as the guest gets it. `permit` counts the request until the body is
/// gone.
pub fn bounded(
    incoming: Incoming,
    room: Room,
    limits: &Limits,
    started: Instant,
    permit: OwnedSemaphorePermit,
) -> WasiBody {
    let end = started + limits.response_time;
    Bounded {
        incoming,
        room,
        left: limits.response_bytes,
        patience: limits.between_bytes,
        end,
        timer: Box::pin(tokio::time::sleep_until(end.min(Instant::now() + limits.between_bytes))),
        _permit: permit,
    }
    .boxed_unsync()
}

/// Bytes of an error's body that are handed over: its first words, and more than
/// any guest shows.
const ERROR_BYTES: usize = 64 << 10;

/// The start of a body, or as much of it as came.
pub async fn start_of(body: &mut WasiBody) -> Result<Vec<u8>, Error> {
    let mut start = Vec::new();
    while start.len() < ERROR_BYTES {
        match body.frame().await {
            None => break,
            Some(Ok(frame)) => start.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) if start.is_empty() => return Err(error),
            Some(Err(_)) => break,
        }
    }
    start.truncate(ERROR_BYTES);
    Ok(start)
}

struct Bounded {
    incoming: Incoming,
    room: Room,
    /// Bytes that may still come.
    left: u64,
    patience: Duration,
    /// When the whole response has to be there.
    end: Instant,
    timer: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
}

impl Body for Bounded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.incoming).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                if length > self.left {
                    return Poll::Ready(Some(Err(Error::HttpResponseBodySize(None))));
                }
                self.left -= length;
                self.room.took(length);
                let now = Instant::now();
                if now > self.end {
                    return Poll::Ready(Some(Err(Error::HttpResponseTimeout)));
                }
                let next = self.end.min(now + self.patience);
                self.timer.as_mut().reset(next);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                let text = format!("the answer was cut off: {}", root_cause(&error));
                Poll::Ready(Some(Err(Error::InternalError(Some(text)))))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => match self.timer.as_mut().poll(context) {
                Poll::Ready(()) if Instant::now() >= self.end => {
                    Poll::Ready(Some(Err(Error::HttpResponseTimeout)))
                }
                Poll::Ready(()) => Poll::Ready(Some(Err(Error::ConnectionReadTimeout))),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// The innermost cause; what wraps it repeats only that something failed.
pub fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
