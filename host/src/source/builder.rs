//! From a source's configuration to streams that are ready to run. Everything
//! that can be wrong with one source is found here, before its first request, and
//! stops that source alone.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::outlets::{Outlets, keep_raw};
use super::process::{Components, Process};
use crate::config::{AllowRule, ComponentRef, SourceConfig};
use crate::contract::{AccessRule, Descriptor, Finding, ReadOptions, Shape, SourceError, Stream};
use crate::egress::{Budget, Egress, Grant};
use crate::files;
use crate::limits::Limits;
use crate::limits::off_the_threads;
use crate::net::{HttpClient, PrivateAddresses};
use crate::pipeline::{Acceptance, CollectError, Filter, Preferences};
use crate::planner::Schedule;
use crate::read::SandboxedSource;
use crate::read::StreamRun;
use crate::read::{SourceContext, millis};
use crate::render::Owner;
use crate::runtime::{LoadedComponent, Sandbox, SandboxError};
use crate::state::{Committer, StreamKey};
use crate::telemetry::SourceTelemetry;

/// Longest text of one field in an event. User agents beyond this are attacks.
const TEXT_LIMIT: u32 = 16 << 10;

/// A source whose component is loaded, whose settings it accepts and whose
/// credential is at hand.
struct Ready {
    component: LoadedComponent,
    descriptor: Arc<Descriptor>,
    settings: String,
    streams: Vec<Stream>,
    egress: Egress,
    limits: Limits,
}

async fn ready(
    sandbox: &Sandbox,
    components: &dyn Components,
    source: &SourceConfig,
    telemetry: SourceTelemetry,
) -> Result<Ready, CollectError> {
    let limits = source.limits.clone();
    let component = off_the_threads(|| load(sandbox, components, source))?;
    let descriptor = sandbox.descriptor(&component, &limits).await?;
    let settings = settings_text(source)?;
    let refused = |error| in_settings(source, error);
    let rules = sandbox.access(&component, &limits, &settings).await.map_err(refused)?;
    let streams = sandbox.streams(&component, &limits, &settings).await.map_err(refused)?;
    let mut ids: Vec<&str> = streams.iter().map(|stream| stream.id.as_str()).collect();
    ids.sort_unstable();
    if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        // Two readers of one stream would each deliver what the other has not
        // committed yet.
        let problem = format!("its settings name the stream {:?} twice", pair[0]);
        return Err(CollectError::Settings(source.problem("", problem).to_string()));
    }
    let egress = egress(source, &rules, &limits, telemetry).await?;
    Ok(Ready { component, descriptor, settings, streams, egress, limits })
}

/// Prepares a source and lets its component try the configuration.
///
/// # Errors
///
/// What would stop the source at its start.
pub async fn check(
    sandbox: &Sandbox,
    components: &dyn Components,
    source: &SourceConfig,
) -> Result<Vec<Finding>, CollectError> {
    let telemetry = sandbox.telemetry().no_source(&source.id);
    let ready = ready(sandbox, components, source, telemetry).await?;
    schedule(source, &ready.descriptor)?;
    let checked =
        sandbox.check(&ready.component, &ready.limits, ready.egress, &ready.settings).await;
    let findings = checked.map_err(|error| in_settings(source, error))?;
    Ok(findings.into_iter().map(|finding| source.finding(finding)).collect())
}

/// A source that can be read without a collector.
pub struct ReadySource {
    /// Its component.
    pub component: LoadedComponent,
    /// What the component is configured with, as JSON text.
    pub settings: String,
    /// Its way out, with its credential.
    pub egress: Egress,
}

/// Prepares a source for whoever reads it without a collector.
///
/// # Errors
///
/// What would stop the source at its start.
pub async fn open(
    sandbox: &Sandbox,
    components: &dyn Components,
    source: &SourceConfig,
) -> Result<ReadySource, CollectError> {
    let telemetry = sandbox.telemetry().no_source(&source.id);
    let Ready { component, settings, egress, .. } =
        ready(sandbox, components, source, telemetry).await?;
    Ok(ReadySource { component, settings, egress })
}

/// Builds sources of one configuration. Clones are the same.
#[derive(Clone)]
pub struct SourceBuilder {
    pub process: Arc<Process>,
    pub committer: Committer,
    pub outlets: Arc<Outlets>,
    pub preferences: Preferences,
    /// How often the head of a ledger is sent.
    pub ledger_heads: Duration,
    /// Whether the live edge is read, or only the past.
    pub live: bool,
}

