//! `signon check`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use signon_host::config::Config;
use signon_host::contract::Severity;
use signon_host::limits::Limits;
use signon_host::permissions::open_to_others;
use signon_host::pipeline::CollectError;
use signon_host::read::{Clock as _, SystemClock};
use signon_host::sinks::check as check_sink;
use signon_host::source::{Components, check};
use signon_host::state::{Question, StreamReport};

use super::built_ins::BuiltIns;
use super::coverage;
use super::exit::say;
use super::failure::Failure;
use super::run::load;
use super::sandbox::sandbox;

/// Arguments of `signon check`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Configuration file, TOML or YAML; several are merged.
    #[arg(long, short, value_name = "FILE", num_args = 1..)]
    config: Vec<PathBuf>,
    /// Folder whose *.toml, *.yaml and *.yml files are configuration, too.
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

/// Runs it: every source is prepared and asked to try itself, every sink
/// is tried without an event; nothing is left behind.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let config = load(&arguments.config, arguments.config_dir.as_deref())?;
    let sandbox = sandbox(&Limits::widest(), None)?;
    let components: Arc<dyn Components> = Arc::new(BuiltIns::new(sandbox.clone()));
    let mut errors = 0;
    for source in &config.sources {
        match check(&sandbox, components.as_ref(), source).await {
            Ok(findings) if findings.is_empty() => say(format!("{}: ok", source.id))?,
            Ok(findings) => {
                for finding in findings {
                    let severity = match finding.severity {
                        Severity::Error => {
                            errors += 1;
                            "error"
                        }
                        Severity::Warning => "warning",
                        Severity::Info => "info",
                    };
                    say(format!("{}: {severity}: {}", source.id, finding.problem))?;
                    say(format!("{}: fix: {}", source.id, finding.fix))?;
                }
            }
            Err(error) => {
                errors += 1;
                tell(&source.id, &error)?;
            }
        }
    }
    if let Some(warning) = open_to_others(&config.data_dir) {
        say(format!("warning: {warning}"))?;
    }
    remember(&config).await?;
    for sink in &config.sinks {
        match check_sink(sink).await {
            Ok(()) => say(format!("sink {}: ok", sink.id))?,
            Err(error) => {
                errors += 1;
                say(format!("sink {}: error: {error}", sink.id))?;
            }
        }
    }
    match errors {
        0 => Ok(()),
        1 => Err(Failure::failed("1 error found")),
        errors => Err(Failure::failed(format!("{errors} errors found"))),
    }
}

/// An error of a source; what its component finds wrong comes a line each.
fn tell(source: &str, error: &CollectError) -> Result<(), Failure> {
    let text = error.to_string();
    match error {
        CollectError::Settings(_) => {
            text.lines().try_for_each(|line| say(format!("{source}: error: {line}")))
        }
        _ => say(format!("{source}: error: {text}")),
    }
}

/// What the state remembers of the sources that an operator should look into.
async fn remember(config: &Config) -> Result<(), Failure> {
    if !config.data_dir.join("state.redb").exists() {
        return Ok(());
    }
    let question = Question { now: SystemClock.now(), ..Question::default() };
    let reports = match coverage::ask(config, &question).await {
        Ok(reports) => reports,
        Err(failure) => return say(format!("state: not asked: {failure}")),
    };
    let known = |report: &&StreamReport| config.sources.iter().any(|s| s.id == report.source);
    for report in reports.iter().filter(known) {
        for remark in coverage::remarks(report) {
            say(format!("{}: warning: {}: {remark}", report.source, report.stream))?;
            say(format!(
                "{}: fix: compare with Oracle's console; a service that was retired goes on \
                 answering with nothing, and its successor has to be added as a source",
                report.source
            ))?;
        }
    }
    Ok(())
}
