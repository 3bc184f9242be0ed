//! Files with which other programs find the simulator.
//!
//! The invariant: every path in them is absolute, and no secret is ever readable
//! by others, not even for a moment.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use crate::error::SimulatorError;
use crate::service::Service;

/// What the clients of a service need.
pub(crate) struct ClientFiles {
    /// Files that only the owner may read: names and contents.
    pub(crate) private: Vec<(&'static str, String)>,
    pub(crate) public: Vec<(&'static str, String)>,
    /// Lines of the source in the configuration.
    pub(crate) settings: String,
    /// What stands in its `credentials`.
    pub(crate) credentials: String,
    /// Other credentials that serve as well, as a comment.
    pub(crate) instead: String,
    /// Settings with which a component signs for itself, in runtimes that do not.
    pub(crate) own_settings: Value,
}

/// Where files are written, and where the simulator is.
pub(crate) struct Address<'a> {
    /// `http://ADDRESS:PORT`
    pub(crate) url: &'a str,
    /// Absolute.
    pub(crate) directory: &'a str,
}

impl Address<'_> {
    /// The path of a file, quoted.
    pub(crate) fn path(&self, name: &str) -> String {
        quoted(&format!("{}/{name}", self.directory))
    }
}

/// A service and the files of its clients.
pub(crate) struct ServiceFiles {
    pub(crate) service: Service,
    /// Where reading starts, if it is served: Unix milliseconds, a whole minute.
    pub(crate) start: Option<i64>,
    pub(crate) files: ClientFiles,
}

/// Writes what the clients of services need; `services` is asked what that is.
pub(crate) fn write(
    directory: &Path,
    url: &str,
    ca_pem: &str,
    services: impl FnOnce(&Address<'_>) -> Vec<ServiceFiles>,
) -> Result<(), SimulatorError> {
    std::fs::create_dir_all(directory).map_err(failed(directory))?;
    let directory = std::path::absolute(directory).map_err(failed(directory))?;
    let text = directory
        .to_str()
        .filter(|text| !text.contains(['\n', '\r']))
        .ok_or_else(|| SimulatorError::UnusablePath(directory.clone()))?;
    let at = Address { url, directory: text };
    let services = services(&at);
    for ServiceFiles { service, start, files } in &services {
        for (name, content) in &files.private {
            write_private(&directory.join(name), content)?;
        }
        for (name, content) in &files.public {
            write_public(&directory.join(name), content)?;
        }
        if start.is_some() {
            let name = format!("{service}.settings.json");
            write_private(&directory.join(name), &files.own_settings.to_string())?;
        }
    }
    write_public(&directory.join("ca.pem"), ca_pem)?;
    write_public(&directory.join("signon.toml"), &signon_toml(&at, &services))
}

fn signon_toml(at: &Address<'_>, services: &[ServiceFiles]) -> String {
    let mut text = format!("data_dir = {}\n", at.path("state"));
    let mut inputs = Vec::new();
    for ServiceFiles { service, start, files } in services {
        let Some(start) = start else { continue };
        inputs.push(quoted(service.name()));
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
            settings = files.settings,
            start = quoted(&start),
            instead = files.instead,
            credentials = files.credentials,
        ));
    }
    text.push_str(&format!(
        "\n\
         [sinks.file]\n\
         type = \"file\"\n\
         inputs = [{inputs}]\n\
         path = {events}\n\
         format = \"ocsf\"\n",
        inputs = inputs.join(", "),
        events = at.path("events.ndjson"),
    ));
    text
}

/// A TOML basic string: JSON's escapes are a subset of TOML's.
pub(crate) fn quoted(text: &str) -> String {
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
