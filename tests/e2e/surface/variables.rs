//! Values of variables: they go where they are meant to go, and into no message.

use std::process::Command;

use signon_host::config::{Config, Syntax};

use super::callers::{free_address, get};
use crate::support::{Finished, Running, signon, wait_until};

const CANARY: &str = "c4n4ry-Sparrow";

/// A configuration of one source and one sink.
fn configuration(source: &str, sink: &str) -> String {
    format!("data_dir = 'data'\n[sources.a]\n{source}\n[sinks.o]\ninputs = ['a']\n{sink}\n")
}

const STDOUT: &str = "type = 'stdout'";
const AUDIT: &str = "type = 'oci_audit'\nregions = ['us-ashburn-1']\n\
                     compartments = ['ocid1.tenancy.oc1..aaaa']\nallow_private_addresses = true\n\
                     endpoint = 'http://127.0.0.1:9'\nstart = '1h ago'";

/// Sources and sinks in which every text comes from a variable, and hardly anything works.
fn cases() -> (Vec<String>, Vec<String>) {
    let (mut sources, mut sinks) = (Vec::new(), Vec::new());
    // What stands around the variable decides what the text is taken for.
    for text in
        ["${C}", "/x/${C}/y", "https://${C}.example.invalid/v1/${C}", "https://u:${C}@h.invalid/"]
    {
        let mut source = |keys: String| sources.push(keys);
        for key in [
            "tenant",
            "start",
            "ca_file",
            "prefer",
            "poll_interval",
            "longest_range",
            "realm_domain",
            "classes",
            "labels",
            "requests_per_minute",
            "nonsense",
        ] {
            source(format!("{AUDIT}\n{key} = '{text}'"));
        }
        for key in ["users", "display_names", "emails", "events", "domains", "outcomes"] {
            source(format!("{AUDIT}\nexclude = {{ {key} = ['{text}'] }}"));
        }
        source(AUDIT.replace("http://127.0.0.1:9", text));
        source(AUDIT.replace("us-ashburn-1", text));
        source(AUDIT.replace("ocid1.tenancy.oc1..aaaa", text));
        source(format!("type = '{text}'"));
        source(format!("component = '{text}'"));
        source(format!("component = {{ path = '{text}', sha256 = '{text}', imports = '{text}' }}"));
        source(format!("type = 'idcs'\ndomain_url = '{text}'\nmethod = '{text}'"));
        source(format!(
            "type = 'oam'\nbase_url = '{text}'\nformat = '{text}'\npage_size = '{text}'"
        ));
        for credentials in [
            "type = 'oci_api_key', config_file = '@', profile = '@'",
            "type = 'oci_api_key', user = '@', tenancy = '@', fingerprint = '@', key_file = '@', passphrase = '@'",
            "type = 'oci_instance_principal', metadata_url = '@', federation_url = '@'",
            "type = 'oauth2_client_credentials', client_id = '@', client_secret = '@', token_url = '@', scope = '@'",
            "type = 'oauth2_client_credentials', client_id = 'x', client_secret_file = '@'",
            "type = 'oauth2_client_credentials', client_id = 'x', client_secret_command = ['@', '@']",
            "type = 'oauth2_client_credentials', client_id = 'x', client_key_file = '@', key_id = '@', audience = '@'",
            "type = 'basic', username = '@', password_command = ['@']",
            "type = 'basic', username = '@', password_file = '@'",
            "type = '@'",
        ] {
            let credentials = credentials.replace('@', text);
            for kind in [
                "type = 'idcs'\ndomain_url = 'https://h.invalid'",
                AUDIT,
                "type = 'oam'\nbase_url = 'https://h.invalid'",
            ] {
                source(format!("{kind}\ncredentials = {{ {credentials} }}"));
            }
        }
        for sink in [
            "type = '@'",
            "type = 'stdout'\nformat = '@'",
            "type = 'file'\npath = '/proc/@'\nformat = '@'",
            "type = 'file'\npath = '/proc/@'\nrotate_interval = '@'",
            "type = 'file'\npath = '/proc/@'",
            "type = 'http'\nuri = '@'\ncompression = '@'",
            "type = 'http'\nretry_for = '1s'\nuri = 'http://127.0.0.1:9/@'\ntls = { ca_file = '@', cert_file = '@', key_file = '@' }",
            "type = 'http'\nretry_for = '1s'\nuri = 'http://@'\nheaders = { x = '@' }\nauth = { type = 'bearer', token_file = '@' }",
            "type = 'otlp'\nretry_for = '1s'\nendpoint = 'http://127.0.0.1:9/@'\nencoding = '@'",
            "type = 'splunk_hec'\nretry_for = '1s'\nendpoint = 'http://127.0.0.1:9'\ntoken_file = '@'\nindex = '@'",
        ] {
            sinks.push(sink.replace('@', text));
        }
    }
    (sources, sinks)
}

