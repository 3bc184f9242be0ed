//! What is refused, and that the refusal helps.

use super::{EXAMPLE, environment, refused, source};
use crate::config::{Config, Syntax};

/// One wrong source: its keys, and the lines that are told about it.
fn told(keys: &str) -> Vec<String> {
    refused(&source(keys), Syntax::Toml)
}

#[test]
fn everything_wrong_is_told_at_once_in_the_order_of_the_file() {
    let text = r#"
datadir = "d"
[sources.acme]
type = "oci_audti"
tenant = 5
credentials = { type = "oci_api_key", pasphrase = "hunter2" }
[sources.Acme]
start = "yesterday"
[sinks.siem]
type = "file"
inputs = ["acme", "beta_*"]
fromat = "ocsf"
[extra]
"#;
    assert_eq!(
        refused(text, Syntax::Toml),
        [
            r#"2:1: datadir: unknown key; did you mean "data_dir"?"#,
            r#"4:8: sources.acme.type: unknown type of source "oci_audti"; did you mean "oci_audit"?"#,
            "5:10: sources.acme.tenant: expected a text in quotes, found a whole number",
            r#"6:39: sources.acme.credentials.pasphrase: unknown key; did you mean "passphrase"?"#,
            "7:10: sources.Acme: an id has 1 to 64 characters out of a-z, 0-9, _ and -; rename it",
            r#"7:10: sources.Acme.type: missing key; add type = "oci_audit" or component = "path/to.wasm""#,
            r#"8:9: sources.Acme.start: expected "now", "earliest", a time like "2026-01-31T08:00:00Z" or a time span like "24h ago", found "yesterday""#,
            r#"9:8: sinks.siem.path: missing key; add path = "events.ndjson""#,
            r#"11:19: sinks.siem.inputs[1]: "beta_*" matches no source; the sources are: Acme, acme"#,
            r#"12:1: sinks.siem.fromat: unknown key; did you mean "format"?"#,
            "13:2: extra: unknown key; known keys: data_dir, sources, sinks, searches, ledger_heads, metrics_listen, metrics_streams",
        ]
    );
}

#[test]
fn labels_and_classes_that_are_none_are_told_with_their_fix() {
    let label = |label: &str| told(&format!("type = 'oci_audit'\nlabels = {{ {label} }}\n"));
    for name in ["Env", "'a.b'", "a-b", "''", &"x".repeat(64)] {
        let told = label(&format!("{name} = 'x'"));
        let fix = "is 1 to 63 lower case letters, digits and `_`; rename it";
        assert!(told.len() == 1 && told[0].contains(fix), "{name} gave {told:?}");
    }
    assert_eq!(
        label("signon_tenant = 'x'"),
        [
            "5:12: sources.acme.labels.signon_tenant: names that begin with signon_ are signon's own; rename it"
        ]
    );
    assert_eq!(
        label(&format!("a = '{}'", "ü".repeat(129))),
        ["5:16: sources.acme.labels.a: has 258 bytes; a label's value has at most 256"]
    );
    assert_eq!(label("a = ''"), ["5:16: sources.acme.labels.a: is empty"]);
    let many: Vec<String> = (0..33).map(|number| format!("a{number} = 'x'")).collect();
    assert!(label(&many.join(", "))[0].contains("has 33 labels; at most 32 are taken"));
    for (keys, fix) in [
        ("labels = 'x'", "expected a table like { environment = \"production\" }, found \"x\""),
        ("classes = []", "is an empty list, which wants nothing; name a class"),
        ("classes = 'account'", "expected a list like [\"sign-on\", \"account\"]"),
        ("classes = ['acount']", "unknown class of events \"acount\"; did you mean \"account\"?"),
        ("classes = ['mail']", "unknown class of events \"mail\"; known: sign-on, account, other"),
    ] {
        let told = told(&format!("type = 'oci_audit'\n{keys}\n"));
        assert!(told.len() == 1 && told[0].contains(fix), "{keys} gave {told:?}");
    }
}

#[test]
fn an_empty_file_is_told_what_belongs_into_it() {
    for (text, syntax) in [
        ("", Syntax::Toml),
        ("# nothing\n", Syntax::Yaml),
        ("[sources]\n[sinks]\n", Syntax::Toml),
        ("sources: {}\nsinks: {}\n", Syntax::Yaml),
    ] {
        let told = refused(text, syntax);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("1:1: data_dir: missing key; add data_dir"));
        assert!(told[1].starts_with("1:1: sources: no source"));
        assert!(told[2].starts_with("1:1: sinks: no sink"));
    }
}

