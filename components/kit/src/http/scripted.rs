//! A transport that answers from a function, so that what guests do with answers
//! (also with broken ones) is tested natively and without a network.

use super::{Body, Request, Response, Transport, TransportError};

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Cut the body off after this many bytes, as a broken connection does.
    pub cut_after: Option<usize>,
}

impl Answer {
    /// 200 with a body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), cut_after: None }
    }

    /// Another status with a body.
    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, ..Self::ok(body) }
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Cut off after that many bytes of the body.
    #[must_use]
    pub fn cut(mut self, after: usize) -> Self {
        self.cut_after = Some(after);
        self
    }
}

/// Answers each request by calling a function with it; time passes by one
/// millisecond with each look at the clock.
pub struct Scripted<F> {
    answer: F,
    clock: std::cell::Cell<u64>,
    /// Bytes handed out at once.
    pub chunk: usize,
}

impl<F: FnMut(&Request) -> Result<Answer, TransportError>> Scripted<F> {
    /// A transport that asks `answer`.
    pub fn new(answer: F) -> Self {
        Self { answer, clock: std::cell::Cell::new(0), chunk: 1000 }
    }
}

impl<F> std::fmt::Debug for Scripted<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").finish_non_exhaustive()
    }
}

impl<F: FnMut(&Request) -> Result<Answer, TransportError>> Transport for Scripted<F> {
    type Body = ScriptedBody;

    fn send(&mut self, request: &Request) -> Result<Response<ScriptedBody>, TransportError> {
        let answer = (self.answer)(request)?;
        let body = ScriptedBody { answer: answer.clone(), position: 0, chunk: self.chunk.max(1) };
        Ok(Response { status: answer.status, headers: answer.headers, body })
    }

    fn elapsed_ms(&self) -> u64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }
}

/// A fixed moment, and bytes that everybody foresees.
impl<F> crate::auth::Surroundings for Scripted<F> {
    fn wall_clock_ms(&self) -> i64 {
        1_714_564_800_000
    }

    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

/// The body of an [`Answer`].
#[derive(Debug)]
pub struct ScriptedBody {
    answer: Answer,
    position: usize,
    chunk: usize,
}

impl Body for ScriptedBody {
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, TransportError> {
        let end = self.answer.cut_after.unwrap_or(usize::MAX).min(self.answer.body.len());
        if self.position >= end {
            return match self.answer.cut_after {
                Some(_) => Err(TransportError::Unavailable("the answer was cut off".to_owned())),
                None => Ok(false),
            };
        }
        let next = (self.position + self.chunk).min(end);
        buffer.extend_from_slice(&self.answer.body[self.position..next]);
        self.position = next;
        Ok(true)
    }
}
