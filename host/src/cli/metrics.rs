//! `/metrics`, `/healthz` and `/coverage`, for whoever watches the process. Nothing
//! can be changed here.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use signon_host::read::{Clock as _, SystemClock};
use signon_host::state::{EmbeddedState, Question, StreamReport, report};
use signon_host::status::{StatusRegistry, exposition};
use signon_host::telemetry::Telemetry;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::callers::{Caller, Callers};
use super::failure::Failure;
use super::{exit, gzip};

/// How long an answer may take: a year of a thousand streams takes seconds.
const ANSWERS: Duration = Duration::from_secs(60);

/// How long to wait when no more connections can be had.
const PAUSE: Duration = Duration::from_millis(100);

/// Most bytes of a question's head: a scraper sends a few hundred.
const LONGEST_QUESTION: usize = 16 << 10;

/// Serves until it is dropped.
#[derive(Debug)]
pub struct Metrics(JoinHandle<()>);

impl Drop for Metrics {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Serves what is told.
pub async fn serve(
    address: SocketAddr,
    telemetry: Telemetry,
    statuses: Arc<StatusRegistry>,
    state: Arc<EmbeddedState>,
) -> Result<Metrics, Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::usage(format!("metrics_listen {address}: {error}; choose another address"))
    })?;
    let bound = listener.local_addr().map_err(Failure::failed)?;
    tracing::info!(address = %bound, "Metrics and health are served.");
    let watched = Watched { telemetry, statuses, state };
    Ok(Metrics(tokio::spawn(accept(listener, watched))))
}

#[derive(Clone)]
struct Watched {
    telemetry: Telemetry,
    statuses: Arc<StatusRegistry>,
    state: Arc<EmbeddedState>,
}

/// What is answered: the status, the type of the text, the text.
type Answer = (StatusCode, &'static str, String);

impl Watched {
    /// Looks where nobody else waits for it: there may be megabytes to tell.
    async fn look(self, at: fn(&Self) -> Answer) -> Answer {
        let answer = tokio::task::spawn_blocking(move || at(&self)).await;
        answer.unwrap_or_else(|error| {
            let text = format!("{}\n", exit::one_line(&error.to_string()));
            (StatusCode::INTERNAL_SERVER_ERROR, TEXT, text)
        })
    }
}

async fn accept(listener: TcpListener, watched: Watched) {
    let mut callers = Callers::new(super::hardening::descriptors(), watched.telemetry.clone());
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, say: others need them more, and the callers can wait.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let watched = watched.clone();
        callers.admit(|caller| {
            let service = {
                let caller = caller.clone();
                service_fn(move |request: Request<Incoming>| {
                    let (watched, caller) = (watched.clone(), caller.clone());
                    async move {
                        caller.asked();
                        let answer = answer(&request, watched, &caller).await;
                        caller.answered();
                        Ok::<_, Infallible>(answer)
                    }
                })
            };
            // One question a connection: whoever asks every few seconds can call anew, and
            // nobody keeps a place by asking again and again.
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .keep_alive(false)
                .max_buf_size(LONGEST_QUESTION)
                .serve_connection(TokioIo::new(stream), service);
            async move {
                // Who goes away in the middle of an answer does not want it.
                let _ = connection.await;
            }
        });
    }
}

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

async fn answer(
    request: &Request<Incoming>,
    watched: Watched,
    caller: &Caller,
) -> Response<Full<Bytes>> {
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => watched.look(metrics).await,
        (&Method::GET | &Method::HEAD, "/healthz") => watched.look(health).await,
        (&Method::GET, "/coverage") => match caller.begin_work() {
            Some(_work) => coverage(request.uri().query(), &watched).await,
            None => (
                StatusCode::SERVICE_UNAVAILABLE,
                TEXT,
                "others ask for coverage already; ask again later\n".to_owned(),
            ),
        },
        (&Method::GET | &Method::HEAD, _) => {
            (StatusCode::NOT_FOUND, TEXT, "/metrics, /healthz or /coverage\n".to_owned())
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET only\n".to_owned()),
    };
    let (body, headers) = gzip::body(text, gzip::is_taken(request.headers())).await;
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}