#[test]
fn a_source_has_exactly_one_component() {
    let both = told("type = 'oci_audit'\ncomponent = 'a.wasm'\n");
    assert_eq!(
        both,
        ["5:1: sources.acme.component: type and component exclude each other; remove one of them"]
    );
    assert_eq!(
        told("tpye = 'oci_audit'\n"),
        ["4:1: sources.acme.tpye: unknown key; did you mean \"type\"?"]
    );
    assert_eq!(
        told("componet = 'a.wasm'\n"),
        ["4:1: sources.acme.componet: unknown key; did you mean \"component\"?"]
    );
    assert_eq!(
        told("type = 'kafka'\n"),
        ["4:8: sources.acme.type: unknown type of source \"kafka\"; known: oci_audit, idcs, oam; \
          for a component of your own write component = \"path/to.wasm\""]
    );
}

#[test]
fn a_source_without_a_sink_and_a_sink_without_a_source_are_refused() {
    let text = "data_dir = 'd'\n[sources.a]\ntype = 'oci_audit'\n[sources.b]\ntype = 'oci_audit'\n\
                [sinks.o]\ntype = 'stdout'\n";
    assert_eq!(
        refused(&format!("{text}inputs = ['a']\n"), Syntax::Toml),
        ["4:10: sources.b: no sink takes this source, its events would go nowhere; \
          add \"b\" to the inputs of a sink"]
    );
    assert_eq!(
        refused(&format!("{text}inputs = ['*', 'c?']\n"), Syntax::Toml),
        ["8:16: sinks.o.inputs[1]: \"c?\" matches no source; the sources are: a, b"]
    );
    assert_eq!(
        refused(text, Syntax::Toml),
        ["6:8: sinks.o.inputs: missing key; add inputs = [\"*\"] for all sources, or name some"]
    );
    for inputs in ["[]", "'a'", "[1]", "['']"] {
        assert_eq!(refused(&format!("{text}inputs = {inputs}\n"), Syntax::Toml).len(), 1);
    }
}

#[test]
fn two_sinks_do_not_write_one_file() {
    let text = "data_dir = 'd'\n[sources.a]\ntype = 'oci_audit'\n\
                [sinks.o]\ntype = 'file'\ninputs = ['*']\npath = 'e'\n\
                [sinks.p]\ntype = 'file'\ninputs = ['*']\npath = './e'\n";
    assert_eq!(
        refused(text, Syntax::Toml),
        ["8:8: sinks.p: the sink at f:4:8 writes the same file; give each its own path"]
    );
}

#[test]
fn spans_of_time_rise_and_have_units() {
    for (keys, expected) in [
        ("readings = ['1m', '1m']", "readings[1]: is not longer than the one before"),
        ("readings = []", "is an empty list"),
        ("readings = '1m'", "expected a list"),
        ("readings = ['1m', 5]", "expected a time span with its unit"),
        ("longest_range = '90s'", "expected whole minutes"),
        ("longest_range = '0m'", "expected whole minutes"),
        ("longest_range = '1w'", "expected a time span with its unit"),
        ("start = '1w ago'", "expected \"now\""),
        ("start = 5", "expected \"now\""),
        ("start = 'earlyest'", "did you mean \"earliest\"?"),
        ("start = 2026-01-31T08:00:00", "no offset; for UTC put a Z at its end"),
        ("start = '2026-01-31T08:00:00'", "no offset"),
    ] {
        let told = told(&format!("type = 'oci_audit'\n{keys}\n"));
        assert!(told.len() == 1 && told[0].starts_with("5:"), "{keys} gave {told:?}");
        assert!(told[0].contains(expected), "{keys} gave {told:?}");
    }
}

#[test]
fn a_rule_allows_what_it_names_and_no_pattern() {
    for (rule, expected) in [
        ("{ methods = ['GET'], path_prefix = '/' }", "allow[0].origin: missing key"),
        ("{ origin = 'https://x', path_prefix = '/' }", "allow[0].methods: missing key"),
        ("{ origin = 'https://x', methods = ['GET'] }", "allow[0].path_prefix: missing key"),
        ("{ origin = 'https://x/', methods = ['GET'], path_prefix = '/' }", "expected an origin"),
        ("{ origin = 'https://x', methods = ['get'], path_prefix = '/' }", "did you mean \"GET\"?"),
        ("{ origin = 'https://x', methods = [], path_prefix = '/' }", "is an empty list"),
        (
            "{ origin = 'https://x', methods = ['GET'], path_prefix = 'v1' }",
            "expected a plain path",
        ),
        (
            "{ origin = 'https://x', methods = ['GET'], path_prefix = '/a/../b' }",
            "expected a plain path",
        ),
        (
            "{ origin = 'https://x', methods = ['GET'], path_prefix = '/', prefix = '/' }",
            "prefix: unknown key",
        ),
        ("'https://x'", "expected a table"),
    ] {
        let told = told(&format!("type = 'oci_audit'\nallow = [{rule}]\n"));
        assert!(told.len() == 1 && told[0].contains(expected), "{rule} gave {told:?}");
    }
}

