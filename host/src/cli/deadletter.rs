//! `signon deadletter`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use signon_host::config::Config;
use signon_host::sinks::{Contents, DeadLetterKind, DeadLetters, SinkConfig, open_remote, replay};

use super::exit::say;
use super::failure::Failure;
use super::run::load;

/// Arguments of `signon deadletter`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the events that were put aside, and why.
    List(Which),
    /// Send them again; what is accepted is removed, what is refused stays.
    ///
    /// May run beside `signon run`.
    Replay {
        #[command(flatten)]
        which: Which,
        /// Also send copies of batches that a receiver took in part (OTLP), although
        /// most of their events arrived.
        #[arg(long)]
        with_partial: bool,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// Configuration file, TOML or YAML; several are merged.
    #[arg(long, short, value_name = "FILE", num_args = 1..)]
    config: Vec<PathBuf>,
    /// Folder whose *.toml, *.yaml and *.yml files are configuration, too.
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
    /// Only this sink.
    #[arg(long, value_name = "ID")]
    sink: Option<String>,
}

impl Which {
    fn load(&self) -> Result<(Config, Vec<SinkConfig>), Failure> {
        let config = load(&self.config, self.config_dir.as_deref())?;
        let mut sinks = config.sinks.clone();
        if let Some(id) = &self.sink {
            sinks.retain(|sink| sink.id == *id);
            if sinks.is_empty() {
                return Err(Failure::usage(format!("the configuration has no sink {id:?}")));
            }
        }
        Ok((config, sinks))
    }
}

/// Runs it.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::List(which) => list(&which),
        Command::Replay { which, with_partial } => send_again(&which, with_partial).await,
    }
}

fn list(which: &Which) -> Result<(), Failure> {
    let (config, sinks) = which.load()?;
    let mut failures = Vec::new();
    for sink in sinks {
        let file = DeadLetters::of(&config.data_dir, &sink.id);
        let letters = match file.read() {
            Ok(contents) => {
                failures.extend(unreadable(&file, &contents));
                contents.letters
            }
            Err(error) => {
                failures.push(format!("sink {}: {error}", sink.id));
                continue;
            }
        };
        if letters.is_empty() {
            continue;
        }
        say(format!("{}: {} events in {}", sink.id, letters.len(), file.path().display()))?;
        for letter in letters {
            let partial = match letter.kind {
                DeadLetterKind::Refused => "",
                DeadLetterKind::Partial => " (part of a batch)",
            };
            let (refused, source, id) = (letter.refused, letter.source, letter.event_id);
            say(format!("{refused} {source} {id:?}{partial}: {}", letter.reason))?;
        }
    }
    finish(&failures)
}

/// Lines that are passed over, one message each.
fn unreadable(file: &DeadLetters, contents: &Contents) -> Vec<String> {
    let path = file.path().display();
    let message = |line: &usize| {
        format!("{path}:{line}: is no dead letter and is passed over; mend or delete the line")
    };
    contents.unreadable.iter().map(message).collect()
}

fn finish(failures: &[String]) -> Result<(), Failure> {
    match failures.is_empty() {
        true => Ok(()),
        false => Err(Failure::several(failures)),
    }
}

async fn send_again(which: &Which, with_partial: bool) -> Result<(), Failure> {
    let (config, sinks) = which.load()?;
    let mut failures = Vec::new();
    for sink in sinks {
        let letters = DeadLetters::of(&config.data_dir, &sink.id);
        let is_empty = match letters.read() {
            Ok(contents) => {
                failures.extend(unreadable(&letters, &contents));
                contents.letters.is_empty()
            }
            Err(error) => {
                failures.push(format!("sink {}: {error}", sink.id));
                continue;
            }
        };
        let opened = open_remote(&sink, &config.data_dir);
        let opened = match opened {
            Ok(Some(opened)) if !is_empty => opened,
            Ok(_) => continue,
            Err(error) => {
                failures.push(format!("sink {}: {error}", sink.id));
                continue;
            }
        };
        match replay(&letters, opened.as_ref(), with_partial).await {
            Ok(done) => {
                say(format!(
                    "{}: {} delivered, {} still refused, {} undecided, {} of partly taken \
                     batches left alone",
                    sink.id, done.delivered, done.refused, done.undecided, done.partial
                ))?;
                if done.undecided > 0 {
                    failures.push(format!("sink {}: the receiver went away", sink.id));
                }
            }
            Err(error) => failures.push(format!("sink {}: {error}", sink.id)),
        }
    }
    finish(&failures)
}
