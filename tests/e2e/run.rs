//! `signon run` when nothing goes wrong: complete, once, and on from where it was.

use signon_simulator::{Options, SECRET_MARKER};

use crate::support::{
    ConfigFile, Finished, HOUR, Output, Running, Service, ids, ids_so_far, lines, options, run,
    whole_lines,
};

#[test]
fn a_run_delivers_every_sign_on_once_and_a_second_run_nothing() {
    let service = Service::start(options());
    let first = service.collect();
    service.assert_complete();
    assert_eq!(first.counted("emitted"), service.simulator.truth().len() as u64);
    let delivered = whole_lines(&service.events());

    let second = service.collect();
    assert_eq!(second.counted("emitted"), 0);
    assert_eq!(whole_lines(&service.events()), delivered);
    assert!(service.simulator.statistics().rejected.is_empty());
}

#[test]
fn every_record_received_becomes_exactly_one_thing() {
    let service = Service::start(options());
    let finished = service.collect();
    let parts = ["emitted", "duplicate", "yielded", "filtered", "rejected"];
    let sum: u64 = parts.iter().map(|part| finished.counted(part)).sum();
    assert_eq!(finished.counted("received"), sum);
    assert_eq!(finished.counted("received"), service.simulator.statistics().records);
    assert_eq!(finished.counted("rejected"), 0);
}

#[test]
fn a_terminated_run_ends_well_and_the_next_one_completes_it() {
    let service = Service::start(options());
    let config = service.config().set("longest_range", "\"10m\"").write("short.toml");
    // Of 36 ranges, a request or more each, the run gets a third.
    service.simulator.answer_at_most(12);
    let mut running = Running::start(&mut run(&config, false));
    running.until("the first events", |_| !whole_lines(&service.events()).is_empty());
    running.terminate();
    running.until("word of the end", |running| {
        running.stderr().contains("Ending after the batch in hand")
    });
    service.simulator.answer_at_most(18);
    running.wait().success();
    service.simulator.answer_all();

    let before = whole_lines(&service.events());
    let delivered = ids(&service.events());
    assert!(delivered.len() < service.simulator.truth().len(), "it was done already");
    let resumed = service.once(&config).success();
    assert!(whole_lines(&service.events()).starts_with(&before));
    service.assert_complete();
    assert_eq!(resumed.counted("emitted") as usize + delivered.len(), ids(&service.events()).len());
}

#[test]
fn a_run_without_an_end_collects_and_waits() {
    let service = Service::start(options());
    let mut running = Running::start(&mut run(&service.path("signon.toml"), false));
    let truth = service.simulator.truth();
    running.until("all events", |_| ids_so_far(&service.events()).len() == truth.len());
    running.terminate();
    running.wait().success();
    service.assert_complete();
}

#[test]
fn https_is_trusted_by_the_roots_of_the_system() {
    let service = Service::start(options());
    let config = service
        .config()
        .replace(&service.simulator.http_url(), &service.simulator.https_url())
        .write("https.toml");
    let ca = service.path("ca.pem");
    Finished::of(run(&config, true).env("SSL_CERT_FILE", &ca)).success();
    service.assert_complete();
}

#[test]
fn https_is_trusted_by_an_authority_of_the_source() {
    let service = Service::start(options());
    let secure =
        service.config().replace(&service.simulator.http_url(), &service.simulator.https_url());
    let config = secure.clone().set("ca_file", "\"ca.pem\"").write("https.toml");
    service.once(&config).success();
    service.assert_complete();
    let missing = secure.set("ca_file", "\"no.pem\"").write("missing.toml");
    let finished = service.once(&missing);
    let message = finished.refusal(1);
    assert!(message.contains("ca_file") && message.contains("no.pem"), "{message}");
}

#[test]
fn https_with_an_unknown_authority_is_refused() {
    let (service, other) = (Service::start(options()), Service::start(options()));
    let config = service
        .config()
        .replace(&service.simulator.http_url(), &service.simulator.https_url())
        .write("https.toml");
    let command = &mut run(&config, false);
    let mut running = Running::start(command.env("SSL_CERT_FILE", other.path("ca.pem")));
    running.until("the refusal", |running| running.stderr().contains("certificate"));
    assert!(!running.has_ended(), "an endpoint that may come back ends no run");
    running.terminate();
    running.wait().success();
    assert_eq!(service.simulator.statistics().requests, 0);
    assert!(ids(&service.events()).is_empty());
}

