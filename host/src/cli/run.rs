//! `signon run`

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use signon_host::config::Config;
use signon_host::files;
use signon_host::limits::Limits;
use signon_host::permissions::open_to_others;
use signon_host::read::Until;
use signon_host::source::{Collector, Components, Orders, Summary};
use signon_host::state::{EmbeddedState, StateError};
use signon_host::status::StatusRegistry;
use signon_host::telemetry;
use tokio::sync::watch;

use super::built_ins::BuiltIns;
use super::failure::Failure;
use super::sandbox::sandbox;
use super::{exit, hardening, metrics, progress, signals};

/// Arguments of `signon run`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Configuration file, TOML or YAML, or a pipe, read once; several are merged.
    #[arg(long, short, value_name = "FILE", num_args = 1..)]
    config: Vec<PathBuf>,
    /// Folder whose *.toml, *.yaml and *.yml files are configuration, too.
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
    /// Collect what is due now, then end.
    #[arg(long)]
    once: bool,
}

/// Runs it.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let files = arguments.config;
    let folder = arguments.config_dir;
    let config = load(&files, folder.as_deref())?;
    let until = if arguments.once { Until::Done } else { Until::Stopped };
    let stop = signals::stop();
    hardening::tell_few_descriptors(config.sources.len(), config.sinks.len());
    let Some(state) = open_state_unless(stop.clone(), &config).await else {
        // Told to end, and nothing was begun.
        return Ok(());
    };
    let state = state.map_err(Failure::failed)?;
    let collector = collector(&config, state.clone())?;
    let _metrics = match config.metrics_listen {
        Some(address) => Some(
            metrics::serve(
                address,
                collector.telemetry().clone(),
                collector.statuses(),
                state.clone(),
            )
            .await?,
        ),
        None => None,
    };
    let reload = signals::reload(collector.telemetry().clone(), move || {
        load_again(&files, folder.as_deref())
    });
    signals::backup(state, &config.data_dir);
    let _progress = starting(&config, collector.statuses());
    let summary = collector.run(&config, until, Orders { stop, reload }).await;
    finish(&summary.map_err(Failure::failed)?)
}

/// From so many sources on a start takes long enough to be looked at.
const MANY: usize = 100;

/// How many of many sources have started, while they do.
fn starting(config: &Config, statuses: Arc<StatusRegistry>) -> Option<progress::Watch> {
    let ids: HashSet<String> = config.sources.iter().map(|source| source.id.clone()).collect();
    let all = ids.len();
    let look = move || {
        let mut there: HashSet<String> =
            statuses.streams().into_iter().map(|(key, _)| key.source).collect();
        there.extend(statuses.sources_not_started().into_iter().map(|(id, _)| id));
        let started = there.intersection(&ids).count();
        let of = Some(all as u64);
        (started < all).then(|| (started as u64, of, format!("{started} of {all} sources")))
    };
    (all >= MANY).then(|| progress::watch("start", look))
}

/// Reads the configuration of a command.
pub fn load(named: &[PathBuf], folder: Option<&Path>) -> Result<Config, Failure> {
    let mut paths = named.to_vec();
    if let Some(folder) = folder {
        paths.extend(in_folder(folder)?);
    }
    if paths.is_empty() {
        return Err(Failure::usage("no configuration: name one with --config FILE"));
    }
    let config = Config::load(&paths, &|name| std::env::var(name).ok())
        .map_err(|error| Failure::configuration(&error))?;
    exit::hide(&config.hidden);
    Ok(config)
}

/// Reads it again while running: a pipe has given all that it had.
fn load_again(named: &[PathBuf], folder: Option<&Path>) -> Result<Config, Failure> {
    regular(named)?;
    load(named, folder)
}

/// The configuration files of a folder; whatever else has a name like theirs is refused.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| Failure::usage(format!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let kind = path.extension();
        if kind.is_some_and(|kind| kind == "toml" || kind == "yaml" || kind == "yml") {
            found.push(path);
        }
    }
    found.sort();
    regular(&found)?;
    Ok(found)
}

fn regular(paths: &[PathBuf]) -> Result<(), Failure> {
    for path in paths {
        files::check_regular(path)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

/// The state of a configuration.
pub fn open_state(config: &Config) -> Result<Arc<EmbeddedState>, StateError> {
    let state = EmbeddedState::open(&config.data_dir)?;
    if let Some(warning) = open_to_others(&config.data_dir) {
        telemetry::DataDirOpen { warning: &warning }.emit();
    }
    Ok(Arc::new(state))
}

/// The state of a configuration, unless the process is to end: to look through a large
/// one takes a while.
async fn open_state_unless(
    mut stop: watch::Receiver<bool>,
    config: &Config,
) -> Option<Result<Arc<EmbeddedState>, StateError>> {
    let config = config.clone();
    let opened = tokio::task::spawn_blocking(move || open_state(&config));
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => None,
        opened = opened => match opened {
            Ok(opened) => Some(opened),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        },
    }
}

/// A collector with the bundled components.
pub fn collector(config: &Config, state: Arc<EmbeddedState>) -> Result<Collector, Failure> {
    let sandbox = sandbox(&Limits::widest(), Some(&config.data_dir))?;
    let components: Arc<dyn Components> = Arc::new(BuiltIns::new(sandbox.clone()));
    Ok(Collector::new(sandbox, components, state))
}

/// Collects with the bundled components.
pub async fn collect(
    config: &Config,
    until: Until,
    stop: watch::Receiver<bool>,
) -> Result<Summary, Failure> {
    let collector = collector(config, open_state(config).map_err(Failure::failed)?)?;
    collector.run(config, until, Orders::only_stop(stop)).await.map_err(Failure::failed)
}

/// Tells what was collected; a failure if some of it was not.
pub fn finish(summary: &Summary) -> Result<(), Failure> {
    let counts = summary.counts;
    tracing::info!(
        received = counts.received,
        emitted = counts.emitted,
        duplicate = counts.duplicate,
        yielded = counts.yielded,
        filtered = counts.filtered,
        rejected = counts.rejected,
        "Collected."
    );
    if summary.failed.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        summary.failed.iter().map(|(source, error)| format!("source {source}: {error}")).collect();
    Err(Failure::several(&lines))
}
