//! Laws of the configuration as a whole.

mod equivalence;
mod files;
mod refusals;
mod sinks;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use super::document::Document;
use super::{Config, Syntax, json_schema};

/// The example of the front page, with everything a source can say.
const EXAMPLE: &str = r#"
data_dir = "/var/lib/signon"

[sources.acme_oci]
type = "oci_audit"                 # a built-in; or  component = "path/to.wasm"
tenant = "acme"
regions = ["us-ashburn-1"]
compartments = ["ocid1.tenancy.oc1..aaaa"]
credentials = { type = "oci_api_key", config_file = "~/.oci/config", profile = "DEFAULT" }

[sources.acme_own]
component = "own.wasm"
start = "90s ago"
readings = ["0s", "20m", "24h"]
longest_range = "1h"
allow_private_addresses = true
classes = ["sign-on", "other"]
labels = { environment = "production" }

[[sources.acme_own.allow]]
origin = "https://x"
methods = ["GET"]
path_prefix = "/v1"
private_addresses = true

[sinks.siem]
type = "file"
inputs = ["acme_*"]
path = "events.ndjson"
format = "ocsf"
keep = ["raw"]

[sinks.screen]
type = "stdout"
inputs = ["acme_own"]
"#;

fn environment(name: &str) -> Option<String> {
    match name {
        "HOME" => Some("/home/me".to_owned()),
        "REGION" => Some("us-ashburn-1".to_owned()),
        "YES" => Some("true".to_owned()),
        "PASSPHRASE" => Some("hunter2".to_owned()),
        _ => None,
    }
}

/// Whether the JSON Schema takes a file; `None` for what is no file at all.
fn fits_schema(text: &str, syntax: Syntax) -> Option<bool> {
    static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let schema = json_schema(&BTreeMap::new());
        jsonschema::draft7::meta::validate(&schema).unwrap();
        jsonschema::draft7::new(&schema).unwrap()
    });
    let document = Document::parse(text, Path::new("f"), syntax).ok()?;
    Some(SCHEMA.is_valid(&document.root.json()))
}

/// A problem that a schema can see: not one between two keys of the file, of a variable,
/// or of the files beside it.
fn is_seen_by_a_schema(problem: &str) -> bool {
    let said = |words: &str| problem.contains(words);
    // Without the schema of a component any key may be one of it.
    said("unknown key; ") && !said("did you mean \"credentials\"?")
        || said("missing key; add ") && !problem.starts_with("1:1: data_dir")
        || said("unknown type of ")
        || said(": expected a text")
        || said(": expected a table")
        || said(": expected a list")
        || said(": expected true or false")
        || said(": expected a whole number")
        || said(": expected an origin")
        || said("is an empty list")
}

fn toml(text: &str) -> Config {
    assert_eq!(fits_schema(text, Syntax::Toml), Some(true), "{text}");
    match Config::parse(text, "conf/signon.toml", Syntax::Toml, &environment) {
        Ok(config) => config,
        Err(error) => panic!("{error}"),
    }
}

/// The lines of the refusal, without the name of the file.
fn refused(text: &str, syntax: Syntax) -> Vec<String> {
    match Config::parse(text, "f", syntax, &environment) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => {
            let told: Vec<String> =
                error.to_string().lines().map(|line| line[2..].to_owned()).collect();
            // The schema does not know what a variable holds.
            if told.iter().any(|problem| is_seen_by_a_schema(problem)) && !text.contains("${") {
                assert_ne!(fits_schema(text, syntax), Some(true), "{told:?} {text}");
            }
            told
        }
    }
}

/// A file around one source's keys.
fn source(keys: &str) -> String {
    format!(
        "data_dir = 'd'\nsinks.o = {{ type = 'stdout', inputs = ['*'] }}\n[sources.acme]\n{keys}"
    )
}
