//! What an operator does with a process that runs: watch it, ask it, back it up, give
//! it another configuration.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};

use serde_json::Value;
use signon_simulator::{Options, Service as Simulated};

use crate::support::{
    PATIENCE, Running, Service, get, ids, ids_so_far, metrics_address, options, run, whole_lines,
    with_metrics,
};

/// Events of all sources, as metrics count them.
fn emitted(metrics: &str) -> usize {
    let records = metrics.lines().filter(|line| line.starts_with("signon_source_records_total{"));
    let emitted = records.filter(|line| line.contains("outcome=\"emitted\""));
    emitted.map(|line| line.rsplit_once(' ').unwrap().1.parse::<usize>().unwrap()).sum()
}

/// Waits until so many events are delivered and committed.
fn until_committed(running: &mut Running, address: &str, events: usize) {
    running.until("the counter", |_| {
        get(address, "/metrics").is_some_and(|(_, text)| emitted(&text) == events)
    });
}

#[test]
fn a_running_process_answers_for_its_ledger() {
    let service = Service::start(options());
    let config = with_metrics(&service, &service.config().set("readings", "[\"0s\"]"));
    let mut running = Running::start(&mut run(&config, false));
    let address = metrics_address(&mut running);
    // An operator's configuration names the port.
    let text = std::fs::read_to_string(&config).unwrap().replace("127.0.0.1:0", &address);
    let asking = service.path("asking.toml");
    std::fs::write(&asking, text).unwrap();
    let truth = service.simulator.truth().len();
    until_committed(&mut running, &address, truth);
    let answer = service.coverage(&asking, &["--json"]).success();
    let report: Value = serde_json::from_str(answer.stdout.trim()).unwrap();
    assert_eq!(report["counts"]["emitted"], truth, "{report}");
    running.terminate();
    running.wait().success();
}

#[test]
fn metrics_and_health_tell_where_each_source_stands() {
    let service = Service::start(options());
    let watched = with_metrics(&service, &service.config());
    let mut running = Running::start(&mut run(&watched, false));
    let address = metrics_address(&mut running);
    let truth = service.simulator.truth().len();
    until_committed(&mut running, &address, truth);
    running.until("the rest", |_| {
        get(&address, "/metrics").is_some_and(|(_, text)| {
            let source = "source=\"oci_audit\",tenant=\"simulated\"";
            [
                "signon_streams{phase=\"waiting\"} 1".to_owned(),
                format!("signon_source_up{{{source}}} 1"),
                format!("signon_source_lag_seconds{{{source}}}"),
                format!("signon_stream_read_until_timestamp_seconds{{{source},stream="),
                "signon_request_duration_seconds_count{type=\"oci_audit\",status=\"2xx\"}"
                    .to_owned(),
                "signon_delivery_duration_seconds_count{type=\"file\"}".to_owned(),
                format!("signon_event_delay_seconds_count{{type=\"oci_audit\"}} {truth}\n"),
                "signon_sink_events_total{sink=\"file\"} ".to_owned(),
            ]
            .iter()
            .all(|expected| text.contains(expected))
                && text.contains("phase=\"waiting\"} 1")
        })
    });
    assert_packed_is_the_same(&address);
    let (status, health) = get(&address, "/healthz").unwrap();
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!((status, &health["healthy"]), (200, &Value::Bool(true)), "{health}");
    assert_eq!(health["streams"][0]["source"], "oci_audit");
    assert_eq!(get(&address, "/etc/passwd").unwrap().0, 404);
    assert_eq!(get(&address, "/coverage?from=yesterday").unwrap().0, 400);
    running.terminate();
    running.wait().success();
}

/// Who asks for gzip gets it, and reads the same.
fn assert_packed_is_the_same(address: &str) {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&answer[end..]).read_to_string(&mut text).unwrap();
    assert!(text.len() > 2 * (answer.len() - end) && text.ends_with('\n'), "{text}");
    let (_, plain) = get(address, "/metrics").unwrap();
    let names = |text: &str| -> BTreeSet<String> {
        text.lines().filter(|line| line.starts_with("# TYPE")).map(str::to_owned).collect()
    };
    assert_eq!(names(&text), names(&plain));
}

