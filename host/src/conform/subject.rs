//! What is examined.

use crate::egress::Egress;
use crate::limits::Limits;
use crate::runtime::{LoadedComponent, Sandbox};

/// What is examined, and with what.
pub struct Subject {
    /// Where it runs.
    pub sandbox: Sandbox,
    /// The component.
    pub component: LoadedComponent,
    /// What it may use.
    pub limits: Limits,
    /// Settings that it should accept, as JSON text.
    pub settings: Option<String>,
    /// Bytes that its normalizer should read.
    pub payload: Option<Vec<u8>>,
    /// A service that it can read.
    pub service: Option<Service>,
}

/// A service to read from.
pub struct Service {
    /// The way to it.
    pub egress: Egress,
    /// How long ago reading begins, in hours.
    pub hours: u32,
    /// What time it is, in milliseconds since 1970.
    pub now_ms: i64,
}
