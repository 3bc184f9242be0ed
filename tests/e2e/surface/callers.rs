//! Callers of `metrics_listen` that hold what they get.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::support::{Running, Service, ids_so_far, options, run, wait_until};

/// An address that nobody listens at.
pub fn free_address() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().to_string()
}

/// A whole answer of the process.
pub fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    (!text.is_empty()).then_some(text)
}

/// The accepted connections of `port` that a process holds, by what the system says of its
/// descriptors: sources, sinks and state open some of their own whenever they like.
#[cfg(target_os = "linux")]
fn accepted(process: u32, port: u16) -> usize {
    const LISTENING: &str = "0A";
    let table = std::fs::read_to_string(format!("/proc/{process}/net/tcp")).unwrap();
    let local = format!("0100007F:{port:04X}");
    let connections: std::collections::HashSet<String> = (table.lines())
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.get(1) == Some(&local.as_str()) && fields[3] != LISTENING)
        .map(|fields| format!("socket:[{}]", fields[9]))
        .collect();
    let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    (descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()))
        .filter(|target| connections.contains(&*target.to_string_lossy()))
        .count()
}

/// Opens more connections than the process may have descriptors, each of a kind that
/// gives nothing back, and sees that they take their share, that whoever asks is answered,
/// and that the source goes on.
#[cfg(target_os = "linux")]
fn assert_held(run: impl FnOnce(&std::path::Path) -> std::process::Command, most: usize) {
    let service = Service::start(options());
    let address = free_address();
    let text = format!("metrics_listen = \"{address}\"\n{}", service.config().text());
    let path = service.path("watched.toml");
    std::fs::write(&path, text).unwrap();
    let running = Running::start(&mut run(&path));
    wait_until("the listener", || get(&address, "/healthz").is_some());
    let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let questions = [
        String::new(),
        "GET /metrics HTTP/1.1\r\nhost: a\r\n".to_owned(),
        "GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n".repeat(3000),
        "GET /x HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
        "POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n".to_owned(),
    ];
    let mut held = Vec::new();
    for number in 0..400 {
        let Ok(mut stream) = TcpStream::connect(&address) else { continue };
        stream.set_nonblocking(true).unwrap();
        // Whether it is taken is not the point.
        let _ = stream.write(questions[number % questions.len()].as_bytes());
        held.push(stream);
    }
    assert!(held.len() > 300);
    let health = get(&address, "/healthz").expect("an answer beside all those");
    assert!(health.starts_with("HTTP/1.1 200") || health.starts_with("HTTP/1.1 503"), "{health}");
    let now = accepted(running.id(), port);
    // One that lost its place is closed when its task is next looked at.
    assert!((1..=most + 4).contains(&now), "{now} accepted connections");
    let truth = service.simulator.truth().len();
    wait_until("all events", || ids_so_far(&service.events()).len() == truth);
    drop(held);
    running.terminate();
    running.wait().success();
}

#[cfg(target_os = "linux")]
#[test]
fn callers_that_hold_their_places_take_no_more_than_theirs_and_others_are_answered() {
    // The most there ever may be.
    assert_held(|path| run(path, false), 32);
}

#[cfg(target_os = "linux")]
#[test]
fn where_descriptors_are_few_callers_leave_the_sources_theirs() {
    // 8 for callers; sources, sinks and files keep the other 56.
    let few = |path: &std::path::Path| {
        let command = run(path, false);
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg("ulimit -n 64; exec \"$0\" \"$@\"");
        shell.arg(command.get_program()).args(command.get_args());
        shell
    };
    assert_held(few, 8);
}
