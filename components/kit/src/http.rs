//! Requests as guests make them. The transport is a trait, so that everything
//! above it runs natively in tests and measurements; in a component it is
//! `wasi`.
//!
//! A guest attaches no credentials here: the host does as they leave, or `auth` where
//! there is none.

#[cfg(not(target_arch = "wasm32"))]
pub mod scripted;
#[cfg(target_arch = "wasm32")]
pub mod wasi;

/// How to ask. Sources only read; POST is for searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Without a body.
    Get,
    /// With one.
    Post,
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// How to ask.
    pub method: Method,
    /// `scheme://host[:port]`
    pub origin: String,
    /// Path and query exactly as they go on the wire.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Empty for GET.
    pub body: Vec<u8>,
}

/// The head of a response; the body follows piece by piece.
#[derive(Debug)]
pub struct Response<B> {
    /// HTTP status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, unread.
    pub body: B,
}

impl<B> Response<B> {
    /// The first header of that (lower-case) name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no response, or not all of one.
#[derive(Debug, Clone, PartialEq)]
pub enum TransportError {
    /// There is no credential for the request.
    Unauthorized(String),
    /// Whoever runs this component does not allow the request.
    Denied(String),
    /// No connection, no answer, or an answer cut off.
    Unavailable(String),
}

/// Sends requests and knows how time passes.
pub trait Transport {
    /// A response body.
    type Body: Body;

    /// Sends a request and waits for the head of the response.
    fn send(&mut self, request: &Request) -> Result<Response<Self::Body>, TransportError>;

    /// Milliseconds since some fixed moment, never going back.
    fn elapsed_ms(&self) -> u64;
}

/// A response body being read.
pub trait Body {
    /// Appends the next piece; `false` at the end of the body.
    ///
    /// # Errors
    ///
    /// When the body ends before its promised length.
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, TransportError>;
}

/// Reads at most `limit` bytes of a body, for error messages.
pub fn read_head<B: Body>(body: &mut B, limit: usize) -> Vec<u8> {
    let mut head = Vec::new();
    while head.len() < limit {
        match body.read(&mut head) {
            Ok(true) => {}
            Ok(false) | Err(_) => break,
        }
    }
    head.truncate(limit);
    head
}
