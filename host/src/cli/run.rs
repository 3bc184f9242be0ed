//! `signon run`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use signon_host::collect::{Collector, Components, Summary, Until};
use signon_host::config::Config;
use signon_host::render::Format;
use signon_host::sandbox::Sandbox;
use signon_host::state::EmbeddedState;
use tokio::sync::watch;

use super::built_ins::BuiltIns;
use super::failure::Failure;
use super::signals;

/// Arguments of `signon run`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Configuration file, TOML or YAML; several are merged.
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
    let config = load(&arguments.config, arguments.config_dir.as_deref())?;
    let until = if arguments.once { Until::Done } else { Until::Stopped };
    let summary = collect(&config, until, signals::stop()).await?;
    finish(&summary)
}

/// Reads the configuration of a command.
pub fn load(files: &[PathBuf], folder: Option<&Path>) -> Result<Config, Failure> {
    let mut paths = files.to_vec();
    if let Some(folder) = folder {
        let entries = std::fs::read_dir(folder)
            .map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))?;
        let mut found: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|kind| kind == "toml" || kind == "yaml" || kind == "yml")
            })
            .collect();
        found.sort();
        paths.extend(found);
    }
    if paths.is_empty() {
        return Err(Failure::usage("no configuration: name one with --config FILE"));
    }
    let config = Config::load(&paths, &|name| std::env::var(name).ok()).map_err(Failure::usage)?;
    for sink in &config.sinks {
        let known: Result<Format, _> = sink.format.parse();
        known.map_err(|error| Failure::usage(format!("{}: {error}", sink.format_place)))?;
    }
    Ok(config)
}

/// Collects with the bundled components.
pub async fn collect(
    config: &Config,
    until: Until,
    stop: watch::Receiver<bool>,
) -> Result<Summary, Failure> {
    let sandbox = Sandbox::new(&config.widest_limits()).map_err(Failure::failed)?;
    let components: Arc<dyn Components> = Arc::new(BuiltIns::new(sandbox.clone()));
    let state = EmbeddedState::open(&config.data_dir).map_err(Failure::failed)?;
    let collector =
        Collector::new(config, sandbox, components, Arc::new(state)).map_err(Failure::failed)?;
    Ok(collector.run(config, until, stop).await)
}

fn finish(summary: &Summary) -> Result<(), Failure> {
    let counts = summary.counts;
    tracing::info!(
        received = counts.received,
        emitted = counts.emitted,
        duplicate = counts.duplicate,
        filtered = counts.filtered,
        rejected = counts.rejected,
        "Collected."
    );
    if summary.failed.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        summary.failed.iter().map(|(source, error)| format!("source {source}: {error}")).collect();
    Err(Failure::failed(lines.join("\nsignon: ")))
}