impl SourceBuilder {
    /// The streams of a source.
    pub async fn build(&self, source: &SourceConfig) -> Result<Vec<StreamRun>, CollectError> {
        let (process, telemetry) = (&self.process, self.process.telemetry_of(source));
        let (sandbox, components) = (&process.sandbox, process.components.as_ref());
        let Ready { component, descriptor, settings, streams, egress, limits } =
            ready(sandbox, components, source, telemetry.clone()).await?;
        let schedule = schedule(source, &descriptor)?;
        let fingerprint = fingerprint(&descriptor, source);
        let smallest_retention = match &descriptor.shape {
            Shape::Windowed(windowed) => windowed.smallest_retention_seconds,
            Shape::Log => 0,
        };
        let outlets = self.outlets.of(&source.id);
        let session_factory = SandboxedSource {
            sandbox: process.sandbox.clone(),
            component,
            limits,
            egress,
            settings,
            options: ReadOptions {
                classes: source.classes,
                keep_raw: keep_raw(&outlets),
                text_limit: TEXT_LIMIT,
            },
        };
        let context = Arc::new(SourceContext {
            source: source.id.clone(),
            telemetry,
            tenant: source.tenant.clone(),
            owner: Arc::new(owner(source)),
            descriptor_name: descriptor.name.clone(),
            session_factory: Box::new(session_factory),
            schedule,
            smallest_retention: millis(Duration::from_secs(smallest_retention)),
            start: source.start,
            poll_interval: source.poll_interval,
            head_interval: self.ledger_heads,
            backfill: source.backfill,
            live: self.live,
            acceptance: Acceptance {
                filter: Filter::new(source.classes, &source.include, &source.exclude),
                preference: self.preferences.of(&source.id),
                claims: process.claims.clone(),
                state: process.state.clone(),
            },
            state: process.state.clone(),
            outlets,
            statuses: process.statuses.clone(),
            places: process.places.clone(),
            undelivered: process.undelivered.clone(),
            clock: process.clock.clone(),
        });
        let run = |stream: Stream| {
            let key = StreamKey {
                source: source.id.clone(),
                fingerprint: fingerprint.clone(),
                stream: stream.id,
            };
            process.statuses.enter(&key, &source.tenant);
            StreamRun::new(context.clone(), key, self.committer.clone())
        };
        Ok(streams.into_iter().map(run).collect())
    }
}

fn load(
    sandbox: &Sandbox,
    components: &dyn Components,
    source: &SourceConfig,
) -> Result<LoadedComponent, CollectError> {
    match &source.component {
        ComponentRef::File(file) => Ok(sandbox.load_file_as(file, &source.limits)?),
        ComponentRef::BuiltIn(name) => match components.built_in(name) {
            Some(loaded) => Ok(loaded?),
            None => Err(CollectError::Settings(
                source
                    .problem(
                        "/type",
                        format!(
                            "no built-in component {name:?} in this program; name a file with \
                             component = \"path/to.wasm\""
                        ),
                    )
                    .to_string(),
            )),
        },
    }
}

fn settings_text(source: &SourceConfig) -> Result<String, CollectError> {
    if source.settings.contains_key("auth") {
        return Err(CollectError::Settings(
            source
                .problem(
                    "/auth",
                    "components get no credentials here; use the host's `credentials` instead, \
                     which never enter the sandbox",
                )
                .to_string(),
        ));
    }
    serde_json::to_string(&source.settings)
        .map_err(|error| CollectError::Settings(error.to_string()))
}

/// Says where in the file each finding of the component is.
fn in_settings(source: &SourceConfig, error: SandboxError) -> CollectError {
    let SandboxError::Source(SourceError::InvalidConfig(findings)) = error else {
        return error.into();
    };
    let lines: Vec<String> = findings
        .into_iter()
        .map(|finding| {
            let finding = source.finding(finding);
            let key = finding.path.trim_start_matches('/');
            let fix = match SourceConfig::host_key_near(key) {
                Some(near) if finding.problem.starts_with("unknown key") => {
                    format!("did you mean {near:?}?")
                }
                _ => finding.fix.clone(),
            };
            source.problem(&finding.path, format!("{}; {fix}", finding.problem)).to_string()
        })
        .collect();
    CollectError::Settings(lines.join("\n"))
}