#[test]
fn yaml_and_toml_say_the_same() {
    let service = Service::start(options());
    service.collect();
    let yaml = service.path("signon.yaml");
    std::fs::write(&yaml, in_yaml(&service.config())).unwrap();
    service.once(&yaml).success();
    service.assert_complete();
    let (toml, yaml) = (service.events(), service.path("from_yaml.ndjson"));
    assert_eq!(whole_lines(&toml), whole_lines(&yaml));
}

/// The same configuration, with state and output of its own.
fn in_yaml(toml: &ConfigFile) -> String {
    format!(
        "data_dir: state_of_yaml\n\
         sources:\n  oci_audit:\n    type: oci_audit\n    tenant: simulated\n    \
         regions:\n      - us-ashburn-1\n    compartments:\n      - {}\n    endpoint: {}\n    \
         allow_private_addresses: true\n    start: {}\n    credentials:\n      \
         type: oci_api_key\n      config_file: oci_config\n\
         sinks:\n  file:\n    type: file\n    inputs: [\"oci_*\"]\n    path: from_yaml.ndjson\n",
        toml.value("compartments").trim_matches(['[', ']']),
        toml.value("endpoint"),
        toml.value("start"),
    )
}

#[test]
fn events_of_all_regions_arrive() {
    let regions = vec!["us-ashburn-1".to_owned(), "eu-frankfurt-1".to_owned()];
    let service = Service::start(Options { regions, ..options() });
    service.collect();
    service.assert_complete();
    let output = Output::read(&service.events());
    for region in ["us-ashburn-1", "eu-frankfurt-1"] {
        let here = output.events.iter().filter(|event| event["cloud"]["region"] == region);
        assert!(here.count() > 0, "none from {region}");
    }
}

#[test]
fn one_source_feeds_several_sinks_each_in_its_format() {
    let service = Service::start(options());
    let more = "\n[sinks.raw]\ntype = \"file\"\ninputs = [\"*\"]\npath = \"raw.ndjson\"\n\
                format = \"raw\"\n\n[sinks.out]\ntype = \"stdout\"\ninputs = [\"oci_audit\"]\n";
    let config = service.path("several.toml");
    std::fs::write(&config, service.config().text() + more).unwrap();
    let finished = service.once(&config).success();
    service.assert_complete();
    let truth = service.simulator.truth();
    Output::parse(&finished.stdout).assert_holds(&truth);
    let raw = std::fs::read_to_string(service.path("raw.ndjson")).unwrap();
    assert_eq!(lines(&raw).len(), truth.len());
}

#[test]
fn no_secret_of_a_record_or_a_credential_is_left_anywhere() {
    let service = Service::start(Options { sign_on_share: 0.5, ..options() });
    let raw = service
        .config()
        .set_path("data_dir", "raw_state")
        .set_path("path", "raw.ndjson")
        .set("format", "\"raw\"")
        .write("raw.toml");
    let key = std::fs::read_to_string(service.path("oci_key.pem")).unwrap();
    let of_key = key.lines().nth(1).unwrap();
    for config in [service.path("signon.toml"), raw] {
        let mut command = run(&config, true);
        let finished = Finished::of(command.env("SIGNON_LOG", "debug")).success();
        for secret in [SECRET_MARKER, of_key] {
            assert!(!finished.stderr.contains(secret) && !finished.stdout.contains(secret));
        }
    }
    service.assert_complete();
    for name in ["events.ndjson", "raw.ndjson", "state", "raw_state"] {
        let files = files_below(&service.path(name));
        assert!(!files.is_empty());
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            for secret in [SECRET_MARKER, of_key] {
                let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!found, "{secret} is in {}", file.display());
            }
        }
    }
}

fn files_below(path: &std::path::Path) -> Vec<std::path::PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap();
    entries.flat_map(|entry| files_below(&entry.unwrap().path())).collect()
}

#[test]
fn an_empty_compartment_is_read_to_its_end_and_gives_nothing() {
    let service = Service::start(Options { span: HOUR, ..options() });
    let empty = format!("[{:?}]", service.simulator.empty_compartment());
    let config = service.config().set("compartments", &empty).write("empty.toml");
    let finished = service.once(&config).success();
    assert_eq!(finished.counted("received"), 0);
    assert!(finished.stderr.contains("Range read."), "{}", finished.stderr);
    assert!(ids(&service.events()).is_empty());
}

#[test]
fn a_source_that_could_not_be_read_at_first_does_not_begin_later_for_it() {
    let service = Service::start(options());
    let denied = service.config().set("allow_private_addresses", "false").write("denied.toml");
    service.once(&denied).refusal(1);
    let later = service.config().set("start", "\"now\"").write("later.toml");
    service.once(&later).success();
    service.assert_complete();
}
