//! `signon demo`: the main job, self-checking.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use signon_host::config::Config;
use signon_host::permissions::{self, Readers};
use signon_host::read::Until;
use signon_host::render::{Format, event_id};
use signon_host::sinks::{FileSinkConfig, SinkConfig};
use signon_host::source::Summary;
use signon_simulator::{Options, Service, Simulator};
use tokio::sync::watch;

use super::exit;
use super::failure::Failure;
use super::run::{collect, load};

/// Arguments of `signon demo`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// OCI Audit records to generate; about one in twenty is a sign-on. Identity domain
    /// and OAM add their own.
    #[arg(long, value_name = "N", default_value_t = 4_000)]
    events: u64,
    /// Output format: ocsf, ocsf-1.5, ocsf-1.7, ocsf-1.9, ecs, otel or raw.
    #[arg(long, default_value = "ocsf")]
    format: Format,
    /// Seed of everything generated.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

/// Runs it.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let folder = Folder::new()?;
    let options = Options {
        seed: arguments.seed,
        events: arguments.events,
        services: Service::ALL.to_vec(),
        // What happens while we look would be neither in nor out.
        quiet: Duration::from_secs(120),
        ..Options::default()
    };
    let simulator = Simulator::start(options).await.map_err(Failure::failed)?;
    simulator.write_config(&folder.0).map_err(Failure::failed)?;
    let config = configuration(&folder.0, arguments.format)?;
    let started = Instant::now();
    let (_keep, stop) = watch::channel(false);
    let summary = collect(&config, Until::Done, stop).await?;
    let elapsed = started.elapsed();
    let lines = read_lines(&folder.0.join("events.ndjson"))?;
    lines.iter().try_for_each(|line| exit::event(line))?;
    report(&simulator, &summary, elapsed);
    let checked = verify(&lines, arguments.format, &truth(&simulator));
    simulator.shutdown().await;
    if let Some((source, error)) = summary.failed.first() {
        return Err(Failure::failed(format!("source {source}: {error}")));
    }
    let delivered = checked?;
    tabulate(&read_lines(&folder.0.join("summary.ndjson"))?).iter().for_each(exit::complain);
    exit::complain(format!("every one of {delivered} events is in the output exactly once"));
    Ok(())
}

/// A folder that goes when the demo does.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("signon-demo-{}", std::process::id()));
        // In a place where everybody may make folders: one that is there is not ours.
        permissions::new_folder(&path, Readers::Nobody)
            .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Whatever is left of it lies in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The simulator's own configuration, in the format asked for, and once more for
/// the table.
fn configuration(folder: &Path, format: Format) -> Result<Config, Failure> {
    let mut config = load(&[folder.join("signon.toml")], None)?;
    let mut table: Option<SinkConfig> = None;
    for sink in &mut config.sinks {
        sink.format = format;
        table = Some(SinkConfig {
            id: "summary".to_owned(),
            format: Format::Ocsf,
            kind: FileSinkConfig { path: folder.join("summary.ndjson"), rotation: None }.into(),
            ..sink.clone()
        });
    }
    config.sinks.extend(table);
    Ok(config)
}

fn read_lines(path: &Path) -> Result<Vec<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) => Err(Failure::failed(format!("{}: {error}", path.display()))),
    }
}

/// Every event that has to come out, of all services. Their ids never meet.
fn truth(simulator: &Simulator) -> BTreeSet<String> {
    Service::ALL.iter().flat_map(|service| simulator.truth_of(*service)).collect()
}

fn report(simulator: &Simulator, summary: &Summary, elapsed: Duration) {
    let (counts, served) = (summary.counts, simulator.statistics());
    exit::complain(format!(
        "{} signed requests, {} records in {} pages through the sandbox in {:.2} s: \
         {} events written and committed, {} other records passed over, {} duplicates, {} rejected",
        served.requests,
        counts.received,
        served.pages,
        elapsed.as_secs_f64(),
        counts.emitted,
        counts.filtered,
        counts.duplicate,
        counts.rejected,
    ));
}

/// Holds the output against what the simulator knows to be sign-ons. Gives back
/// how many there are.
fn verify(lines: &[String], format: Format, truth: &BTreeSet<String>) -> Result<usize, Failure> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut unreadable = 0;
    for line in lines {
        match event_id(line, format) {
            Some(id) => *found.entry(id).or_default() += 1,
            None => unreadable += 1,
        }
    }
    let missing = truth.iter().filter(|id| !found.contains_key(*id)).count();
    let twice = found.values().filter(|count| **count > 1).count();
    let foreign = found.keys().filter(|id| !truth.contains(*id)).count();
    if missing + twice + foreign + unreadable == 0 {
        return Ok(truth.len());
    }
    Err(Failure::failed(format!(
        "the output does not match the {} sign-on events of the simulator: {missing} missing, \
         {twice} more than once, {foreign} that are none, {unreadable} unreadable lines",
        truth.len()
    )))
}

/// One line of the table.
#[derive(Default)]
struct Row {
    events: usize,
    users: BTreeSet<String>,
    addresses: BTreeSet<String>,
}

/// Who signed in where, by source, activity and outcome.
fn tabulate(lines: &[String]) -> Vec<String> {
    let mut rows: BTreeMap<[String; 3], Row> = BTreeMap::new();
    for line in lines {
        let Ok(event) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        let text = |pointer: &str| event.pointer(pointer)?.as_str().map(str::to_owned);
        let [source, mut activity, outcome] = ["/metadata/source", "/activity_name", "/status"]
            .map(|pointer| text(pointer).unwrap_or_else(|| "?".to_owned()));
        // Administration of groups, apps, mails: every one has a name of its own.
        if event.pointer("/class_uid").is_some_and(|class| class == 0) {
            "(no sign-on, no account)".clone_into(&mut activity);
        }
        let row = rows.entry([source, activity, outcome]).or_default();
        row.events += 1;
        row.users.extend(text("/user/name"));
        row.addresses.extend(text("/src_endpoint/ip"));
    }
    let mut table = vec![format!(
        "{:<10} {:<28} {:<10} {:>6} {:>6} {:>9}",
        "source", "activity", "outcome", "events", "users", "addresses"
    )];
    for ([source, activity, outcome], row) in rows {
        table.push(format!(
            "{source:<10} {activity:<28} {outcome:<10} {:>6} {:>6} {:>9}",
            row.events,
            row.users.len(),
            row.addresses.len()
        ));
    }
    table
}
