//! `signon coverage`: which times are complete, open, a gap or unproven.

use std::path::PathBuf;

use chrono::DateTime;
use clap::Args;
use signon_host::config::Config;
use signon_host::ledger::{DELAY_BOUNDS_MS, Hash};
use signon_host::read::{Clock as _, SystemClock};
use signon_host::state::{EmbeddedState, Question, StateError, StreamReport, report};

use super::exit::{self, say};
use super::failure::Failure;
use super::run::load;
use super::{metrics, timeline};

/// Arguments of `signon coverage`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Configuration file, TOML or YAML; several are merged.
    #[arg(long, short, value_name = "FILE", num_args = 1..)]
    config: Vec<PathBuf>,
    /// Folder whose *.toml, *.yaml and *.yml files are configuration, too.
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
    /// This source only.
    #[arg(long, value_name = "ID")]
    source: Option<String>,
    /// Start of the interval, like 2026-01-01T00:00:00Z; default: the oldest time read.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<i64>,
    /// End of the interval; default: now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<i64>,
    /// Print JSON, one object a stream.
    #[arg(long)]
    json: bool,
    /// Exit with 1 if a chain is damaged or, with --head, does not hold that head.
    #[arg(long)]
    verify: bool,
    /// A ledger head that a sink received (`hash`), to be found in a chain.
    #[arg(long, value_name = "HASH", requires = "verify")]
    head: Option<Hash>,
}

/// A time on the command line.
pub fn time(text: &str) -> Result<i64, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.timestamp_millis())
        .map_err(|_| "expected a time like 2026-01-01T00:00:00Z".to_owned())
}

/// An interval that ends before it starts is a slip.
pub fn in_order(from: Option<i64>, to: Option<i64>) -> Result<(), Failure> {
    match (from, to) {
        (Some(from), Some(to)) if from >= to => {
            Err(Failure::usage("--to is not later than --from; nothing lies between them"))
        }
        _ => Ok(()),
    }
}

/// Runs it.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let config = load(&arguments.config, arguments.config_dir.as_deref())?;
    in_order(arguments.from, arguments.to)?;
    let question = Question {
        source: arguments.source,
        from: arguments.from,
        to: arguments.to,
        head: arguments.head,
        now: SystemClock.now(),
    };
    let reports = ask(&config, &question).await?;
    if let Some(source) = question.source.as_ref().filter(|_| reports.is_empty()) {
        return Err(Failure::usage(format!(
            "the state knows no source {source:?}: `run` has not read it yet, or its id is another"
        )));
    }
    for report in &reports {
        match arguments.json {
            true => exit::json(report)?,
            false => table(report).iter().try_for_each(say)?,
        }
    }
    if !arguments.json && !reports.is_empty() && timeline::is_seen() {
        say(timeline::legend())?;
    }
    if arguments.verify { verify(&reports, arguments.head) } else { Ok(()) }
}

/// Asks the state, or the process that has it.
pub async fn ask(config: &Config, question: &Question) -> Result<Vec<StreamReport>, Failure> {
    if !config.data_dir.join("state.redb").exists() {
        return Err(Failure::failed(format!(
            "data_dir {}: holds no state yet; start signon run first",
            config.data_dir.display()
        )));
    }
    match EmbeddedState::open(&config.data_dir) {
        Ok(state) => report(&state, question).await.map_err(Failure::failed),
        Err(error @ StateError::Locked { .. }) => match config.metrics_listen {
            Some(address) => metrics::ask_coverage(address, question).await,
            None => Err(Failure::failed(format!(
                "{error}. A running signon answers itself if the configuration has \
                 metrics_listen = \"127.0.0.1:9598\""
            ))),
        },
        Err(error) => Err(Failure::failed(error)),
    }
}

fn verify(reports: &[StreamReport], head: Option<Hash>) -> Result<(), Failure> {
    let damaged: Vec<String> = reports
        .iter()
        .filter_map(|report| {
            let damage = report.damage.as_ref()?;
            Some(format!("ledger of {} {}: {damage}", report.source, report.stream))
        })
        .collect();
    if !damaged.is_empty() {
        return Err(Failure::several(&damaged));
    }
    if reports.is_empty() {
        return Err(Failure::failed(
            "the state holds no ledger, so that nothing is verified: nothing was read yet, or \
             what was read was taken out of it",
        ));
    }
    if let Some(head) = head
        && !reports.iter().any(|report| report.head_found.is_some())
    {
        return Err(Failure::failed(format!(
            "no ledger holds the head {head}: it is of another state, or the ledger was \
             rewritten since it was sent"
        )));
    }
    Ok(())
}

/// The lines that are said of a stream. Reasons and ids are other people's words: none of
/// them becomes a line of its own.
fn table(report: &StreamReport) -> Vec<String> {
    let mut lines = vec![format!("{} {}", report.source, report.stream)];
    if timeline::is_seen() {
        lines.push(timeline::draw(report));
    }
    for segment in &report.segments {
        lines.push(format!(
            "  {} .. {}  {:9} {}",
            rfc3339(segment.range.start),
            rfc3339(segment.range.end),
            segment.standing.word(),
            segment.standing.reason()
        ));
    }
    let counts = report.counts;
    lines.push(format!(
        "  received {} = emitted {} + duplicate {} + yielded {} + filtered {} + rejected {}",
        counts.received,
        counts.emitted,
        counts.duplicate,
        counts.yielded,
        counts.filtered,
        counts.rejected
    ));
    if !report.late.is_none() {
        lines.push(format!(
            "  late {} (longest {} min; {})",
            report.late.events,
            report.late.longest_ms / 60_000,
            delays(&report.late.buckets)
        ));
    }
    lines.push(format!("  ledger: {} entries, head {}", report.tip.number, report.tip.hash));
    lines.extend(remarks(report).into_iter().map(|remark| format!("  {remark}")));
    if let Some(number) = report.head_found {
        lines.push(format!("  ledger: the head asked for is that of entry {number}"));
    }
    if let Some(damage) = &report.damage {
        lines.push(format!("  ledger: DAMAGED: {damage}"));
    }
    lines
}

/// What an operator should look into.
pub fn remarks(report: &StreamReport) -> Vec<String> {
    let silent = report.silent_for_ms.map(|silent| {
        let hours = silent / 3_600_000;
        format!("no event for {hours} hours, longer than ever before")
    });
    let doubt = report.doubt.as_ref();
    let doubt = doubt.map(|doubt| format!("the newest reading proves nothing: {doubt}"));
    silent.into_iter().chain(doubt).collect()
}

fn delays(buckets: &[u64]) -> String {
    let mut parts = Vec::new();
    for (index, count) in buckets.iter().enumerate().filter(|(_, count)| **count > 0) {
        let bound = match DELAY_BOUNDS_MS.get(index) {
            Some(bound) => format!("up to {} min", bound / 60_000),
            None => "longer".to_owned(),
        };
        parts.push(format!("{count} {bound}"));
    }
    parts.join(", ")
}

fn rfc3339(time_ms: i64) -> String {
    DateTime::from_timestamp_millis(time_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
