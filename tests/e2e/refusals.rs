//! What cannot work is refused: one message, the place, the reason, the remedy, and
//! an exit status that tells a wrong configuration (2) from a failure (1).

use std::path::Path;

use crate::support::{
    Finished, HOUR, Running, Service, options, repository, run, signon, whole_lines,
};

/// Holds every word against a message.
fn assert_says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{word:?} is missing: {message}");
    }
}

fn service() -> Service {
    Service::start(signon_simulator::Options { events: 100, span: HOUR, ..options() })
}

/// A good key of somebody else.
fn other_key() -> std::path::PathBuf {
    repository("components/oci-signature/tests/keys/other2048.pem")
}

fn fingerprint_of(key: &Path) -> String {
    let pem = std::fs::read_to_string(key).unwrap();
    oci_signature::PrivateKey::from_pem(&pem, None).unwrap().fingerprint().to_string()
}

/// Changes a line of the credential file.
fn set_in_oci_config(service: &Service, key: &str, value: &str) -> String {
    let path = service.path("oci_config");
    let text = std::fs::read_to_string(&path).unwrap();
    let start = format!("{key}=");
    let old = text.lines().find_map(|line| line.strip_prefix(&start)).unwrap().to_owned();
    std::fs::write(&path, text.replace(&format!("{key}={old}"), &format!("{key}={value}")))
        .unwrap();
    old
}

// ---- credentials -----------------------------------------------------------

#[test]
fn another_key_than_the_fingerprints_is_told_with_both() {
    let service = service();
    std::fs::copy(other_key(), service.path("oci_key.pem")).unwrap();
    let configured = fingerprint_in(&service);
    let finished = service.once(&service.path("signon.toml"));
    let message = finished.refusal(1);
    assert_says(message, &["signon.toml:", "credentials", "oci_key.pem"]);
    assert_says(message, &[&configured, &fingerprint_of(&other_key()), "openssl"]);
    assert_eq!(service.simulator.statistics().requests, 0, "nothing was signed with it");
}

fn fingerprint_in(service: &Service) -> String {
    let text = std::fs::read_to_string(service.path("oci_config")).unwrap();
    text.lines().find_map(|line| line.strip_prefix("fingerprint=")).unwrap().to_owned()
}

#[test]
fn another_fingerprint_than_the_keys_is_told_with_both() {
    let service = service();
    let wrong = "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";
    let right = set_in_oci_config(&service, "fingerprint", wrong);
    let finished = service.once(&service.path("signon.toml"));
    assert_says(finished.refusal(1), &[wrong, &right, "fingerprint"]);
}

#[test]
fn a_key_that_the_service_does_not_know_points_at_key_and_clock() {
    let service = service();
    std::fs::copy(other_key(), service.path("oci_key.pem")).unwrap();
    set_in_oci_config(&service, "fingerprint", &fingerprint_of(&other_key()));
    let finished = service.once(&service.path("signon.toml"));
    let message = finished.refusal(1);
    assert_says(message, &["unauthorized", "401", "NotAuthenticated"]);
    assert_says(message, &["fingerprint", "key is uploaded for that user", "clock"]);
}

#[test]
fn a_key_file_that_is_not_there_is_named() {
    let service = service();
    std::fs::remove_file(service.path("oci_key.pem")).unwrap();
    let finished = service.once(&service.path("signon.toml"));
    assert_says(finished.refusal(1), &["credentials", "oci_key.pem", "check that the file exists"]);
}

#[test]
fn a_profile_that_is_not_there_is_named_with_those_there_are() {
    let service = service();
    let config = service.config().replace("\"DEFAULT\"", "\"PROD\"").write("profile.toml");
    let finished = service.once(&config);
    assert_says(finished.refusal(1), &["PROD", "DEFAULT", "oci_config"]);
}

#[test]
fn a_clock_that_is_wrong_is_told_with_the_services_time() {
    let service = Service::with_faults(options(), &["skew=600"]);
    let finished = service.once(&service.path("signon.toml"));
    let message = finished.refusal(1);
    assert_says(message, &["unauthorized", "clock of this machine", "the service's clock says"]);
}

