//! Files with which other programs find the simulator.
//!
//! The invariant: every path in them is absolute, and no secret is ever readable
//! by others, not even for a moment.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use crate::error::SimulatorError;
use crate::idcs::IdcsClient;
use crate::identity::{Caller, Names};
use crate::oam::OamUser;
use crate::service::Service;

/// What the files say.
pub(crate) struct ConfigFiles<'a> {
    pub(crate) names: &'a Names,
    pub(crate) caller: &'a Caller,
    pub(crate) ca_pem: &'a str,
    /// The first is the home region.
    pub(crate) regions: &'a [String],
    pub(crate) url: String,
    /// The services, each with where reading starts: Unix milliseconds, a whole
    /// minute.
    pub(crate) services: Vec<(Service, i64)>,
    /// If there is an identity domain.
    pub(crate) idcs_client: Option<&'a IdcsClient>,
    pub(crate) oam_user: &'a OamUser,
}

impl ConfigFiles<'_> {
    fn has(&self, service: Service) -> bool {
        self.services.iter().any(|(known, _)| *known == service)
    }
}

pub(crate) fn write(directory: &Path, files: &ConfigFiles<'_>) -> Result<(), SimulatorError> {
    std::fs::create_dir_all(directory).map_err(failed(directory))?;
    let directory = std::path::absolute(directory).map_err(failed(directory))?;
    let text = directory
        .to_str()
        .filter(|text| !text.contains(['\n', '\r']))
        .ok_or_else(|| SimulatorError::UnusablePath(directory.clone()))?;
    write_private(&directory.join("oci_key.pem"), &files.caller.key_pem)?;
    write_private(&directory.join("session_token"), &files.caller.session_token)?;
    if let Some(client) = files.idcs_client {
        write_private(&directory.join("idcs_client_secret"), &client.secret)?;
        write_private(&directory.join("idcs_client_key.pem"), &client.key_pem)?;
    }
    if files.has(Service::Oam) {
        write_private(&directory.join("oam_password"), &files.oam_user.password)?;
    }
    for (service, settings) in own_settings(files) {
        let name = format!("{service}.settings.json");
        write_private(&directory.join(name), &settings.to_string())?;
    }
    write_public(&directory.join("ca.pem"), files.ca_pem)?;
    write_public(&directory.join("oci_config"), &oci_config(text, files))?;
    write_public(&directory.join("signon.toml"), &signon_toml(text, files))
}

/// Settings with which a component signs for itself, in runtimes that do not.
fn own_settings(files: &ConfigFiles<'_>) -> Vec<(Service, Value)> {
    let mut all = Vec::new();
    for (service, _) in &files.services {
        let settings = match (service, files.idcs_client) {
            (Service::OciAudit, _) => json!({
                "regions": files.regions,
                "compartments": [files.names.tenancy],
                "endpoint": format!("{}/{{region}}", files.url),
                "auth": {
                    "tenancy": files.names.tenancy, "user": files.names.user,
                    "fingerprint": files.caller.fingerprint.to_string(),
                    "private_key": files.caller.key_pem,
                },
            }),
            (Service::Idcs, Some(client)) => json!({
                "domain_url": format!("{}/idcs", files.url),
                "auth": { "client_id": client.id, "client_secret": client.secret },
            }),
            (Service::Idcs, None) => continue,
            (Service::Oam, _) => json!({
                "base_url": files.url,
                "auth": { "username": files.oam_user.name, "password": files.oam_user.password },
            }),
        };
        all.push((*service, settings));
    }
    all
}

fn oci_config(directory: &str, files: &ConfigFiles<'_>) -> String {
    format!(
        "[DEFAULT]\n\
         user={user}\n\
         fingerprint={fingerprint}\n\
         key_file={directory}/oci_key.pem\n\
         tenancy={tenancy}\n\
         region={region}\n\
         \n\
         [SESSION]\n\
         security_token_file={directory}/session_token\n",
        user = files.names.user,
        fingerprint = files.caller.fingerprint,
        tenancy = files.names.tenancy,
        region = files.regions.first().map_or("", String::as_str),
    )
}