#[test]
fn no_value_of_a_credential_and_of_a_variable_is_ever_shown() {
    for credentials in [
        "'hunter2'",
        "['hunter2']",
        "{ type = 'hunter2' }",
        "{ type = 'oci_api_key', passphrase = ['hunter2'] }",
        "{ type = 'oci_api_key', passphrase = { a = 'hunter2' } }",
        "{ type = 'oci_api_key', profile = \"hunter2\\n\" }",
        "{ type = 'oci_api_key', profil = 'hunter2' }",
        "{ type = 'oci_api_key', user = 'hunter2' }",
        "{ type = 'oci_api_key', user = 'hunter2', config_file = 'hunter2', profile = 'hunter2' }",
        "{ type = 'oci_api_key', passphrase = 'hunter2${' }",
        "{ type = 'oci_api_key', passphrase = '${hunter2!}' }",
        "{ type = 'oci_api_key', passphrase = 'hunter2",
        "{ type = 'oci_api_key', passphrase = hunter2 }",
        "{ type = 'oci_api_key', passphrase = \"hunter2\\q\" }",
    ] {
        let told = told(&format!("type = 'oci_audit'\ncredentials = {credentials}\n"));
        assert!(!told.join("\n").contains("hunter2"), "{credentials} gave {told:?}");
    }
    for keys in [
        "type = '${PASSPHRASE}'",
        "type = 'oci_audit'\nstart = '${PASSPHRASE}'",
        "type = 'oci_audit'\nallow_private_addresses = '${PASSPHRASE}'",
        "type = 'oci_audit'\nreadings = ['${PASSPHRASE}']",
        "type = 'oci_audit'\nallow = [{ origin = '${PASSPHRASE}', methods = ['${PASSPHRASE}'], path_prefix = '${PASSPHRASE}' }]",
    ] {
        let told = told(keys);
        assert!(!told.join("\n").contains("hunter2"), "{keys} gave {told:?}");
    }
}

#[test]
fn secrets_do_not_slip_into_the_settings() {
    assert_eq!(
        told("type = 'oci_audit'\ncredential = { passphrase = 'hunter2' }\n"),
        ["5:1: sources.acme.credential: unknown key; did you mean \"credentials\"?"]
    );
    let auth = told("type = 'oci_audit'\nauth = { passphrase = 'hunter2' }\n");
    assert!(auth.len() == 1 && auth[0].contains("the host does; write credentials"), "{auth:?}");
}

#[test]
fn a_variable_that_is_not_set_is_the_only_problem_told_about_its_value() {
    assert_eq!(
        told("type = '${NOBODY}'\nallow_private_addresses = '${NOBODY}'\n"),
        [
            "4:8: sources.acme.type: the variable NOBODY is not set; set it or give a default: ${NOBODY:-default}",
            "5:27: sources.acme.allow_private_addresses: the variable NOBODY is not set; set it or give a default: ${NOBODY:-default}",
        ]
    );
}

#[test]
fn a_home_that_is_not_known_is_told_where_it_is_needed() {
    let text =
        source("type = 'oci_audit'\ncredentials.type = 'oci_api_key'\n").replace("'d'", "'~/d'");
    let error = Config::parse(&text, "f", Syntax::Toml, &|_| None).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].starts_with("f:1:12: data_dir: HOME is not set"));
    assert!(lines[1].contains("sources.acme.credentials: HOME is not set"));
}

#[test]
fn a_yaml_file_is_refused_in_the_same_words() {
    let text = "data_dir: d\nsources:\n  acme:\n    type: oci_audti\n    tenant: 5\n    start:\nsinks:\n  o:\n    type: stdout\n    inputs: ['*']\n    path: x\n";
    assert_eq!(
        refused(text, Syntax::Yaml)[..2],
        [
            "4:11: sources.acme.type: unknown type of source \"oci_audti\"; did you mean \"oci_audit\"?",
            "5:13: sources.acme.tenant: expected a text in quotes, found a whole number",
        ]
    );
    assert!(
        refused(text, Syntax::Yaml)[2].starts_with("6:5: sources.acme.start: expected \"now\"")
    );
    assert_eq!(
        refused(text, Syntax::Yaml)[3],
        "11:5: sinks.o.path: unknown key; known keys: type, inputs, format, keep"
    );
}

#[test]
fn the_example_is_not_refused() {
    assert!(Config::parse(EXAMPLE, "signon.toml", Syntax::Toml, &environment).is_ok());
}
