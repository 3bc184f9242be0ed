//! The whole collector inside another program: a configuration, a state, and what is
//! due now. Positions, duplicates, the ledger and the sinks are the library's
//! business.
//!
//! ```text
//! collector SIGNON_TOML COMPONENT.wasm
//! ```
//!
//! The library brings no component of its own; this program gives it one for every
//! `type` that the configuration names.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use signon_host::config::Config;
use signon_host::limits::Limits;
use signon_host::read::Until;
use signon_host::runtime::{LoadedComponent, Sandbox, SandboxError};
use signon_host::source::{Collector, Components, Orders};
use signon_host::state::EmbeddedState;
use tokio::sync::watch;

/// One component, whatever it is asked for by.
struct Only {
    sandbox: Sandbox,
    path: PathBuf,
}

impl Components for Only {
    fn built_in(&self, _name: &str) -> Option<Result<LoadedComponent, SandboxError>> {
        Some(self.sandbox.load_file(&self.path))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [config, component] = arguments.as_slice() else {
        return Err("usage: collector SIGNON_TOML COMPONENT.wasm".into());
    };
    let config = Config::load(&[config.into()], &|name| std::env::var(name).ok())?;
    let sandbox = Sandbox::new(&Limits::default())?;
    let components = Arc::new(Only { sandbox: sandbox.clone(), path: component.into() });
    let state = Arc::new(EmbeddedState::open(&config.data_dir)?);
    let collector = Collector::new(sandbox, components, state);

    // Send true here, and the collector finishes the batch in hand and ends.
    let (_stop, told) = watch::channel(false);
    let summary = collector.run(&config, Until::Done, Orders::only_stop(told)).await?;
    println!("{} events delivered", summary.counts.emitted);
    match summary.failed.first() {
        Some((source, error)) => Err(format!("source {source}: {error}").into()),
        None => Ok(()),
    }
}
