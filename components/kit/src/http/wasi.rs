//! The transport of a component: `wasi:http/outgoing-handler`, one request at a
//! time, the body in pieces as they arrive.

use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, OutgoingBody,
    OutgoingRequest, Scheme, http_error_code,
};
use wasip2::io::streams::{InputStream, StreamError};

use super::{Body, Method, Request, Response, Transport, TransportError};

/// Bytes asked for at once: large enough to make calls over the boundary rare,
/// small beside the memory a page may take.
const CHUNK: u64 = 64 * 1024;

/// Requests through `wasi:http`.
#[derive(Debug, Default)]
pub struct WasiTransport;

impl Transport for WasiTransport {
    type Body = WasiBody;

    fn send(&mut self, request: &Request) -> Result<Response<WasiBody>, TransportError> {
        let outgoing = outgoing(request)?;
        // A body that is taken has to be finished; for GET it stays untouched.
        let body = match request.method {
            Method::Get => None,
            Method::Post => outgoing.body().ok(),
        };
        let pending = outgoing_handler::handle(outgoing, None).map_err(|e| error(&e))?;
        if let Some(body) = body {
            write(&request.body, body)?;
        }
        incoming(wait(&pending)?)
    }

    fn elapsed_ms(&self) -> u64 {
        monotonic_clock::now() / 1_000_000
    }
}

impl crate::auth::Surroundings for WasiTransport {
    fn wall_clock_ms(&self) -> i64 {
        wall_clock_ms()
    }

    fn random(&mut self, buffer: &mut [u8]) {
        let bytes = wasip2::random::random::get_random_bytes(buffer.len() as u64);
        buffer.copy_from_slice(&bytes);
    }
}

/// The time of day, in milliseconds since 1970.
pub fn wall_clock_ms() -> i64 {
    let now = wall_clock::now();
    i64::try_from(now.seconds).unwrap_or(i64::MAX / 1000).saturating_mul(1000)
        + i64::from(now.nanoseconds / 1_000_000)
}

fn outgoing(request: &Request) -> Result<OutgoingRequest, TransportError> {
    let refused = |what: &str| TransportError::Denied(format!("the runtime refuses the {what}"));
    let headers = Fields::new();
    for (name, value) in &request.headers {
        headers.append(name, value.as_bytes()).map_err(|_| refused("request header"))?;
    }
    let (scheme, authority) =
        request.origin.split_once("://").ok_or_else(|| refused("origin, which has no scheme"))?;
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    let outgoing = OutgoingRequest::new(headers);
    let method = match request.method {
        Method::Get => wasip2::http::types::Method::Get,
        Method::Post => wasip2::http::types::Method::Post,
    };
    outgoing.set_method(&method).map_err(|()| refused("method"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| refused("scheme"))?;
    outgoing.set_authority(Some(authority)).map_err(|()| refused("authority"))?;
    outgoing.set_path_with_query(Some(&request.target)).map_err(|()| refused("request target"))?;
    Ok(outgoing)
}

fn write(bytes: &[u8], body: OutgoingBody) -> Result<(), TransportError> {
    /// What `blocking-write-and-flush` takes at once.
    const PIECE: usize = 4096;
    let lost = || TransportError::Unavailable("the request body cannot be written".into());
    let stream = body.write().map_err(|()| lost())?;
    for piece in bytes.chunks(PIECE) {
        stream.blocking_write_and_flush(piece).map_err(|_| lost())?;
    }
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|code| error(&code))
}

fn wait(pending: &FutureIncomingResponse) -> Result<IncomingResponse, TransportError> {
    loop {
        match pending.get() {
            Some(Ok(Ok(response))) => return Ok(response),
            Some(Ok(Err(code))) => return Err(error(&code)),
            Some(Err(())) => {
                return Err(TransportError::Unavailable("the response was taken twice".into()));
            }
            None => pending.subscribe().block(),
        }
    }
}

fn incoming(response: IncomingResponse) -> Result<Response<WasiBody>, TransportError> {
    let headers = response
        .headers()
        .entries()
        .into_iter()
        .filter_map(|(name, value)| {
            Some((name.to_ascii_lowercase(), String::from_utf8(value).ok()?))
        })
        .collect();
    let lost = |()| TransportError::Unavailable("the response has no body to read".into());
    let body = response.consume().map_err(lost)?;
    let stream = body.stream().map_err(lost)?;
    Ok(Response { status: response.status(), headers, body: WasiBody { stream, _body: body } })
}

/// A response body; the stream has to go before the body it belongs to.
#[derive(Debug)]
pub struct WasiBody {
    stream: InputStream,
    _body: IncomingBody,
}

impl Body for WasiBody {
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, TransportError> {
        match self.stream.blocking_read(CHUNK) {
            Ok(bytes) => {
                buffer.extend_from_slice(&bytes);
                Ok(true)
            }
            Err(StreamError::Closed) => Ok(false),
            Err(StreamError::LastOperationFailed(failure)) => match http_error_code(&failure) {
                Some(code) => Err(error(&code)),
                None => Err(TransportError::Unavailable(failure.to_debug_string())),
            },
        }
    }
}

fn error(code: &ErrorCode) -> TransportError {
    match code {
        ErrorCode::HttpRequestDenied => TransportError::Denied(
            "the host denies this request; its log names the missing access rule".into(),
        ),
        ErrorCode::DestinationIpProhibited => TransportError::Denied(
            "the host denies the address this name resolves to; its log names it".into(),
        ),
        ErrorCode::InternalError(Some(text)) => TransportError::Unavailable(text.clone()),
        other => TransportError::Unavailable(format!("{other:?}")),
    }
}