#[test]
fn a_source_that_cannot_start_is_unwell_and_the_others_go_on() {
    let options = Options { services: vec![Simulated::OciAudit, Simulated::Oam], ..options() };
    let service = Service::start(options);
    let config = service.config().set_in("oam", "format", "\"csv\"");
    let mut running = Running::start(&mut run(&with_metrics(&service, &config), false));
    let address = metrics_address(&mut running);
    running.until("health", |_| {
        get(&address, "/healthz")
            .is_some_and(|(status, text)| status == 503 && text.contains("\"source\":\"oam\""))
    });
    let truth = service.truth_of(&[Simulated::OciAudit]).len();
    running.until("the other one", |_| ids_so_far(&service.events()).len() == truth);
    running.terminate();
    let _ = running.wait();
}

#[test]
fn a_backup_taken_while_running_goes_on_where_it_was_taken() {
    let service = Service::start(options());
    let mut running = Running::start(&mut run(&with_metrics(&service, &service.config()), false));
    let address = metrics_address(&mut running);
    // What is in the file but not yet in the state is not in its backup.
    until_committed(&mut running, &address, service.simulator.truth().len());
    running.signal("USR1");
    running.until("the backup", |running| running.stderr().contains("State backed up."));
    running.terminate();
    running.wait().success();
    let backup = service.path("state/state.backup.redb");
    let delivered = whole_lines(&service.events());
    std::fs::rename(&backup, service.path("state/state.redb")).unwrap();
    assert_eq!(service.collect().counted("emitted"), 0);
    assert_eq!(whole_lines(&service.events()), delivered);
}

#[test]
fn a_configuration_read_anew_starts_stops_and_changes_sources_without_losing_their_place() {
    let both = Options { services: vec![Simulated::OciAudit, Simulated::Idcs], ..options() };
    let service = Service::start(both);
    let full = format!("metrics_listen = \"127.0.0.1:0\"\n{}", service.config().text());
    let (head, rest) = full.split_once("[sources.idcs]").unwrap();
    let sinks = &rest[rest.find("[sinks.file]").unwrap()..];
    let one = format!("{head}{}", sinks.replace(", \"idcs\"", ""));
    let live = service.path("live.toml");
    std::fs::write(&live, &one).unwrap();
    let mut running = Running::start(&mut run(&live, false));
    let address = metrics_address(&mut running);
    let is_told = |source: &str| {
        let label = format!("source=\"{source}\"");
        get(&address, "/metrics").is_some_and(|(_, text)| text.contains(&label))
    };
    let first = service.truth_of(&[Simulated::OciAudit]);
    running.until("the first source", |_| ids_so_far(&service.events()) == first);

    // A broken file changes nothing.
    std::fs::write(&live, "data_dir = 5").unwrap();
    running.signal("HUP");
    running.until("the refusal", |running| running.stderr().contains("New configuration refused"));

    std::fs::write(&live, &full).unwrap();
    running.signal("HUP");
    let all = service.truth_of(&[Simulated::OciAudit, Simulated::Idcs]);
    running.until("the second source", |_| ids_so_far(&service.events()) == all);
    running
        .until("word of it", |running| running.stderr().contains("started=1 stopped=0 changed=1"));
    assert!(is_told("oci_audit") && is_told("idcs"));

    std::fs::write(&live, one.replace("tenant = \"simulated\"", "tenant = \"other\"")).unwrap();
    running.signal("HUP");
    running.until("the change", |running| running.stderr().contains("started=0 stopped=1"));
    assert!(is_told("oci_audit") && !is_told("idcs"));
    running.terminate();
    running.wait().success();
    assert_eq!(ids(&service.events()), all);
}
