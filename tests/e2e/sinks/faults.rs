//! What goes wrong on the way to a receiver, or with the process itself.

use std::collections::BTreeSet;

use super::*;
use crate::support::{Running, ids_so_far, say};

#[test]
fn nothing_is_lost_whatever_goes_wrong_at_the_receiver() {
    for (fault, keys) in [
        ("none", "encoding = \"json_array\"\ncompression = \"gzip\""),
        ("503", "batch_events = 10"),
        ("429", "batch_events = 20"),
        ("413", ""),
        ("cut", "batch_events = 10"),
        ("slow", ""),
        ("lost", "batch_events = 10"),
    ] {
        let service = Service::start(options());
        let Some(receiver) = Receiver::start(service.folder(), fault) else { return };
        let config = http_config(&service, "http.toml", receiver.port, keys);
        service.once(&config).success();
        let taken = receiver.taken();
        let ids: BTreeSet<String> = taken.keys().cloned().collect();
        assert_eq!(ids, service.simulator.truth(), "{fault}");
        let twice = taken.values().filter(|count| **count > 1).count();
        if fault == "lost" {
            assert!(twice > 0, "the answers were lost, so some have to come twice");
            say(&format!("answers lost: {twice} of {} events came twice", taken.len()));
        } else {
            assert_eq!(twice, 0, "{fault}");
        }
    }
}

#[test]
fn killed_again_and_again_only_what_was_in_flight_comes_twice() {
    let service = Service::with_faults(options(), &["latency=10"]);
    // So slow that most kills come while a request is under way.
    let Some(receiver) = Receiver::start(service.folder(), "slow") else { return };
    let config = http_config(&service, "http.toml", receiver.port, "batch_events = 5");
    let mut kills = 0;
    for wait in [100, 150, 200, 250, 300, 350, 400, 500] {
        let asked = service.simulator.statistics().requests;
        let mut running = Running::start(&mut run(&config, true));
        running.ends_before("a page", |_| service.simulator.statistics().requests > asked + 1);
        // A moment of its work: any will do.
        std::thread::sleep(std::time::Duration::from_millis(wait));
        kills += u32::from(running.kill());
    }
    service.once(&config).success();
    let taken = receiver.taken();
    let ids: BTreeSet<String> = taken.keys().cloned().collect();
    assert_eq!(ids, service.simulator.truth());
    let more: u32 = taken.values().map(|count| count - 1).sum();
    say(&format!("{kills} kills: {more} of {} events came twice", taken.len()));
    // Each kill may repeat the batch it hit, and that once.
    assert!(taken.values().all(|count| *count <= kills + 1));
}

#[test]
fn a_dead_sink_blocks_only_its_own_inputs() {
    let service = Service::start(options());
    let Some(mut receiver) = Receiver::start_away(service.folder(), "none") else { return };
    let port = receiver.port;
    let text = service.config().text();
    let (head, sinks) = text.split_once("[sinks.").unwrap();
    let (_, source) = head.split_once("[sources.oci_audit]").unwrap();
    let second = format!("[sources.second]{source}");
    let dead = format!(
        "\n[sinks.siem]\ntype = \"http\"\ninputs = [\"second\"]\n\
         uri = \"http://127.0.0.1:{port}/\"\nretry_for = \"1s\"\ntimeout = \"10m\"\n"
    );
    let config = service.path("two.toml");
    std::fs::write(&config, format!("{head}{second}[sinks.{sinks}{dead}")).unwrap();
    let mut running = Running::start(&mut run(&config, false));
    running
        .until("the living sink", |_| ids_so_far(&service.events()) == service.simulator.truth());
    running.until("word of the dead one", |running| {
        let log = running.stderr();
        log.contains("Sink not ready") && log.contains("Sink failed")
    });
    receiver.arrive();
    running.until("the sink's return", |_| {
        receiver.taken().keys().cloned().collect::<BTreeSet<_>>() == service.simulator.truth()
    });
    running.terminate();
    running.wait().success();
    assert!(receiver.taken().values().all(|count| *count == 1));
}

#[test]
fn a_sink_that_takes_events_gets_none_twice_while_another_of_its_source_is_dead() {
    let service = Service::start(options());
    let Some(receiver) = Receiver::start(service.folder(), "none") else { return };
    let config = http_config(&service, "http.toml", receiver.port, "");
    let Some(dead) = Receiver::start_away(service.folder(), "none") else { return };
    let dead = format!(
        "\n[sinks.zzz]\ntype = \"http\"\ninputs = [\"*\"]\n\
         uri = \"http://127.0.0.1:{}/\"\nretry_for = \"1s\"\n",
        dead.port
    );
    let text = std::fs::read_to_string(&config).unwrap() + &dead;
    std::fs::write(&config, text).unwrap();
    let mut running = Running::start(&mut run(&config, false));
    running.until("three failures", |running| running.stderr().matches("Sink failed").count() >= 3);
    running.terminate();
    running.wait().success();
    let taken = receiver.taken();
    assert!(!taken.is_empty() && taken.values().all(|count| *count == 1), "{taken:?}");
}

#[test]
fn no_secret_of_a_sink_is_logged_even_if_the_receiver_echoes_it() {
    let service = Service::start(options());
    let Some(receiver) = Receiver::start(service.folder(), "echo") else { return };
    let keys = "headers = { x-key = \"tops3cret\" }\n\
                auth = { type = \"bearer\", token = \"hunter22\" }";
    let config = http_config(&service, "http.toml", receiver.port, keys);
    let finished = Finished::of(run(&config, true).env("SIGNON_LOG", "trace"));
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("answered 403"), "{}", finished.stderr);
    for secret in ["tops3cret", "hunter22"] {
        assert!(!finished.stderr.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn check_tells_a_receiver_that_is_not_there() {
    let service = Service::start(options());
    let Some(receiver) = Receiver::start_away(service.folder(), "none") else { return };
    let port = receiver.port;
    let config = http_config(&service, "http.toml", port, "");
    let finished = Finished::of(signon(["check", "--config"]).arg(&config));
    assert_eq!(finished.code, Some(1));
    let told = format!("sink siem: error: http://127.0.0.1:{port}/in: Connection refused");
    assert!(finished.stdout.contains(&told), "{}", finished.stdout);
    assert!(!service.path("state").exists(), "check left something behind");
}