fn metrics(watched: &Watched) -> Answer {
    let now = SystemClock.now();
    let text = exposition::metrics(&watched.telemetry, &watched.statuses, now);
    (StatusCode::OK, exposition::CONTENT_TYPE, text)
}

fn health(watched: &Watched) -> Answer {
    let (healthy, text) = exposition::health(&watched.statuses);
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, JSON, text)
}

async fn coverage(query: Option<&str>, watched: &Watched) -> Answer {
    let question = match question(query.unwrap_or_default()) {
        Ok(question) => question,
        Err(problem) => {
            return (StatusCode::BAD_REQUEST, TEXT, format!("{}\n", exit::one_line(&problem)));
        }
    };
    let reports = report(watched.state.as_ref(), &question).await;
    let reports = reports.map_err(|error| error.to_string());
    match reports.and_then(|reports| serde_json::to_value(&reports).map_err(|e| e.to_string())) {
        Ok(reports) => (StatusCode::OK, JSON, exposition::json_text(&watched.statuses, reports)),
        Err(problem) => {
            (StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{}\n", exit::one_line(&problem)))
        }
    }
}

/// `source=ID&from=MS&to=MS&head=HASH`, each of them or none; nothing in them needs
/// escaping.
fn question(query: &str) -> Result<Question, String> {
    let mut question = Question { now: SystemClock.now(), ..Question::default() };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let time = || value.parse().map_err(|_| format!("{key}: expected Unix milliseconds"));
        match key {
            "source" => question.source = Some(value.to_owned()),
            "from" => question.from = Some(time()?),
            "to" => question.to = Some(time()?),
            "head" => question.head = Some(value.parse().map_err(|e| format!("head: {e}"))?),
            _ => return Err(format!("{key}: expected source, from, to or head")),
        }
    }
    Ok(question)
}

fn query(question: &Question) -> String {
    let mut pairs = Vec::new();
    pairs.extend(question.source.as_ref().map(|source| format!("source={source}")));
    pairs.extend(question.from.map(|from| format!("from={from}")));
    pairs.extend(question.to.map(|to| format!("to={to}")));
    pairs.extend(question.head.map(|head| format!("head={head}")));
    pairs.join("&")
}

/// Asks the process that serves this address.
pub async fn ask_coverage(
    address: SocketAddr,
    question: &Question,
) -> Result<Vec<StreamReport>, Failure> {
    let failed = |problem: String| {
        Failure::failed(format!(
            "the running signon does not answer at metrics_listen {address}: {problem}"
        ))
    };
    let ask = async {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
                .await
                .map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        let request = Request::get(format!("/coverage?{}", query(question)))
            .header(header::HOST, address.to_string())
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?;
        let body = body.to_bytes();
        if status != StatusCode::OK {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body).trim()));
        }
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    };
    match tokio::time::timeout(ANSWERS, ask).await {
        Ok(answer) => answer.map_err(failed),
        Err(_) => Err(failed(format!("no answer within {} s", ANSWERS.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_survives_its_query() {
        let asked = Question {
            source: Some("acme_oci".into()),
            from: Some(-5),
            to: Some(1_700_000_000_000),
            head: "ab".repeat(32).parse().ok(),
            now: 0,
        };
        let read = question(&query(&asked)).unwrap();
        assert_eq!(
            (read.source, read.from, read.to, read.head),
            (asked.source, asked.from, asked.to, asked.head)
        );
        assert!(question("").unwrap().source.is_none());
        for wrong in ["from=now", "head=12", "cursor=1", "to"] {
            assert!(question(wrong).is_err(), "{wrong}");
        }
    }
}