fn assert_silent(what: &str, text: &str) {
    let text = text.to_ascii_lowercase();
    assert!(!text.contains(&CANARY.to_ascii_lowercase()), "{what}\n{text}");
}

fn with(command: &mut Command) -> Finished {
    Finished::of(command.env("C", CANARY))
}

/// Whether a configuration can be read; what is said of one that cannot holds no value.
fn is_read(text: &str) -> bool {
    let environment = |name: &str| match name {
        "C" => Some(CANARY.to_owned()),
        _ => Some("/home/me".to_owned()),
    };
    match Config::parse(text, "f", Syntax::Toml, &environment) {
        Ok(_) => true,
        Err(error) => {
            assert_silent(text, &error.to_string());
            false
        }
    }
}

#[test]
fn no_key_shows_the_value_of_its_variable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signon.toml");
    let (sources, sinks) = cases();
    assert!(sources.len() > 200 && sinks.len() > 30);
    // What can be read goes into one file: a source fails alone.
    let mut text = "data_dir = '${C}'\n".to_owned();
    let mut kept = 0;
    for (number, source) in sources.iter().enumerate() {
        if is_read(&configuration(source, STDOUT)) {
            text += &format!("[sources.a{number}]\n{source}\n");
            kept += 1;
        }
    }
    for (number, sink) in sinks.iter().enumerate() {
        let sink = sink.replace("path = '/proc/", &format!("path = '/proc/{number}/"));
        if is_read(&configuration(AUDIT, &sink)) {
            text += &format!("[sinks.o{number}]\ninputs = ['*']\n{sink}\n");
            kept += 1;
        }
    }
    assert!(kept > 100, "{kept}");
    std::fs::write(&path, &text).unwrap();
    for words in [["check", "--config"], ["coverage", "--config"]] {
        let finished = with(signon(words).arg(&path).env("SIGNON_LOG", "debug"));
        assert_silent(words[0], &finished.stdout);
        assert_silent(words[0], &finished.stderr);
        assert!(format!("{finished:?}").contains("${C}"), "{finished:?}");
    }
    let once = with(signon(["run", "--once", "--config"]).arg(&path));
    assert_silent("run", &once.stderr);
}

#[test]
fn a_run_shows_no_value_of_a_variable_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signon.toml");
    let address = free_address();
    let source = "type = 'oci_audit'\ntenant = '${C}'\nregions = ['us-ashburn-1']\n\
                  realm_domain = 'oraclecloud.com'\ncompartments = ['ocid1.tenancy.oc1..aaaa']\n\
                  allow_private_addresses = true\nendpoint = 'http://127.0.0.1:9/${C}'\n\
                  start = '10m ago'\npoll_interval = '1s'";
    let sink = "type = 'file'\npath = '${C}/events.ndjson'";
    let settings = format!("metrics_listen = '{address}'\nmetrics_streams = true");
    let text = format!("{settings}\n{}", configuration(source, sink));
    std::fs::write(&path, &text).unwrap();
    let mut command = signon(["run", "--config"]);
    let running =
        Running::start(command.arg(&path).env("C", CANARY).env("SIGNON_LOG", "debug,hyper=warn"));
    wait_until("a failure", || running.stderr().contains("Reading failed."));
    for endpoint in ["/healthz", "/metrics", "/coverage"] {
        let answer = get(&address, endpoint).unwrap();
        assert!(endpoint == "/coverage" || answer.contains("${C}"), "{answer}");
        assert_silent(endpoint, &answer);
    }
    std::fs::write(&path, text.replace("'10m ago'", "'${C}'")).unwrap();
    running.signal("HUP");
    wait_until("the refusal", || running.stderr().contains("New configuration refused"));
    let coverage = with(signon(["coverage", "--config"]).arg(&path));
    assert_silent("coverage", &coverage.stderr);
    running.terminate();
    let finished = running.wait();
    assert_silent("the log", &finished.stderr);
    std::fs::write(&path, &text).unwrap();
    for words in [["coverage", "--config"], ["check", "--config"]] {
        let finished = with(signon(words).arg(&path));
        assert_silent(words[0], &finished.stdout);
        assert_silent(words[0], &finished.stderr);
    }
    let once = with(signon(["run", "--once", "--config"]).arg(&path));
    assert_silent("once", &once.stderr);
}
