//! `signon schema`

use std::collections::BTreeMap;

use clap::Args;
use signon_host::config::{SOURCE_TYPES, json_schema, page};
use signon_host::limits::Limits;

use super::built_ins::BuiltIns;
use super::exit::say;
use super::failure::Failure;
use super::sandbox::sandbox;

/// Arguments of `signon schema`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The same as a page for readers, in Markdown: docs/configuration.md.
    #[arg(long)]
    markdown: bool,
}

/// Runs it: the host's own keys, and those that each built-in says it has.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let limits = Limits::default();
    let sandbox = sandbox(&limits, None)?;
    let built_ins = BuiltIns::new(sandbox.clone());
    let mut components = BTreeMap::new();
    for known in SOURCE_TYPES {
        let component = built_ins.open(known.name)?;
        let descriptor = sandbox.describe(&component, &limits).await.map_err(Failure::failed)?;
        let schema = serde_json::from_str(&descriptor.config_schema).map_err(Failure::failed)?;
        components.insert(known.name.to_owned(), schema);
    }
    let text = if arguments.markdown {
        page(&components)
    } else {
        format!("{:#}", json_schema(&components))
    };
    text.lines().try_for_each(say)
}
