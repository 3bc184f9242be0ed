//! A service that lies about the time, whose pages have no end: its own stream
//! is told, and the one beside it is served as if alone.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use crate::support::{Running, run, wait_until};

/// Answers as its path's first word says, and counts by it.
#[derive(Clone, Default)]
struct Hostile {
    asked: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Hostile {
    fn start() -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let hostile = Self::default();
        let serving = hostile.clone();
        // Ends with the process of the tests, as do its connections.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(&stream));
            }
        });
        (hostile, port)
    }

    fn asked(&self, mode: &str) -> u64 {
        self.asked.lock().unwrap().get(mode).copied().unwrap_or(0)
    }

    fn serve(&self, stream: &TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut lines = BufReader::new(stream).lines();
        loop {
            let target = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
            while !lines.next()?.ok()?.is_empty() {}
            let mode = target.split('/').nth(1)?.to_owned();
            let number = {
                let mut asked = self.asked.lock().unwrap();
                let number = asked.entry(mode.clone()).or_default();
                *number += 1;
                *number
            };
            let mut stream = stream;
            stream.write_all(answer(&mode, &target, number).as_bytes()).ok()?;
        }
    }
}

fn parameter<'t>(target: &'t str, name: &str) -> Option<&'t str> {
    let query = target.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn answer(mode: &str, target: &str, number: u64) -> String {
    let start = parameter(target, "startTime").unwrap_or_default().replace("%3A", ":");
    let now = chrono::DateTime::<chrono::Utc>::from(SystemTime::now());
    let date = match (mode, number) {
        ("past", _) | ("once", 2) => chrono::DateTime::default(),
        ("days", _) => now - chrono::TimeDelta::days(3),
        _ => now,
    };
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT");
    let next = match (mode, parameter(target, "page")) {
        ("circle", Some("A")) => "opc-next-page: B\r\n".to_owned(),
        ("circle", _) => "opc-next-page: A\r\n".to_owned(),
        ("same" | "empty", _) => format!("opc-next-page: {number}\r\n"),
        _ => String::new(),
    };
    let id = if mode == "same" { "same".to_owned() } else { format!("{mode}-{start}") };
    let (status, more, body) = match (mode, number) {
        ("empty", _) => ("200 OK", "", "[]".to_owned()),
        ("broken", 2) => {
            let date = "Thu, 01 Jan 2015 00:00:01 GMT";
            return format!(
                "HTTP/1.1 503 Unavailable\r\ndate: {date}\r\ncontent-length: 0\r\n\r\n"
            );
        }
        _ => ("200 OK", "", format!("[{}]", record(&id, &start))),
    };
    format!(
        "HTTP/1.1 {status}\r\ndate: {date}\r\ncontent-type: application/json\r\n{more}{next}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn record(id: &str, time: &str) -> String {
    format!(
        r#"{{"eventType":"com.oraclecloud.IdentitySignOn.InteractiveLogin","cloudEventsVersion":"0.1","eventTypeVersion":"2.0","source":"IdentitySignOn","eventId":"{id}","eventTime":"{time}","contentType":"application/json","data":{{"eventName":"InteractiveLogin","identity":{{"principalName":"user.one"}},"message":"InteractiveLogin succeeded"}}}}"#
    )
}

fn config(folder: &Path, port: u16, modes: &[&str]) -> PathBuf {
    let mut text = format!("data_dir = {:?}\n", folder.join("data"));
    for mode in modes {
        text += &format!(
            "[sources.{mode}]\ntype = \"oci_audit\"\nregions = [\"us-ashburn-1\"]\n\
             compartments = [\"ocid1.tenancy.oc1..aaaa\"]\n\
             endpoint = \"http://127.0.0.1:{port}/{mode}\"\nallow_private_addresses = true\n\
             start = \"10m ago\"\npoll_interval = \"1s\"\nlongest_range = \"3m\"\n"
        );
    }
    text += &format!(
        "[sinks.out]\ntype = \"file\"\ninputs = [\"*\"]\npath = {:?}\nformat = \"ocsf\"\n",
        folder.join("out.ndjson")
    );
    let path = folder.join("signon.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Events of a mode that were delivered.
fn delivered(folder: &Path, mode: &str) -> usize {
    let text = std::fs::read_to_string(folder.join("out.ndjson")).unwrap_or_default();
    text.lines().filter(|line| line.contains(&format!("\"{mode}-"))).count()
}

/// Runs these modes until each of them (but those that do nothing wrong) is told.
fn told(modes: &[&str], line: &str) -> Hostile {
    let folder = tempfile::tempdir().unwrap();
    let (hostile, port) = Hostile::start();
    let all: Vec<&str> = modes.iter().copied().chain(["honest"]).collect();
    let config = config(folder.path(), port, &all);
    let running = Running::start(&mut run(&config, false));
    for mode in modes {
        wait_until(&format!("{mode} to be told"), || {
            let text = running.stderr();
            text.lines()
                .any(|found| found.contains(line) && found.contains(&format!("source=\"{mode}\"")))
        });
    }
    wait_until("the honest one to be served", || delivered(folder.path(), "honest") >= 3);
    assert!(
        !running
            .stderr()
            .lines()
            .any(|found| { found.contains("ERROR") && found.contains("source=\"honest\"") })
    );
    running.terminate();
    running.wait().success();
    hostile
}

#[test]
fn a_service_that_lives_in_the_past_is_told() {
    told(&["past", "days"], "Clocks are far apart");
}

#[test]
fn a_run_against_a_service_that_lives_in_the_past_delivers_and_fails() {
    for mode in ["past", "days"] {
        let folder = tempfile::tempdir().unwrap();
        let (_hostile, port) = Hostile::start();
        let config = config(folder.path(), port, &[mode]);
        let finished = crate::support::Finished::of(&mut run(&config, true));
        assert!(finished.refusal(1).contains("the service's clock says"));
        // Ten minutes in ranges of three.
        assert!(delivered(folder.path(), mode) >= 3, "{}", finished.stderr);
    }
}

#[test]
fn one_old_date_or_that_of_an_error_moves_nothing() {
    for mode in ["once", "broken"] {
        let folder = tempfile::tempdir().unwrap();
        let (_hostile, port) = Hostile::start();
        let config = config(folder.path(), port, &[mode]);
        crate::support::Finished::of(&mut run(&config, true)).success();
        assert!(delivered(folder.path(), mode) >= 3);
    }
}

#[test]
fn a_listing_without_an_end_is_told() {
    let modes = ["circle", "same", "empty"];
    let hostile = told(&modes, "Reading does not end");
    for mode in modes {
        let asked = hostile.asked(mode);
        assert!(asked < 10_000, "{mode}: {asked}");
    }
}
