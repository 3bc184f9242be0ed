//! `signon backfill`: reads the past of a source, then ends.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use signon_host::config::{BackfillConfig, Start};
use signon_host::read::{Clock as _, SystemClock};
use signon_host::state::StateError;

use super::coverage::{in_order, time};
use super::failure::Failure;
use super::run::{collector, finish, load, open_state};
use super::{progress, signals};

/// Arguments of `signon backfill`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Configuration file, TOML or YAML; several are merged.
    #[arg(long, short, value_name = "FILE", num_args = 1..)]
    config: Vec<PathBuf>,
    /// Folder whose *.toml, *.yaml and *.yml files are configuration, too.
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
    /// The source to read.
    #[arg(long, value_name = "ID")]
    source: String,
    /// From where on, like 2026-01-01T00:00:00Z; default: the oldest the source holds.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<i64>,
    /// Up to where; default: where collection began.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<i64>,
    /// How many ranges to read at once.
    #[arg(long, value_name = "N", default_value = "4")]
    parallel: NonZeroUsize,
}

/// Runs it.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    in_order(arguments.from, arguments.to)?;
    if arguments.from.is_some_and(|from| from > SystemClock.now()) {
        return Err(Failure::usage("--from lies in the future; there is nothing to read yet"));
    }
    let mut config = load(&arguments.config, arguments.config_dir.as_deref())?;
    config.sources.retain(|source| source.id == arguments.source);
    let Some(source) = config.sources.first_mut() else {
        let id = arguments.source;
        return Err(Failure::usage(format!("the configuration has no source {id:?}")));
    };
    source.backfill = Some(BackfillConfig {
        from: arguments.from.map_or(Start::Earliest, Start::At),
        to: arguments.to,
        parallel: arguments.parallel,
    });
    config.sinks.retain(|sink| sink.takes(&arguments.source));
    let state = open_state(&config).map_err(advise)?;
    let collector = collector(&config, state)?;
    let stop = signals::stop();
    let (statuses, telemetry) = (collector.statuses(), collector.telemetry().clone());
    let shown = progress::watch("backfill", move || {
        let events: u64 = statuses.streams().iter().map(|(_, status)| status.counts.emitted).sum();
        let (done, of) = match telemetry.backfilled() {
            Some(fraction) => ((fraction * 1000.0) as u64, Some(1000)),
            None => (0, None),
        };
        Some((done, of, format!("{events} events")))
    });
    let summary = collector.backfill(&config, stop.clone()).await;
    drop(shown);
    finish(&summary.map_err(Failure::failed)?)?;
    if *stop.borrow() {
        return Err(Failure::failed("stopped before its end; run it again to go on"));
    }
    Ok(())
}

/// What to do instead while another process has the state.
fn advise(error: StateError) -> Failure {
    match error {
        StateError::Locked { .. } => Failure::failed(format!(
            "{error}; or let the running one do it: put backfill = {{ from = \"earliest\" }} \
             into the source and send it SIGHUP"
        )),
        error => Failure::failed(error),
    }
}
