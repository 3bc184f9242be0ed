//! OTLP and Splunk's collector, from the service to the receiver.

use std::collections::BTreeSet;

use super::*;

#[test]
fn otlp_brings_every_event_once() {
    let service = Service::start(options());
    let Some(receiver) = Receiver::start(service.folder(), "503") else { return };
    let keys = format!(
        "type = \"otlp\"\nendpoint = \"http://127.0.0.1:{}\"\nencoding = \"json\"\n\
         compression = \"gzip\"\nbatch_events = 20",
        receiver.port
    );
    let config = sink_config(&service, "otlp.toml", &keys);
    service.once(&config).success();
    let taken = receiver.taken();
    assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), service.simulator.truth());
    assert!(taken.values().all(|count| *count == 1));
}

#[test]
fn splunk_has_every_event_though_its_collector_starts_anew_again_and_again() {
    let service = Service::start(options());
    let Some(receiver) = Receiver::start(service.folder(), "forgets") else { return };
    let keys = format!(
        "type = \"splunk_hec\"\nendpoint = \"http://127.0.0.1:{}\"\ntoken = \"right\"\n\
         acknowledgement_timeout = \"5s\"\nbatch_events = 7",
        receiver.port
    );
    let config = sink_config(&service, "forgets.toml", &keys);
    service.once(&config).success();
    let taken = receiver.taken();
    assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), service.simulator.truth());
}

#[test]
fn splunk_has_every_event_though_its_indexers_forget_some() {
    let service = Service::start(options());
    let Some(receiver) = Receiver::start(service.folder(), "hec") else { return };
    let keys = |token: &str| {
        format!(
            "type = \"splunk_hec\"\nendpoint = \"http://127.0.0.1:{}\"\ntoken = \"{token}\"\n\
             acknowledgement = true\nacknowledgement_timeout = \"3s\"\nbatch_events = 25",
            receiver.port
        )
    };
    let wrong = sink_config(&service, "wrong.toml", &keys("wrong"));
    let finished = Finished::of(signon(["check", "--config"]).arg(&wrong));
    assert_eq!(finished.code, Some(1));
    assert!(finished.stdout.contains("Invalid token"), "{}", finished.stdout);
    let right = sink_config(&service, "right.toml", &keys("right"));
    Finished::of(signon(["check", "--config"]).arg(&right)).success();
    service.once(&right).success();
    let taken = receiver.taken();
    assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), service.simulator.truth());
    assert!(taken.values().all(|count| *count == 1));
}
