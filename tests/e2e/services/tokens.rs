//! How a client of an identity domain comes by its tokens, and what happens when
//! they end, are taken back or refused.

use std::time::{Duration, Instant};

use signon_simulator::{Options, Service::Idcs};

use super::small_pages;
use crate::support::{ConfigFile, Finished, Service, ids, options_of, run};

/// The ways in which a client can prove itself, with the file that it needs.
pub const WAYS: [(&str, &str); 3] = [
    ("basic", "idcs_client_secret"),
    ("body", "idcs_client_secret"),
    ("private_key_jwt", "idcs_client_key.pem"),
];

/// The configuration of a client that proves itself in one of them.
pub fn authenticated(
    config: ConfigFile,
    service: &Service,
    (way, file): (&str, &str),
) -> ConfigFile {
    let client = service.simulator.idcs_client_id();
    let file = service.path(file);
    let proof = match way {
        "private_key_jwt" => {
            format!("client_key_file = {file:?}, key_id = {:?}", service.simulator.idcs_key_id())
        }
        _ => format!("client_secret_file = {file:?}"),
    };
    let credentials = format!(
        "{{ type = \"oauth2_client_credentials\", client_id = {client:?}, \
         authentication = {way:?}, {proof} }}"
    );
    config.set_in("idcs", "credentials", &credentials)
}

/// How many tokens were asked for: all requests that were for nothing else.
fn tokens(service: &Service) -> u64 {
    let statistics = service.simulator.statistics();
    let refused: u64 = statistics.rejected.values().sum();
    statistics.requests - statistics.pages - statistics.faults - refused
}

#[test]
fn a_client_proves_itself_in_three_ways_and_asks_for_one_token() {
    for way in WAYS {
        let service = Service::start(options_of(&[Idcs]));
        let config = authenticated(small_pages(&service, &[Idcs]), &service, way);
        service.once(&config.write("way.toml")).success();
        service.assert_holds(&[Idcs]);
        assert_eq!(tokens(&service), 1, "{way:?}");
        assert!(service.simulator.statistics().rejected.is_empty(), "{way:?}");
    }
}

#[test]
fn a_token_that_ends_in_mid_run_is_renewed_before_and_never_twice_at_once() {
    let lifetime = Duration::from_secs(1);
    let options = Options { token_lifetime: lifetime, ..options_of(&[Idcs]) };
    let service = Service::with_faults(options, &["latency=80"]);
    let config = small_pages(&service, &[Idcs]).set_in("idcs", "page_size", "4");
    let started = Instant::now();
    service.once(&config.write("short.toml")).success();
    let elapsed = started.elapsed();
    service.assert_holds(&[Idcs]);
    // Renewed after nine tenths of its life, so there is room for so many; two at
    // once would be more. One that ended all the same, on its way over a machine that
    // others use, was refused and replaced.
    let refused: u64 = service.simulator.statistics().rejected.values().sum();
    let room = 1 + elapsed.as_millis() / (lifetime.as_millis() * 9 / 10) + u128::from(refused);
    let tokens = tokens(&service);
    assert!(tokens > 2, "{tokens} tokens in {elapsed:?}: none ended in mid-run");
    assert!(u128::from(tokens) <= room, "{tokens} tokens in {elapsed:?}");
}

#[test]
fn a_token_that_is_taken_back_is_replaced_once() {
    let service = Service::with_faults(options_of(&[Idcs]), &["expire-token=0.3"]);
    let finished = service.once(&small_pages(&service, &[Idcs]).write("back.toml")).success();
    service.assert_holds(&[Idcs]);
    let (tokens, taken_back) = (tokens(&service), service.simulator.statistics().faults);
    assert!(taken_back > 2, "{taken_back}");
    assert_eq!(tokens, 1 + taken_back);
    // The host sees to it; nothing of the range is read again.
    assert!(!finished.stderr.contains("Reading failed"), "{}", finished.stderr);
}

#[test]
fn a_client_that_cannot_prove_itself_asks_once_and_says_so_once() {
    for (way, _) in WAYS {
        let service = Service::start(options_of(&[Idcs]));
        std::fs::write(service.path("mistaken"), "mistaken-secret").unwrap();
        // A good key, but another one.
        let file = if way == "private_key_jwt" { "oci_key.pem" } else { "mistaken" };
        let config = authenticated(small_pages(&service, &[Idcs]), &service, (way, file));
        let path = config.write("mistaken.toml");
        let mut command = run(&path, true);
        let finished = Finished::of(command.env("SIGNON_LOG", "debug"));
        let message = finished.refusal(1);
        assert!(message.contains("invalid_client"), "{way}: {message}");
        assert!(!finished.stderr.contains("mistaken-secret"), "{way}: {}", finished.stderr);
        let said = finished.stderr.matches("invalid_client").count();
        assert_eq!(said, 1, "{way}: {}", finished.stderr);
        assert_eq!(service.simulator.statistics().requests, 1, "{way}");
        assert!(ids(&service.events()).is_empty());
    }
}
