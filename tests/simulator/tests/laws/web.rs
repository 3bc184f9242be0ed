//! Requests to services that are not signed for, and the files that say how to
//! get in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use signon_simulator::{Faults, Options, Service, Simulator};
use tokio::net::TcpStream;

use crate::client::{Reply, options, start};

/// All services, with few records of OCI Audit.
pub fn all_services() -> Options {
    Options { services: Service::ALL.to_vec(), ..options(400) }
}

pub async fn start_all(faults: &[&str]) -> Simulator {
    start(Options { faults: Faults::parse_all(faults).unwrap(), ..all_services() }).await
}

/// One request on a connection of its own.
pub async fn ask(
    simulator: &Simulator,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let stream = TcpStream::connect(simulator.address()).await.unwrap();
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.ok().map(|body| body.to_bytes()),
    }
}

pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A file that the simulator writes for its clients.
pub fn written(simulator: &Simulator, name: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    simulator.write_config(directory.path()).unwrap();
    std::fs::read_to_string(directory.path().join(name)).unwrap()
}

/// A file with this content, kept as long as the directory.
pub fn file(content: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events");
    std::fs::write(&path, content).unwrap();
    (directory, path)
}
