//! `signon conform`

use std::path::{Path, PathBuf};

use clap::Args;
use signon_host::config::{ComponentRef, SourceConfig};
use signon_host::conform::{Outcome, Service, Subject, examine};
use signon_host::egress::{Egress, Grant};
use signon_host::files;
use signon_host::limits::Limits;
use signon_host::net::{HttpClient, PrivateAddresses};
use signon_host::source::open;

use super::built_ins::BuiltIns;
use super::exit::say;
use super::failure::Failure;
use super::run::load;
use super::sandbox::sandbox;

/// Arguments of `signon conform`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A built-in component by name, or a file.
    #[arg(value_name = "NAME|PATH")]
    component: String,
    /// Settings that it should accept, as JSON.
    #[arg(long, value_name = "JSON")]
    settings: Option<String>,
    /// A file that its normalizer should read.
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// A service to read: the URL of one that asks for no credential, or a
    /// configuration file whose source of this component says all of it.
    ///
    /// `signon simulate --write-config DIR` writes such a file, DIR/signon.toml.
    #[arg(long, value_name = "URL|FILE")]
    against: Option<String>,
    /// How many hours of that service to read.
    #[arg(long, value_name = "HOURS", default_value = "26")]
    hours: u32,
}

/// Runs it: one line for each law on stdout.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let limits = Limits::default();
    let sandbox = sandbox(&limits, None)?;
    let built_ins = BuiltIns::new(sandbox.clone());
    let component = built_ins.open(&arguments.component)?;
    let mut subject = Subject {
        payload: arguments.payload.as_deref().map(bytes).transpose()?,
        settings: arguments.settings.clone(),
        service: None,
        sandbox,
        component,
        limits,
    };
    let egress = match &arguments.against {
        None => None,
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            Some(to_url(&subject, url).await?)
        }
        Some(file) => {
            let source = source_of(&arguments.component, file)?;
            let ready = open(&subject.sandbox, &built_ins, &source).await;
            let ready = ready.map_err(|error| Failure::usage(format!("{file}: {error}")))?;
            subject.settings.get_or_insert(ready.settings);
            Some(ready.egress)
        }
    };
    let now_ms = chrono::Utc::now().timestamp_millis();
    subject.service = egress.map(|egress| Service { egress, hours: arguments.hours, now_ms });
    let verdicts = examine(subject).await.map_err(Failure::failed)?;
    for verdict in &verdicts {
        say(verdict)?;
    }
    match verdicts.iter().filter(|one| matches!(one.outcome, Outcome::Fail(_))).count() {
        0 => Ok(()),
        1 => Err(Failure::failed("1 law is broken")),
        broken => Err(Failure::failed(format!("{broken} laws are broken"))),
    }
}

/// Most bytes of a component or of records to try it with: several times a large one.
const MOST_BYTES: u64 = 256 << 20;

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    files::read_named(path, MOST_BYTES)
        .map(|bytes| bytes.to_vec())
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// A way to one origin, whatever its address is, and to nothing else.
async fn to_url(subject: &Subject, url: &str) -> Result<Egress, Failure> {
    let settings = subject
        .settings
        .as_deref()
        .ok_or_else(|| Failure::usage("--against with a URL needs --settings that lead there"))?;
    let asked = subject.sandbox.access(&subject.component, &subject.limits, settings).await;
    let origin = url.trim_end_matches('/').to_ascii_lowercase();
    let mut grants = Vec::new();
    for rule in asked.map_err(Failure::usage)?.iter().filter(|rule| rule.origin == origin) {
        grants.push(Grant::new(rule, None).map_err(Failure::usage)?);
    }
    if grants.is_empty() {
        return Err(Failure::usage(format!("these settings ask for nothing at {origin}")));
    }
    let private = PrivateAddresses { everywhere: true, origins: Vec::new() };
    let trust = HttpClient::trust(None).map_err(Failure::failed)?;
    let client = HttpClient::new(trust, private);
    Ok(Egress::open("conform", grants, client, subject.limits.clone()))
}

/// The source of a component in a configuration file.
fn source_of(component: &str, file: &str) -> Result<SourceConfig, Failure> {
    let config = load(&[PathBuf::from(file)], None)?;
    let name = component.replace('-', "_");
    let path = std::path::absolute(component).unwrap_or_default();
    let is_it = |source: &SourceConfig| match &source.component {
        ComponentRef::BuiltIn(built_in) => built_in.replace('-', "_") == name,
        ComponentRef::File(known) => known.path == path || known.path == Path::new(component),
    };
    config
        .sources
        .into_iter()
        .find(is_it)
        .ok_or_else(|| Failure::usage(format!("{file} has no source of the component {component}")))
}
