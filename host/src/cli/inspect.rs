//! `signon inspect`

use clap::Args;
use signon_host::contract::{EventClass, Shape};
use signon_host::limits::Limits;

use super::built_ins::BuiltIns;
use super::exit::say;
use super::failure::Failure;
use super::sandbox::sandbox;

/// Arguments of `signon inspect`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A built-in component by name, or a file.
    #[arg(value_name = "NAME|PATH")]
    component: String,
    /// A configuration, as JSON, whose access rules and streams are shown, too.
    #[arg(long, value_name = "JSON")]
    settings: Option<String>,
}

/// Runs it.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let limits = Limits::default();
    let sandbox = sandbox(&limits, None)?;
    let component = BuiltIns::new(sandbox.clone()).open(&arguments.component)?;
    let descriptor = sandbox.describe(&component, &limits).await.map_err(Failure::failed)?;
    say(format!("{} {}: {}", descriptor.name, descriptor.version, descriptor.summary))?;
    list("imports", component.imports())?;
    list("exports", component.exports())?;
    match &descriptor.shape {
        Shape::Windowed(windowed) => say(format!(
            "shape: windowed, ranges of {} s to {} s, kept {} to {} days, read after {:?} s",
            windowed.granularity_seconds,
            windowed.longest_range_seconds,
            windowed.smallest_retention_seconds / 86_400,
            windowed.largest_retention_seconds / 86_400,
            windowed.readings_seconds,
        ))?,
        Shape::Log => say("shape: log")?,
    }
    let kinds: Vec<String> = descriptor
        .kinds
        .iter()
        .map(|kind| format!("{:<8} {}", class(kind.class), kind.name))
        .collect();
    list("classes of events, the longest name first", &kinds)?;
    if let Some(settings) = &arguments.settings {
        let rules = sandbox.access(&component, &limits, settings).await.map_err(Failure::usage)?;
        let rules: Vec<String> = rules
            .iter()
            .map(|rule| format!("{} {}{}", rule.methods.join(","), rule.origin, rule.path_prefix))
            .collect();
        list("access rules", &rules)?;
        let streams =
            sandbox.streams(&component, &limits, settings).await.map_err(Failure::usage)?;
        let streams: Vec<String> = streams.into_iter().map(|stream| stream.id).collect();
        list("streams", &streams)?;
    } else {
        say("access rules: depend on the configuration; show them with --settings '{…}'")?;
    }
    // Its lines are the component's, who could write a heading as well as a schema.
    let schema: Vec<&str> = descriptor.config_schema.trim_end().lines().collect();
    list("configuration schema", &schema)
}

/// As a source's `classes` spell it.
fn class(class: EventClass) -> &'static str {
    match class {
        EventClass::SignOn => "sign-on",
        EventClass::Account => "account",
        EventClass::Other => "other",
    }
}

fn list(title: &str, lines: &[impl AsRef<str>]) -> Result<(), Failure> {
    say(format!("{title}:"))?;
    lines.iter().try_for_each(|line| say(format!("  {}", line.as_ref())))
}