// ---- what may be read ------------------------------------------------------

#[test]
fn a_compartment_that_may_not_be_read_points_at_the_policy() {
    let service = service();
    let config = service
        .config()
        .set("compartments", "[\"ocid1.compartment.oc1..aaaaaaaanobodysown\"]")
        .write("foreign.toml");
    let finished = service.once(&config);
    let words = ["forbidden", "404", "NotAuthorizedOrNotFound", "read audit-events in tenancy"];
    assert_says(finished.refusal(1), &words);
}

#[test]
fn an_unknown_region_is_named_with_the_way_to_use_it() {
    let service = service();
    let config = service.config().set("regions", "[\"mars-olympus-1\"]").without("endpoint");
    let line = config.line("regions");
    let finished = service.once(&config.write("mars.toml"));
    let message = finished.refusal(1);
    assert_says(message, &[&format!("mars.toml:{line}:"), "mars-olympus-1", "realm_domain"]);
}

#[test]
fn a_private_address_is_refused_with_the_setting_that_allows_it() {
    let service = service();
    let config = service.config().without("allow_private_addresses").write("public.toml");
    let finished = service.once(&config);
    assert_eq!(service.simulator.statistics().requests, 0);
    let log = finished.stderr.lines().find(|line| line.contains("Address denied.")).unwrap();
    assert_says(log, &["127.0.0.1", "allow_private_addresses"]);
    assert_says(finished.refusal(1), &["address", "allow_private_addresses"]);
}

// ---- the configuration -----------------------------------------------------

#[test]
fn a_misspelt_setting_of_the_component_is_told_by_line() {
    let service = service();
    let config = service.config().replace("regions = ", "regoins = ");
    let line = config.line("regoins");
    let finished = service.once(&config.write("slip.toml"));
    let message = finished.refusal(1);
    let place = format!("slip.toml:{line}:1: sources.oci_audit.regoins");
    assert_says(message, &[&place, "did you mean \"regions\"?"]);
}

#[test]
fn misspelt_keys_of_the_host_are_told_by_line_all_at_once() {
    let service = service();
    let config = service
        .config()
        .replace("data_dir = ", "datadir = ")
        .replace("inputs = ", "input = ")
        .replace("profile = ", "profil = ");
    let (top, sink) = (config.line("datadir"), config.line("input"));
    let credentials = config.line("credentials");
    let finished = service.once(&config.write("slips.toml"));
    let message = finished.refusal(2);
    assert_says(message, &[&format!("slips.toml:{top}:1: datadir"), "\"data_dir\""]);
    assert_says(message, &[&format!("slips.toml:{sink}:1: sinks.file.input"), "\"inputs\""]);
    assert_says(message, &[&format!("slips.toml:{credentials}:"), "\"profile\""]);
}

#[test]
fn a_missing_data_dir_is_told_with_what_to_add() {
    let service = service();
    let config = service.config().without("data_dir").write("homeless.toml");
    let finished = service.once(&config);
    assert_says(finished.refusal(2), &["homeless.toml", "data_dir", "missing key; add"]);
}

#[test]
fn an_unknown_format_of_a_sink_is_told_with_those_there_are() {
    let service = service();
    let config = service.config().set("format", "\"cef\"");
    let line = config.line("format");
    let finished = service.once(&config.write("format.toml"));
    assert!(matches!(finished.code, Some(1 | 2)));
    let message = finished.refusal(finished.code.unwrap());
    assert_says(message, &[&format!("format.toml:{line}:"), "\"cef\"", "ocsf", "raw"]);
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let finished = Finished::of(&mut run(Path::new("no/such.toml"), true));
    assert_says(finished.refusal(2), &["no/such.toml", "cannot read the file"]);
    let finished = Finished::of(&mut signon(["run", "--once"]));
    assert_says(finished.refusal(2), &["--config FILE"]);
}

