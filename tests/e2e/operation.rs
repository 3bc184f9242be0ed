//! What an operator does with a process that runs: watch it, ask it, back it up, give
//! it another configuration.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use signon_simulator::{Options, Service as Simulated};

use crate::support::{ConfigFile, Running, Service, ids, options, run, wait_until, whole_lines};

struct Watched {
    path: PathBuf,
    address: String,
}

fn with_metrics(service: &Service, config: ConfigFile) -> Watched {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let text = format!("metrics_listen = \"{address}\"\n{}", config.text());
    let path = service.path("watched.toml");
    std::fs::write(&path, text).unwrap();
    Watched { path, address }
}

/// The body of an answer of the process.
fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n")?.1.to_owned()))
}

#[test]
fn a_running_process_answers_for_its_ledger() {
    let service = Service::start(options());
    let config = with_metrics(&service, service.config().set("readings", "[\"0s\"]"));
    let running = Running::start(&mut run(&config.path, false));
    let truth = service.simulator.truth().len();
    wait_until("all events", || ids(&service.events()).len() == truth);
    wait_until("coverage", || {
        let answer = service.coverage(&config.path, &["--json"]);
        answer.code == Some(0) && {
            let report: Value = serde_json::from_str(answer.stdout.trim()).unwrap();
            report["counts"]["emitted"] == truth
        }
    });
    running.terminate();
    running.wait().success();
}

#[test]
fn metrics_and_health_tell_where_each_source_stands() {
    let service = Service::start(options());
    let watched = with_metrics(&service, service.config());
    let running = Running::start(&mut run(&watched.path, false));
    let truth = service.simulator.truth().len();
    wait_until("the counter", || {
        get(&watched.address, "/metrics").is_some_and(|(_, text)| {
            text.contains(&format!("signon_events_emitted_total {truth}\n"))
                && text.contains("phase=\"waiting\"} 1")
                && text.contains("signon_read_until_seconds{tenant=\"simulated\"")
        })
    });
    let (status, health) = get(&watched.address, "/healthz").unwrap();
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!((status, &health["healthy"]), (200, &Value::Bool(true)), "{health}");
    assert_eq!(health["streams"][0]["source"], "oci_audit");
    assert_eq!(get(&watched.address, "/etc/passwd").unwrap().0, 404);
    assert_eq!(get(&watched.address, "/coverage?from=yesterday").unwrap().0, 400);
    running.terminate();
    running.wait().success();
}

#[test]
fn a_source_that_cannot_start_is_unwell_and_the_others_go_on() {
    let options = Options { services: vec![Simulated::OciAudit, Simulated::Oam], ..options() };
    let service = Service::start(options);
    let config = service.config().set_in("oam", "format", "\"csv\"");
    let watched = with_metrics(&service, config);
    let running = Running::start(&mut run(&watched.path, false));
    wait_until("health", || {
        get(&watched.address, "/healthz")
            .is_some_and(|(status, text)| status == 503 && text.contains("\"source\":\"oam\""))
    });
    let truth = service.truth_of(&[Simulated::OciAudit]).len();
    wait_until("the other one", || ids(&service.events()).len() == truth);
    running.terminate();
    let _ = running.wait();
}

#[test]
fn a_backup_taken_while_running_goes_on_where_it_was_taken() {
    let service = Service::start(options());
    let config = service.path("signon.toml");
    let running = Running::start(&mut run(&config, false));
    let truth = service.simulator.truth().len();
    wait_until("all events", || ids(&service.events()).len() == truth);
    running.signal("USR1");
    let backup = service.path("state/state.backup.redb");
    wait_until("the backup", || backup.exists());
    running.terminate();
    running.wait().success();
    let delivered = whole_lines(&service.events());
    std::fs::rename(&backup, service.path("state/state.redb")).unwrap();
    assert_eq!(service.collect().counted("emitted"), 0);
    assert_eq!(whole_lines(&service.events()), delivered);
}

#[test]
fn a_configuration_read_anew_starts_stops_and_changes_sources_without_losing_their_place() {
    let both = Options { services: vec![Simulated::OciAudit, Simulated::Idcs], ..options() };
    let service = Service::start(both);
    let full = service.config().text();
    let (head, rest) = full.split_once("[sources.idcs]").unwrap();
    let sinks = &rest[rest.find("[sinks.file]").unwrap()..];
    let one = format!("{head}{}", sinks.replace(", \"idcs\"", ""));
    let live = service.path("live.toml");
    std::fs::write(&live, &one).unwrap();
    let running = Running::start(&mut run(&live, false));
    let first = service.truth_of(&[Simulated::OciAudit]);
    wait_until("the first source", || ids(&service.events()) == first);

    // A broken file changes nothing.
    std::fs::write(&live, "data_dir = 5").unwrap();
    running.signal("HUP");
    wait_until("the refusal", || running.stderr().contains("New configuration refused"));

    std::fs::write(&live, &full).unwrap();
    running.signal("HUP");
    let all = service.truth_of(&[Simulated::OciAudit, Simulated::Idcs]);
    wait_until("the second source", || ids(&service.events()) == all);
    assert!(running.stderr().contains("started=1 stopped=0 changed=1"), "{}", running.stderr());

    std::fs::write(&live, one.replace("tenant = \"simulated\"", "tenant = \"other\"")).unwrap();
    running.signal("HUP");
    wait_until("the change", || running.stderr().contains("started=0 stopped=1"));
    running.terminate();
    running.wait().success();
    assert_eq!(ids(&service.events()), all);
}
