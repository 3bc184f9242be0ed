//! What happens, as types: each writes its log line and its counter together, so
//! that the two cannot drift apart. Constant sentences, data in fields, never a
//! secret.

mod counters;
mod handle;
mod progress;
mod sandbox;
mod series;
mod sinks;
mod sources;
mod state;
mod thinning;

pub use counters::Counters;
pub use handle::{PREFIX, SinkTelemetry, SourceTelemetry, Telemetry};
pub use progress::*;
pub use sandbox::*;
pub use series::{OUTCOMES, Outcome};
pub use sinks::*;
pub use sources::*;
pub use state::*;
