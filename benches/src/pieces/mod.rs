//! The pieces, each by itself.

mod calls;
mod normalize;
mod rendering;
mod scrape;
mod skip;
mod state;
mod threads;
mod transform;
mod weight;

use signon_host::contract::{BatchLimits, EventClasses, ReadOptions};
use signon_host::limits::Limits;
use signon_host::runtime::{LoadedComponent, NormalizerInstance, Sandbox};

use crate::{Outcome, Piece};

/// All of them, in the order of the table.
pub fn all() -> Vec<Piece> {
    let rooms = [
        normalize::pieces(),
        threads::pieces(),
        skip::pieces(),
        calls::pieces(),
        rendering::pieces(),
        scrape::pieces(),
        state::pieces(),
        transform::pieces(),
        weight::pieces(),
    ];
    rooms.into_iter().flatten().collect()
}

/// Bytes handed into a normalizer at once: what a read from a socket brings.
const CHUNK: usize = 64 << 10;

/// The limits that the collector reads with.
const BATCH: BatchLimits = BatchLimits { events: 1_000, bytes: 8 << 20, soft_deadline_ms: 2_000 };

/// Longest text of one field, as the collector asks for it.
const TEXT_LIMIT: u32 = 16 << 10;

/// What is read into an event.
fn options(keep_raw: bool) -> ReadOptions {
    ReadOptions { classes: EventClasses::DEFAULT, keep_raw, text_limit: TEXT_LIMIT }
}

/// A component in a sandbox.
#[derive(Clone)]
struct Loaded {
    sandbox: Sandbox,
    component: LoadedComponent,
    limits: Limits,
}

impl Loaded {
    fn built_in(name: &str) -> Outcome<Self> {
        let limits = Limits::default();
        let sandbox = Sandbox::new(&limits)?;
        let component = sandbox.load(name, bytes_of(name)?)?;
        Ok(Self { sandbox, component, limits })
    }

    async fn normalizer(&self, keep_raw: bool) -> Outcome<NormalizerInstance> {
        let options = options(keep_raw);
        let opened =
            NormalizerInstance::open(&self.sandbox, &self.component, &self.limits, options);
        Ok(opened.await?)
    }
}

fn bytes_of(name: &str) -> Outcome<&'static [u8]> {
    Ok(signon_bundle::find(name).ok_or(format!("no built-in component {name}"))?.bytes)
}
