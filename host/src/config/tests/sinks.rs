//! Sinks behind a server, as operators write them.

use std::time::Duration;

use super::{environment, refused, toml};
use crate::config::{Config, Syntax};
use crate::render::Format;
use crate::sinks::{Acknowledgement, AuthorizationConfig, Compression, SinkKind};

fn sink(keys: &str) -> String {
    format!(
        "data_dir = 'd'\nsources.acme = {{ type = 'oci_audit' }}\n[sinks.siem]\ninputs = ['*']\n{keys}\n"
    )
}

fn kind(keys: &str) -> SinkKind {
    toml(&sink(keys)).sinks.remove(0).kind
}

#[test]
fn what_a_remote_sink_does_not_say_has_its_documented_default() {
    let SinkKind::Http(http) = kind("type = 'http'\nuri = 'https://siem.example/in'") else {
        panic!()
    };
    let remote = http.remote;
    assert_eq!(
        (remote.timeout, remote.retry_for),
        (Duration::from_secs(30), Duration::from_secs(120))
    );
    assert_eq!((remote.batch_events, remote.batch_bytes), (1_000, 1_000_000));
    assert_eq!(remote.compression, Compression::None);
    assert!(remote.authorization.is_none() && remote.headers.is_empty());
    let SinkKind::SplunkHec(splunk) =
        kind("type = 'splunk_hec'\nendpoint = 'https://s:8088'\ntoken = 't'")
    else {
        panic!()
    };
    assert_eq!(splunk.acknowledgement, Acknowledgement::Automatic);
    assert!(matches!(splunk.remote.authorization, Some(AuthorizationConfig::Splunk(_))));
    let config = toml(&sink("type = 'otlp'\nendpoint = 'http://o:4318'"));
    assert_eq!(config.sinks[0].format, Format::Otel);
}

#[test]
fn no_secret_of_a_sink_is_shown_in_a_refusal_or_a_debug_print() {
    for keys in [
        "type = 'http'\nuri = 'https://u:hunter2@siem.example/'",
        "type = 'http'\nuri = 'hunter2'",
        "type = 'http'\nuri = 'https://s/'\nheaders = { x-key = \"hunter2\\n\" }",
        "type = 'http'\nuri = 'https://s/'\nheaders = { x-key = ['hunter2'] }",
        "type = 'http'\nuri = 'https://s/'\nauth = 'hunter2'",
        "type = 'http'\nuri = 'https://s/'\nauth = { type = 'hunter2' }",
        "type = 'http'\nuri = 'https://s/'\nauth = { type = 'bearer', token = ['hunter2'] }",
        "type = 'splunk_hec'\nendpoint = 'https://s/'\ntoken = ['hunter2']",
    ] {
        let lines = refused(&sink(keys), Syntax::Toml).join("\n");
        assert!(!lines.contains("hunter2"), "{lines}");
    }
    let keys = "type = 'http'\nuri = 'https://s/'\nheaders = { x-key = 'hunter2' }\n\
                auth = { type = 'bearer', token = 'hunter2' }";
    assert!(!format!("{:?}", toml(&sink(keys))).contains("hunter2"));
}

#[test]
fn what_goes_wrong_is_told_with_its_fix() {
    for (keys, told) in [
        ("type = 'http'", "missing key; add uri"),
        ("type = 'http'\nuri = 'ftp://s/'", "expected an address like"),
        ("type = 'http'\nuri = 'https://s/'\nencoding = 'xml'", "known: ndjson, json_array"),
        ("type = 'http'\nuri = 'https://s/'\nbatch_events = 0", "from 1 to 100000"),
        ("type = 'http'\nuri = 'https://s/'\ntimeout = '0s'", "from \"1s\" to \"1h\""),
        ("type = 'http'\nuri = 'https://s/'\nheaders = { host = 'x' }", "belongs to the transport"),
        (
            "type = 'http'\nuri = 'https://s/'\nauth = { type = 'bearer', token = 't' }\n\
             headers = { Authorization = 'x' }",
            "auth sets this header already",
        ),
        (
            "type = 'http'\nuri = 'https://s/'\ntls = { cert_file = 'c' }",
            "add the key of cert_file",
        ),
        ("type = 'otlp'\nendpoint = 'http://o'\nformat = 'ocsf'", "always sends format \"otel\""),
        ("type = 'splunk_hec'\nendpoint = 'http://s'", "token_file"),
        ("type = 'splunk_hec'\nendpoint = 'http://s'\ntoken = 't'\nauth = 1", "unknown key"),
        ("type = 'file'\npath = 'p'\nrotate_keep = 3", "needs rotate_bytes or rotate_interval"),
        ("type = 'file'\npath = 'p'\nkeep = 3", "expected a list like [\"raw\", \"unmapped\"]"),
        (
            "type = 'file'\npath = 'p'\nkeep = ['rwa']",
            "unknown word \"rwa\"; did you mean \"raw\"?",
        ),
        ("type = 'stdout'\nkeep = ['all']", "known: raw, unmapped"),
        ("type = 'file'\npath = 'p'\nrotate_bytes = 5", "a whole number from 65536"),
    ] {
        let lines = refused(&sink(keys), Syntax::Toml).join("\n");
        assert!(lines.contains(told), "{keys}: {lines}");
    }
}

#[test]
fn a_secret_may_come_from_the_environment() {
    let text = sink("type = 'http'\nuri = 'https://s/'\nheaders = { x-key = '${PASSPHRASE}' }");
    let config = Config::parse(&text, "f", Syntax::Toml, &environment).unwrap();
    let SinkKind::Http(http) = &config.sinks[0].kind else { panic!() };
    assert_eq!(http.remote.headers[0].1.expose(), "hunter2");
}
