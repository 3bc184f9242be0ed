//! `signon normalize`
//!
//! Invariant: what was not delivered is told: how many records were passed over, and of
//! which types; each that could not be read, by its number; and where the bytes themselves
//! could not be read any further.

mod file;
mod tally;

use std::path::PathBuf;

use clap::Args;
use signon_host::contract::{Batch, BatchLimits, EventClasses, Progress, ReadOptions};
use signon_host::limits::Limits;
use signon_host::payload::Payload;
use signon_host::render::{Context, Format, Keep, render};
use signon_host::runtime::{NormalizerInstance, SandboxError};

use self::file::Input;
use self::tally::Tally;
use super::built_ins::BuiltIns;
use super::exit;
use super::failure::Failure;
use super::sandbox::sandbox;

/// Bytes handed into the sandbox at once.
const CHUNK: usize = 256 << 10;

/// What is taken out of it at once.
const LIMITS: BatchLimits =
    BatchLimits { events: 1000, bytes: 8 << 20, soft_deadline_ms: u32::MAX };

/// Arguments of `signon normalize`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A built-in component by name, or a file.
    #[arg(long, value_name = "NAME|PATH")]
    component: String,
    /// Output format: ocsf, ocsf-1.5, ocsf-1.7, ocsf-1.9, ecs, otel or raw.
    #[arg(long, default_value = "ocsf")]
    format: Format,
    /// What of a record goes with its fields: raw, unmapped, both, or nothing ("").
    #[arg(long, value_name = "LIST", default_value = "unmapped")]
    keep: Keep,
    /// The payload, plain or gzip whatever its name; stdin when absent or `-`.
    #[arg(value_name = "FILE|-")]
    input: Option<PathBuf>,
}

/// Runs it.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut input = Input::open(arguments.input.as_deref())?;
    let limits = Limits::default();
    let sandbox = sandbox(&limits, None)?;
    let component = BuiltIns::new(sandbox.clone()).open(&arguments.component)?;
    let source = sandbox.describe(&component, &limits).await.map_err(Failure::failed)?.name;
    let options = ReadOptions {
        classes: EventClasses::DEFAULT,
        keep_raw: arguments.keep.raw || arguments.format == Format::Raw,
        text_limit: 0,
    };
    let normalizer = NormalizerInstance::open(&sandbox, &component, &limits, options)
        .await
        .map_err(Failure::failed)?;
    let Arguments { format, keep, .. } = arguments;
    let (told, problems) = (Tally::default(), Vec::new());
    let mut reading = Reading { normalizer, source, format, keep, told, problems };
    reading.read(&mut input).await?;
    reading.end().await
}

/// A payload being read.
struct Reading {
    normalizer: NormalizerInstance,
    source: String,
    format: Format,
    keep: Keep,
    told: Tally,
    /// Why the command does not succeed.
    problems: Vec<String>,
}

impl Reading {
    /// Reads to the end, or to where nothing more can be.
    async fn read(&mut self, input: &mut Input) -> Result<(), Failure> {
        let name = input.name().to_owned();
        let mut payload = Payload::new(&mut *input);
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = payload.read(&mut chunk).unwrap_or_else(|error| {
                self.problems.push(format!("{name}: {error}"));
                0
            });
            let pushed = match read {
                0 => self.normalizer.finish().await,
                _ => self.normalizer.push(&chunk[..read]).await,
            };
            pushed.map_err(Failure::failed)?;
            if !self.take().await? {
                break;
            }
        }
        drop(payload);
        if let Some(growth) = input.growth() {
            exit::complain(format!("signon: {growth}"));
        }
        Ok(())
    }

    /// Takes what is there; whether more is to be handed in.
    async fn take(&mut self) -> Result<bool, Failure> {
        loop {
            let batch = match self.normalizer.next(LIMITS).await {
                Ok(batch) => batch,
                Err(error @ SandboxError::Source(_)) => {
                    self.problems.push(error.to_string());
                    return Ok(false);
                }
                Err(error) => return Err(Failure::failed(error)),
            };
            self.write(&batch)?;
            match batch.progress {
                Progress::More => {}
                Progress::CaughtUp => return Ok(true),
                Progress::Finished => return Ok(false),
            }
        }
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        let context = Context { keep: self.keep, ..Context::of(&self.source) };
        for event in &batch.events {
            exit::event(&render(event, &context, self.format))?;
        }
        for finding in &batch.findings {
            exit::complain(format!("signon: {}; {}", finding.problem, finding.fix));
        }
        for reject in &batch.rejects {
            exit::complain(format!("signon: record {}: {}", reject.position, reject.reason));
        }
        self.told.add(batch.events.len(), batch.counts);
        Ok(())
    }

    async fn end(mut self) -> Result<(), Failure> {
        self.told.passed_over = self.normalizer.passed_over().await.map_err(Failure::failed)?;
        exit::complain(format!("signon: {}", self.told));
        match self.told.unreadable() {
            0 => {}
            unreadable => self.problems.push(format!("{unreadable} records could not be read")),
        }
        if self.problems.is_empty() { Ok(()) } else { Err(Failure::several(&self.problems)) }
    }
}
