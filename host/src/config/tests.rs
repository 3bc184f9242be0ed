//! Laws of the configuration as a whole.

mod equivalence;
mod files;
mod refusals;
mod sinks;

use super::{Config, Syntax};

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

fn toml(text: &str) -> Config {
    match Config::parse(text, "conf/signon.toml", Syntax::Toml, &environment) {
        Ok(config) => config,
        Err(error) => panic!("{error}"),
    }
}

/// The lines of the refusal, without the name of the file.
fn refused(text: &str, syntax: Syntax) -> Vec<String> {
    match Config::parse(text, "f", syntax, &environment) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string().lines().map(|line| line[2..].to_owned()).collect(),
    }
}

/// A file around one source's keys.
fn source(keys: &str) -> String {
    format!(
        "data_dir = 'd'\nsinks.o = {{ type = 'stdout', inputs = ['*'] }}\n[sources.acme]\n{keys}"
    )
}
