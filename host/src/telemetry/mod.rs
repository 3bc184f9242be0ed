//! What happens, as types: each writes its log line and its counter together, so
//! that the two cannot drift apart. Constant sentences, data in fields, never a
//! secret.

mod counters;
mod events;
mod progress;
mod sandbox;
mod sinks;
mod thinning;

pub use counters::{Counter, counters};
pub use events::*;
pub use progress::*;
pub use sandbox::*;
pub use sinks::*;
