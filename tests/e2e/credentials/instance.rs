//! Instance principals against a metadata service and a federation endpoint that
//! verify certificate, chain, tenancy and signature.

use std::time::{Duration, Instant};

use signon_simulator::Options;

use crate::support::{ConfigFile, Service, ids, options};

/// Requests that one token takes: certificate, key, intermediate, exchange.
const REQUESTS_A_TOKEN: u64 = 4;

fn credentials(metadata_url: &str, federation_url: &str) -> String {
    format!(
        "{{ type = \"oci_instance_principal\", metadata_url = {metadata_url:?}, \
         federation_url = {federation_url:?} }}"
    )
}

/// The configuration with the credentials that the simulator wrote as a comment.
fn with_instance(service: &Service) -> ConfigFile {
    let config = service.config();
    let text = config.text();
    let line = text.lines().find_map(|line| line.strip_prefix("# Or: credentials = ")).unwrap();
    config.set("credentials", line)
}

/// Requests that were neither pages nor refused.
fn beside_pages(service: &Service) -> u64 {
    let statistics = service.simulator.statistics();
    let refused: u64 = statistics.rejected.values().sum();
    statistics.requests - statistics.pages - statistics.faults - refused
}

#[test]
fn an_instance_proves_itself_with_its_certificate_and_asks_for_one_token() {
    let service = Service::start(options());
    let finished = service.once(&with_instance(&service).write("instance.toml")).success();
    service.assert_complete();
    assert_eq!(beside_pages(&service), REQUESTS_A_TOKEN);
    assert!(service.simulator.statistics().rejected.is_empty());
    let key = std::fs::read_to_string(service.path("oci_key.pem")).unwrap();
    assert!(!finished.stderr.contains(key.lines().nth(1).unwrap()));
    assert!(!finished.stderr.contains("ST$"), "{}", finished.stderr);
}

#[test]
fn an_instances_token_that_ends_in_mid_run_is_renewed_before() {
    let lifetime = Duration::from_secs(3);
    let options = Options { token_lifetime: lifetime, page_size: 10, ..options() };
    let service = Service::with_faults(options, &["latency=60"]);
    let started = Instant::now();
    service.once(&with_instance(&service).write("short.toml")).success();
    let elapsed = started.elapsed();
    service.assert_complete();
    let tokens = beside_pages(&service) / REQUESTS_A_TOKEN;
    // Renewed after nine tenths of its life, so there is room for so many; two at
    // once would be more. One that ended all the same was refused and replaced.
    let refused: u64 = service.simulator.statistics().rejected.values().sum();
    let room = 1 + elapsed.as_millis() / (lifetime.as_millis() * 9 / 10) + u128::from(refused);
    assert!(tokens > 1, "{tokens} tokens in {elapsed:?}: none ended in mid-run");
    assert!(u128::from(tokens) <= room, "{tokens} tokens in {elapsed:?}");
}

#[test]
fn a_certificate_that_nobody_stands_behind_is_told_as_such() {
    let service = Service::start(options());
    // The same tenancy, but an authority of its own.
    let stranger = Service::start(options());
    let credentials =
        credentials(&stranger.simulator.metadata_url(), &service.simulator.federation_url());
    let config = service.config().set("credentials", &credentials).write("stranger.toml");
    let finished = service.once(&config);
    let message = finished.refusal(1);
    assert!(message.contains("NotAuthenticated"), "{message}");
    assert!(message.contains("the certificate is not trusted"), "{message}");
    assert!(message.contains("check that the instance's certificate"), "{message}");
    assert_eq!(service.simulator.statistics().requests, 1);
}

#[test]
fn a_metadata_service_that_has_no_identity_is_named() {
    let service = Service::start(options());
    let nowhere = format!("{}/elsewhere", service.simulator.http_url());
    let credentials = credentials(&nowhere, &service.simulator.federation_url());
    let config = service.config().set("credentials", &credentials).write("nowhere.toml");
    let finished = service.once(&config);
    let message = finished.refusal(1);
    assert!(message.contains("/elsewhere/identity/cert.pem"), "{message}");
    assert!(message.contains("check metadata_url"), "{message}");

    let wrong = with_instance(&service).replace("metadata_url = \"http:", "metadata_url = \"ftp:");
    let finished = service.once(&wrong.write("wrong.toml"));
    assert!(finished.refusal(1).contains("metadata_url"), "{}", finished.stderr);
}

#[test]
fn what_the_credential_may_reach_its_guest_may_not() {
    let service = Service::start(options());
    let port = service.simulator.address().port();
    // Three services on one address: the endpoint is the origin of the metadata
    // service, and only the federation endpoint is allowed, under another name.
    let credentials =
        credentials(&service.simulator.metadata_url(), &format!("http://localhost:{port}/v1/x509"));
    let allow = format!(
        "[{{ origin = \"http://localhost:{port}\", methods = [\"POST\"], path_prefix = \"/v1\", \
         private_addresses = true }}]"
    );
    let config = service.config().without("allow_private_addresses");
    let config = config.set("credentials", &credentials).set("allow", &allow);
    let finished = service.once(&config.write("guest.toml"));
    let message = finished.refusal(1);
    assert!(message.contains("127.0.0.1, which is not a public address"), "{message}");
    let statistics = service.simulator.statistics();
    assert_eq!((statistics.requests, statistics.pages), (REQUESTS_A_TOKEN, 0));
    assert!(ids(&service.events()).is_empty());
}
