//! Attacks through the egress. Each gives back what it saw, a text a request.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody,
    OutgoingRequest, Scheme, http_error_code,
};
use wasip2::io::streams::StreamError;

use crate::export::Order;

/// Does what the order names, if it is one of these.
pub fn attack(order: &Order) -> Vec<String> {
    match order.text("attack") {
        "get" | "leak" => order.texts("urls").into_iter().map(|url| fetch(url, &[])).collect(),
        "follow" => order.texts("urls").into_iter().flat_map(follow).collect(),
        "flood" => flood(order.text("url"), order.number("count")),
        "headers" => headers(order.text("url")),
        "odd-headers" => order
            .texts("names")
            .into_iter()
            .map(|name| fetch(order.text("url"), &[("accept", "*/*"), (name, "x")]))
            .collect(),
        "odd-requests" => odd_requests(order.text("url")),
        "length" => vec![lie_about_length(order.text("url"))],
        "huge-body" => vec![post(order.text("url"), order.number("bytes"))],
        _ => Vec::new(),
    }
}

/// Scheme, authority and target.
fn parts(url: &str) -> (Scheme, &str, &str) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    (scheme, &rest[..end], &rest[end..])
}

fn request(url: &str, method: &Method, fields: &[(&str, &str)]) -> Result<OutgoingRequest, String> {
    let headers = Fields::new();
    for (name, value) in fields {
        headers.append(name, value.as_bytes()).map_err(|error| format!("{error:?}"))?;
    }
    let (scheme, authority, target) = parts(url);
    let request = OutgoingRequest::new(headers);
    request.set_method(method).map_err(|()| "method refused".to_owned())?;
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme refused".to_owned())?;
    request.set_authority(Some(authority)).map_err(|()| "authority refused".to_owned())?;
    request.set_path_with_query(Some(target)).map_err(|()| "target refused".to_owned())?;
    Ok(request)
}

fn start(request: OutgoingRequest) -> Result<FutureIncomingResponse, String> {
    outgoing_handler::handle(request, None).map_err(|code| shown(&code))
}

fn wait(pending: &FutureIncomingResponse) -> Result<IncomingResponse, String> {
    loop {
        match pending.get() {
            Some(Ok(Ok(response))) => return Ok(response),
            Some(Ok(Err(code))) => return Err(shown(&code)),
            Some(Err(())) => return Err("taken twice".to_owned()),
            None => pending.subscribe().block(),
        }
    }
}