fn signon_toml(directory: &str, files: &ConfigFiles<'_>) -> String {
    let path = |name: &str| quoted(&format!("{directory}/{name}"));
    let mut text = format!("data_dir = {}\n", path("state"));
    for (service, start) in &files.services {
        let start = DateTime::from_timestamp_millis(*start)
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Secs, true);
        text.push_str(&format!(
            "\n\
             [sources.{service}]\n\
             type = \"{service}\"\n\
             tenant = \"simulated\"\n\
             {settings}\
             # A simulator on loopback is no public address.\n\
             allow_private_addresses = true\n\
             start = {start}\n\
             {instead}\
             credentials = {{ {credentials} }}\n",
            settings = settings(*service, files),
            start = quoted(&start),
            instead = instead(*service, files),
            credentials = credentials(*service, files, path),
        ));
    }
    let inputs: Vec<String> =
        files.services.iter().map(|(service, _)| quoted(service.name())).collect();
    text.push_str(&format!(
        "\n\
         [sinks.file]\n\
         type = \"file\"\n\
         inputs = [{inputs}]\n\
         path = {events}\n\
         format = \"ocsf\"\n",
        inputs = inputs.join(", "),
        events = path("events.ndjson"),
    ));
    text
}

fn settings(service: Service, files: &ConfigFiles<'_>) -> String {
    match service {
        Service::OciAudit => {
            let regions: Vec<String> = files.regions.iter().map(|region| quoted(region)).collect();
            format!(
                "regions = [{regions}]\n\
                 compartments = [{tenancy}]\n\
                 endpoint = {endpoint}\n",
                regions = regions.join(", "),
                tenancy = quoted(&files.names.tenancy),
                endpoint = quoted(&format!("{}/{{region}}", files.url)),
            )
        }
        Service::Idcs => format!(
            "domain_url = {}\n\
             # Every event of the domain, so that what is delivered can be compared with all there are.\n\
             classes = [\"sign-on\", \"account\", \"other\"]\n",
            quoted(&format!("{}/idcs", files.url))
        ),
        Service::Oam => format!("base_url = {}\n", quoted(&files.url)),
    }
}

fn credentials(service: Service, files: &ConfigFiles<'_>, path: impl Fn(&str) -> String) -> String {
    match service {
        Service::OciAudit => format!(
            "type = \"oci_api_key\", config_file = {}, profile = \"DEFAULT\"",
            path("oci_config")
        ),
        Service::Idcs => format!(
            "type = \"oauth2_client_credentials\", client_id = {}, client_secret_file = {}",
            quoted(files.idcs_client.map_or("", |client| &client.id)),
            path("idcs_client_secret")
        ),
        Service::Oam => format!(
            "type = \"basic\", username = {}, password_file = {}",
            quoted(files.oam_user.name),
            path("oam_password")
        ),
    }
}

/// Other credentials that serve as well, as a comment.
fn instead(service: Service, files: &ConfigFiles<'_>) -> String {
    match service {
        Service::OciAudit => format!(
            "# Or: credentials = {{ type = \"oci_instance_principal\", metadata_url = {}, \
             federation_url = {} }}\n",
            quoted(&format!("{}/opc/v2", files.url)),
            quoted(&format!("{}/v1/x509", files.url)),
        ),
        Service::Idcs | Service::Oam => String::new(),
    }
}

/// A TOML basic string: JSON's escapes are a subset of TOML's.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn write_public(path: &Path, content: &str) -> Result<(), SimulatorError> {
    std::fs::write(path, content).map_err(failed(path))
}

fn write_private(path: &Path, content: &str) -> Result<(), SimulatorError> {
    // A file that is there already keeps its mode when opened: replace it.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed(path)(error));
        }
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(content.as_bytes())).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> SimulatorError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| SimulatorError::Write { path, source }
}