async fn egress(
    source: &SourceConfig,
    asked: &[AccessRule],
    limits: &Limits,
    telemetry: SourceTelemetry,
) -> Result<Egress, CollectError> {
    let private = PrivateAddresses {
        everywhere: source.allow_private_addresses,
        origins: source
            .allow
            .iter()
            .filter(|rule| rule.private_addresses)
            .map(|rule| rule.origin.clone())
            .collect(),
    };
    let authorities = match &source.ca_file {
        Some(path) => Some(files::read_text(path, files::CREDENTIAL).map_err(|error| {
            let problem = format!("cannot read {}: {error}", path.display());
            CollectError::Settings(source.problem("/ca_file", problem).to_string())
        })?),
        None => None,
    };
    let trust =
        HttpClient::trust(authorities.as_ref().map(|text| text.as_str())).map_err(|error| {
            match &source.ca_file {
                Some(path) => {
                    let problem = format!("{}: {error}", path.display());
                    CollectError::Settings(source.problem("/ca_file", problem).to_string())
                }
                None => error.into(),
            }
        })?;
    let client = HttpClient::new(trust.clone(), private);
    let credential =
        super::credentials::prepare(source, &client, trust).await.map_err(|error| {
            CollectError::Credential { place: source.place_of("/credentials"), source: error }
        })?;
    // What a built-in asks for follows from the operator's settings alone, in a
    // call that has seen no byte from outside; a component from a file gets what
    // both it and the operator name.
    let granted = match &source.component {
        ComponentRef::BuiltIn(_) => asked.to_vec(),
        ComponentRef::File(_) => intersect(asked, &source.allow),
    };
    let grants = granted
        .iter()
        .map(|rule| Grant::new(rule, credential.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    let budget = source.requests_per_minute.map(Budget::per_minute);
    Ok(Egress::open(telemetry, grants, client, limits.clone()).with_budget(budget))
}

/// The narrower of what is asked and what is allowed, pair by pair.
fn intersect(asked: &[AccessRule], allowed: &[AllowRule]) -> Vec<AccessRule> {
    let mut granted = Vec::new();
    for ask in asked {
        for allow in allowed.iter().filter(|allow| allow.origin == ask.origin) {
            let path_prefix = match (&ask.path_prefix, &allow.path_prefix) {
                (ask, allow) if covers(allow, ask) => ask.clone(),
                (ask, allow) if covers(ask, allow) => allow.clone(),
                _ => continue,
            };
            let methods: Vec<String> =
                ask.methods.iter().filter(|m| allow.methods.contains(m)).cloned().collect();
            if !methods.is_empty() {
                granted.push(AccessRule { origin: ask.origin.clone(), methods, path_prefix });
            }
        }
    }
    granted
}

/// Whether a prefix contains another, on segment boundaries.
fn covers(wide: &str, narrow: &str) -> bool {
    narrow
        .strip_prefix(wide.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn schedule(source: &SourceConfig, descriptor: &Descriptor) -> Result<Schedule, CollectError> {
    let wrong = |pointer: &str, problem: &str| CollectError::Schedule {
        place: source.place_of(pointer),
        problem: problem.to_owned(),
    };
    let Shape::Windowed(windowed) = &descriptor.shape else {
        return Err(wrong("", "this component reads a log, which is not supported yet"));
    };
    let seconds = |duration: &Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
    let readings = match &source.readings {
        Some(readings) => readings.iter().map(seconds).collect(),
        None => windowed.readings_seconds.clone(),
    };
    let longest = source.longest_range.as_ref().map_or(windowed.longest_range_seconds, |asked| {
        seconds(asked).min(windowed.longest_range_seconds)
    });
    Schedule::new(
        windowed.granularity_seconds,
        longest,
        windowed.largest_retention_seconds,
        &readings,
    )
    .ok_or_else(|| {
        wrong(
            "/readings",
            "readings have to rise, and longest_range has to be at least the granularity of \
             the source",
        )
    })
}

/// Which events a configuration is about: the component, and those settings that
/// it says decide.
pub fn fingerprint(descriptor: &Descriptor, source: &SourceConfig) -> String {
    let mut digest = Sha256::new();
    digest.update(descriptor.name.as_bytes());
    for key in &descriptor.identity_keys {
        let value = source.settings.get(key).cloned().unwrap_or_default();
        digest.update(format!("\n{key}={value}"));
    }
    HEXLOWER.encode(&digest.finalize()[..8])
}

fn owner(source: &SourceConfig) -> Owner {
    Owner {
        tenant: source.tenant.clone(),
        source: source.id.clone(),
        labels: source.labels.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(path_prefix: &str) -> AccessRule {
        AccessRule {
            origin: "https://a".into(),
            methods: vec!["GET".into(), "POST".into()],
            path_prefix: path_prefix.into(),
        }
    }

    fn allow(origin: &str, path_prefix: &str) -> AllowRule {
        AllowRule {
            origin: origin.into(),
            methods: vec!["GET".into()],
            path_prefix: path_prefix.into(),
            private_addresses: false,
            place: crate::config::Place::whole(std::path::Path::new("x.toml")),
        }
    }

    #[test]
    fn a_component_from_a_file_gets_only_what_both_sides_name() {
        let granted = intersect(&[ask("/v1")], &[allow("https://a", "/v1/events")]);
        assert_eq!(granted[0].path_prefix, "/v1/events");
        assert_eq!(granted[0].methods, ["GET"]);
        assert_eq!(intersect(&[ask("/v1/x")], &[allow("https://a", "/")])[0].path_prefix, "/v1/x");
        assert!(intersect(&[ask("/v1")], &[allow("https://a", "/v10")]).is_empty());
        assert!(intersect(&[ask("/v1")], &[allow("https://b", "/v1")]).is_empty());
        assert!(intersect(&[ask("/v1")], &[]).is_empty());
    }
}
