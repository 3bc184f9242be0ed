//! `signon inspect`

use std::fmt::Write as _;

use clap::Args;
use signon_host::contract::Shape;
use signon_host::sandbox::{Limits, Sandbox};

use super::built_ins::BuiltIns;
use super::failure::{Failure, print};

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
    let sandbox = Sandbox::new(&limits).map_err(Failure::failed)?;
    let component =
        BuiltIns::new(sandbox.clone()).open(&arguments.component).map_err(Failure::failed)?;
    let descriptor = sandbox.describe(&component, &limits).await.map_err(Failure::failed)?;
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = writeln!(text, "{} {}: {}", descriptor.name, descriptor.version, descriptor.summary);
    list(&mut text, "imports", component.imports());
    list(&mut text, "exports", component.exports());
    match &descriptor.shape {
        Shape::Windowed(windowed) => {
            let _ = writeln!(
                text,
                "shape: windowed, ranges of {} s to {} s, kept {} to {} days, read after {:?} s",
                windowed.granularity_seconds,
                windowed.longest_range_seconds,
                windowed.smallest_retention_seconds / 86_400,
                windowed.largest_retention_seconds / 86_400,
                windowed.readings_seconds,
            );
        }
        Shape::Log => text.push_str("shape: log\n"),
    }
    if let Some(settings) = &arguments.settings {
        let rules = sandbox.access(&component, &limits, settings).await.map_err(Failure::usage)?;
        let rules: Vec<String> = rules
            .iter()
            .map(|rule| format!("{} {}{}", rule.methods.join(","), rule.origin, rule.path_prefix))
            .collect();
        list(&mut text, "access rules", &rules);
        let streams =
            sandbox.streams(&component, &limits, settings).await.map_err(Failure::usage)?;
        let streams: Vec<String> = streams.into_iter().map(|stream| stream.id).collect();
        list(&mut text, "streams", &streams);
    } else {
        text.push_str(
            "access rules: depend on the configuration; show them with --settings '{…}'\n",
        );
    }
    let _ = writeln!(text, "configuration schema:\n{}", descriptor.config_schema.trim_end());
    print(&text)
}

fn list(text: &mut String, title: &str, lines: &[String]) {
    let _ = writeln!(text, "{title}:");
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}
