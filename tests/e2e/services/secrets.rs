//! What must be left nowhere: secrets in records, secrets of clients, and tokens.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signon_host::render::Format;
use signon_simulator::SECRET_MARKER;

use super::tokens::{WAYS, authenticated};
use super::{ALL, sink, small_pages};
use crate::support::{
    Finished, Running, Service, get, ids_so_far, metrics_address, options_of, run, with_metrics,
};

/// Each secret, also as it is written on the wire.
fn secrets(service: &Service) -> Vec<String> {
    let read = |name: &str| std::fs::read_to_string(service.path(name)).unwrap();
    let (secret, password) = (read("idcs_client_secret"), read("oam_password"));
    let pair = |name: &str, secret: &str| STANDARD.encode(format!("{name}:{secret}"));
    let pairs = [
        pair(service.simulator.oam_username(), &password),
        pair(service.simulator.idcs_client_id(), &secret),
    ];
    let keys = ["oci_key.pem", "idcs_client_key.pem"];
    let of_keys = keys.map(|name| read(name).lines().nth(1).unwrap().to_owned());
    let mut secrets = vec![SECRET_MARKER.to_owned(), secret, password];
    secrets.extend(pairs.into_iter().chain(of_keys));
    secrets
}

fn files_below(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap();
    entries.flat_map(|entry| files_below(&entry.unwrap().path())).collect()
}

fn assert_holds_none(place: &str, bytes: &[u8], secrets: &[String]) {
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{secret} is in {place}");
    }
}

#[test]
fn no_secret_of_any_service_is_left_in_output_log_or_state() {
    let service = Service::with_faults(options_of(ALL), &["expire-token=0.1"]);
    let secrets = secrets(&service);
    for way in WAYS {
        let name = way.0;
        let sinks: String = [Format::Raw, Format::Ecs, Format::Otel]
            .map(|format| sink(format, &service.path(&format!("{name}/{format}.ndjson"))))
            .concat();
        // A session token is a secret in the very header that says who is calling.
        let profile = if way == WAYS[0] { "DEFAULT" } else { "SESSION" };
        let signed = format!(
            "{{ type = \"oci_api_key\", config_file = \"oci_config\", profile = {profile:?} }}"
        );
        let config = authenticated(small_pages(&service, ALL), &service, way)
            .set_in("oci_audit", "credentials", &signed)
            .set_path("data_dir", &format!("{name}/state"))
            .set_path("path", &format!("{name}/ocsf.ndjson"))
            .with(&sinks)
            .write(&format!("{name}.toml"));
        std::fs::create_dir(service.path(name)).unwrap();
        let mut command = run(&config, true);
        let finished = Finished::of(command.env("SIGNON_LOG", "debug")).success();
        assert_holds_none("the log", finished.stderr.as_bytes(), &secrets);
        assert_holds_none("stdout", finished.stdout.as_bytes(), &secrets);
        let files = files_below(&service.path(name));
        assert!(files.len() >= 5, "{files:?}");
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            assert_holds_none(&file.display().to_string(), &bytes, &secrets);
        }
    }
}

#[test]
fn no_secret_is_in_the_metrics() {
    let service = Service::start(options_of(ALL));
    let secrets = secrets(&service);
    let config = with_metrics(&service, &service.config());
    let mut running = Running::start(&mut run(&config, false));
    let address = metrics_address(&mut running);
    let truth = service.truth_of(ALL).len();
    running.until("all events", |_| ids_so_far(&service.events()).len() == truth);
    let (status, metrics) = get(&address, "/metrics").unwrap();
    assert_eq!(status, 200, "{metrics}");
    assert_holds_none("the metrics", metrics.as_bytes(), &secrets);
    running.terminate();
    running.wait().success();
}
