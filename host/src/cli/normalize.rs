//! `signon normalize`

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use signon_host::contract::{BatchLimits, EventClasses, Progress, ReadOptions};
use signon_host::render::{Format, render};
use signon_host::sandbox::{Limits, NormalizerInstance, Sandbox};

use super::built_ins::BuiltIns;
use super::exit;
use super::failure::Failure;

/// Bytes handed into the sandbox at once.
const CHUNK: usize = 256 << 10;

/// Arguments of `signon normalize`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A built-in component by name, or a file.
    #[arg(long, value_name = "NAME|PATH")]
    component: String,
    /// Output format: ocsf, ocsf-1.5, ocsf-1.7, ocsf-1.9, ecs, otel or raw.
    #[arg(long, default_value = "ocsf")]
    format: Format,
    /// The payload; stdin when absent or `-`.
    #[arg(value_name = "FILE|-")]
    input: Option<PathBuf>,
}

/// Runs it.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut input: Box<dyn Read> = match &arguments.input {
        Some(path) if path.as_os_str() != "-" => Box::new(
            std::fs::File::open(path)
                .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?,
        ),
        _ => Box::new(std::io::stdin().lock()),
    };
    let limits = Limits::default();
    let sandbox = Sandbox::new(&limits).map_err(Failure::failed)?;
    let component =
        BuiltIns::new(sandbox.clone()).open(&arguments.component).map_err(Failure::failed)?;
    let source = sandbox.describe(&component, &limits).await.map_err(Failure::failed)?.name;
    let options = ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 0 };
    let mut normalizer = NormalizerInstance::open(&sandbox, &component, &limits, options)
        .await
        .map_err(Failure::failed)?;
    let mut rejected = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = input.read(&mut chunk).map_err(|error| {
            let name = arguments.input.as_deref().map_or("-".into(), |path| path.to_string_lossy());
            Failure::failed(format!("{name}: {error}"))
        })?;
        if read == 0 {
            normalizer.finish().await.map_err(Failure::failed)?;
        } else {
            normalizer.push(&chunk[..read]).await.map_err(Failure::failed)?;
        }
        loop {
            let limits = BatchLimits { events: 1000, bytes: 8 << 20, soft_deadline_ms: u32::MAX };
            let batch = normalizer.next(limits).await.map_err(Failure::failed)?;
            write(&batch.events, &source, arguments.format)?;
            for reject in &batch.rejects {
                exit::complain(format!("signon: record {}: {}", reject.position, reject.reason));
            }
            rejected += batch.counts.rejected;
            match batch.progress {
                Progress::More => {}
                Progress::CaughtUp => break,
                Progress::Finished if rejected > 0 => {
                    return Err(Failure::failed(format!("{rejected} records could not be read")));
                }
                Progress::Finished => return Ok(()),
            }
        }
    }
}

fn write(
    events: &[signon_host::contract::SignOnEvent],
    source: &str,
    format: Format,
) -> Result<(), Failure> {
    events.iter().try_for_each(|event| exit::event(&render(event, source, format)))
}