fn shown(code: &ErrorCode) -> String {
    match code {
        ErrorCode::InternalError(Some(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// `200 <bytes read> <content-encoding> <start of the body>`, or the error.
fn fetch(url: &str, fields: &[(&str, &str)]) -> String {
    let response = request(url, &Method::Get, fields).and_then(start).and_then(|p| wait(&p));
    match response {
        Ok(response) => read(&response),
        Err(error) => error,
    }
}

fn read(response: &IncomingResponse) -> String {
    let encoding = response.headers().get("content-encoding").pop().unwrap_or_default();
    let encoding = String::from_utf8_lossy(&encoding).into_owned();
    let status = response.status();
    let Ok(body) = response.consume() else { return "no body".to_owned() };
    let Ok(stream) = body.stream() else { return "no stream".to_owned() };
    let (mut length, mut head) = (0, Vec::new());
    let end = loop {
        match stream.blocking_read(64 << 10) {
            Ok(bytes) => {
                length += bytes.len();
                if head.len() < 2_000 {
                    head.extend_from_slice(&bytes);
                }
            }
            Err(StreamError::Closed) => break String::new(),
            Err(StreamError::LastOperationFailed(error)) => {
                break http_error_code(&error)
                    .map_or_else(|| error.to_debug_string(), |c| shown(&c));
            }
        }
    };
    head.truncate(2_000);
    format!("{status} {length} [{encoding}] {} {end}", String::from_utf8_lossy(&head))
}

/// Follows what a service says comes next, as a careless client would.
fn follow(url: &str) -> Vec<String> {
    let answer = request(url, &Method::Get, &[]).and_then(start).and_then(|p| wait(&p));
    let Ok(response) = answer else { return vec!["no answer".to_owned()] };
    let mut seen = vec![response.status().to_string()];
    for name in ["location", "opc-next-page"] {
        for value in response.headers().get(name) {
            seen.push(fetch(&String::from_utf8_lossy(&value), &[]));
        }
    }
    seen
}

/// Starts all, then waits for all.
fn flood(url: &str, count: usize) -> Vec<String> {
    let pending: Vec<_> =
        (0..count).filter_map(|_| request(url, &Method::Get, &[]).and_then(start).ok()).collect();
    let mut seen: Vec<String> = Vec::new();
    for future in pending {
        let text = match wait(&future) {
            Ok(response) => response.status().to_string(),
            Err(error) => error,
        };
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

/// Headers that are not a guest's to set, or that are two.
fn headers(url: &str) -> Vec<String> {
    [
        ("host", "evil.example"),
        ("authorization", "Basic ZXZpbA=="),
        ("proxy-authorization", "Basic ZXZpbA=="),
        ("cookie", "session=1"),
        ("connection", "keep-alive, x-secret"),
        ("transfer-encoding", "chunked"),
        ("te", "trailers"),
        ("trailer", "x"),
        ("upgrade", "h2c"),
        ("keep-alive", "timeout=9"),
        ("expect", "100-continue"),
        ("forwarded", "for=127.0.0.1"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "evil.example"),
        ("x-http-method-override", "DELETE"),
        ("x-original-url", "/admin"),
        ("opc-obo-token", "x"),
        ("x-date", "x"),
        ("x-a", "b\r\nx-smuggled: 1"),
        ("x-a", "b\nx-smuggled: 1"),
        ("x-a\r\nx-smuggled", "1"),
        ("x-a: b\r\nx-smuggled", "1"),
        ("x-a", "b\0c"),
        ("", "1"),
    ]
    .into_iter()
    .map(|field| format!("{}: {}", field.0, fetch(url, &[field])))
    .collect()
}

/// Request lines that are two, or another.
fn odd_requests(url: &str) -> Vec<String> {
    let attempt = |url: &str, method: &Method| {
        let answer = request(url, method, &[]).and_then(start).and_then(|p| wait(&p));
        answer.map_or_else(|error| error, |response| read(&response))
    };
    let authority = parts(url).1;
    let mut seen: Vec<String> = [
        format!("{url} HTTP/1.1\r\nx-smuggled: 1\r\n\r\nGET /other"),
        format!("{url}\nx-smuggled: 1"),
        format!("http://{authority}\r\nx-smuggled: 1/"),
        format!("http://user:secret@{authority}/"),
        format!("http://user@{authority}/"),
        format!("http://{authority}/granted/../secret"),
        format!("http://{authority}/granted/%2e%2e/secret"),
        format!("http://{authority}/granted/..%2fsecret"),
        format!("http://{authority}/granted//secret"),
        format!("http://{authority}/granted\\..\\secret"),
        format!("ftp://{authority}/granted"),
        "file:///etc/passwd".to_owned(),
    ]
    .iter()
    .map(|odd| attempt(odd, &Method::Get))
    .collect();
    let methods = [
        Method::Connect,
        Method::Trace,
        Method::Put,
        Method::Delete,
        Method::Patch,
        Method::Options,
        Method::Other("GET /secret HTTP/1.1\r\n\r\nGET".to_owned()),
        Method::Other("PROPFIND".to_owned()),
    ];
    seen.extend(methods.iter().map(|method| attempt(url, method)));
    seen
}

/// Announces less than it sends: what follows would be a request of its own.
fn lie_about_length(url: &str) -> String {
    let smuggled = b"xGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
    let sent = request(url, &Method::Post, &[("content-length", "1")]).and_then(|request| {
        let body = request.body().map_err(|()| "no body".to_owned())?;
        let pending = start(request)?;
        let stream = body.write().map_err(|()| "no stream".to_owned())?;
        let written = stream.blocking_write_and_flush(smuggled);
        drop(stream);
        let finished = OutgoingBody::finish(body, None);
        let note = format!("{} {}", written.is_ok(), finished.is_ok());
        wait(&pending).map(|response| format!("{note} {}", read(&response)))
    });
    sent.unwrap_or_else(|error| error)
}

fn post(url: &str, bytes: usize) -> String {
    let sent = request(url, &Method::Post, &[]).and_then(|request| {
        let body = request.body().map_err(|()| "no body".to_owned())?;
        let pending = start(request)?;
        let stream = body.write().map_err(|()| "no stream".to_owned())?;
        let piece = [b'x'; 4096];
        for _ in 0..bytes.div_ceil(piece.len()) {
            if stream.blocking_write_and_flush(&piece).is_err() {
                break;
            }
        }
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
        wait(&pending).map(|response| read(&response))
    });
    sent.unwrap_or_else(|error| error)
}