#[test]
fn a_data_dir_that_cannot_be_made_is_named() {
    let service = service();
    std::fs::write(service.path("file"), "").unwrap();
    let config = service.config().set_path("data_dir", "file/state").write("under_file.toml");
    let finished = service.once(&config);
    assert_says(finished.refusal(1), &["data_dir", "file/state", "this user may write"]);
}

#[cfg(unix)]
#[test]
fn a_data_dir_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let service = service();
    let closed = service.path("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(closed.join("probe"), "").is_ok() {
        crate::support::say("skipped: a data_dir that may not be written; root may write anywhere");
        return;
    }
    let config = service.config().set_path("data_dir", "closed/state").write("closed.toml");
    let finished = service.once(&config);
    assert_says(finished.refusal(1), &["data_dir", "closed/state", "this user may write"]);
}

// ---- two at once -----------------------------------------------------------

#[test]
fn a_state_folder_has_one_user_at_a_time() {
    let service = service();
    let mut first = Running::start(&mut run(&service.path("signon.toml"), false));
    first.until("the first events", |_| !whole_lines(&service.events()).is_empty());
    let config = service.config().set_path("path", "other.ndjson").write("second.toml");
    let second = service.once(&config);
    assert_says(second.refusal(1), &["data_dir", "state", "in use by another process"]);
    first.terminate();
    first.wait().success();
    service.once(&config).success();
}

#[test]
fn an_output_file_has_one_writer_at_a_time() {
    let service = service();
    let mut first = Running::start(&mut run(&service.path("signon.toml"), false));
    first.until("the first events", |_| !whole_lines(&service.events()).is_empty());
    let config = service.config().set_path("data_dir", "state2").write("second.toml");
    let second = service.once(&config);
    assert_says(second.refusal(1), &["sink file", "events.ndjson", "another process writes"]);
    first.terminate();
    first.wait().success();
    service.assert_complete();
}

// ---- other commands --------------------------------------------------------

#[test]
fn an_unknown_fault_is_refused_with_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = signon(["simulate", "--fault", "explode", "--write-config"]);
    let finished = Finished::of(command.arg(folder.path()));
    assert_says(finished.refusal(2), &["unknown fault `explode`", "429=P", "expire-token=P"]);
}

#[test]
fn a_payload_cut_off_is_refused_after_the_records_before_the_cut() {
    let record = "{\"eventType\":\"com.oraclecloud.identitySignOn.InteractiveLogin\",\
                  \"eventId\":\"whole\",\"eventTime\":\"2026-01-01T00:00:00Z\",\"data\":{}}";
    let folder = tempfile::tempdir().unwrap();
    let payload = folder.path().join("cut.json");
    std::fs::write(&payload, format!("[{record},{}", &record[..70])).unwrap();
    let mut command = signon(["normalize", "--component", "oci_audit"]);
    let finished = Finished::of(command.arg(&payload));
    assert_eq!(finished.code, Some(1));
    assert_says(
        &finished.stderr,
        &[
            "signon: 1 records: 1 events, 0 passed over, 0 unreadable",
            "cut off or none of this service's",
            "whole records before it were read",
        ],
    );
    let output = crate::support::Output::parse(&finished.stdout);
    assert_eq!(output.ids().into_iter().collect::<Vec<_>>(), ["whole"]);
}

#[test]
fn check_tells_what_a_run_would_stop_at() {
    let service = service();
    let mut good = signon(["check", "--config"]);
    let finished = Finished::of(good.arg(service.path("signon.toml"))).success();
    assert_eq!(finished.stdout, "oci_audit: ok\nsink file: ok\n");
    let config = service
        .config()
        .set("compartments", "[\"ocid1.compartment.oc1..aaaaaaaanobodysown\"]")
        .write("foreign.toml");
    let finished = Finished::of(signon(["check", "--config"]).arg(config));
    assert_says(finished.refusal(1), &["1 error found"]);
    assert_says(&finished.stdout, &["oci_audit: error: ", "oci_audit: fix: ", "audit-events"]);
}
