//! What the streams of a source share.

use std::sync::Arc;
use std::time::Duration;

use super::clock::{Clock, bounded};
use super::session_factory::SessionFactory;
use crate::config::{BackfillConfig, Start};
use crate::limits::FairShare;
use crate::pipeline::{Acceptance, Outlet, Preference};
use crate::planner::Schedule;
use crate::render::Owner;
use crate::state::State;
use crate::status::StatusRegistry;
use crate::telemetry::SourceTelemetry;

/// How long to collect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// What is due now, then stop.
    Done,
    /// Until told to stop.
    Stopped,
}

/// A source that is ready to be read.
pub struct SourceContext {
    pub source: String,
    /// Whom is told what happens at it.
    pub telemetry: SourceTelemetry,
    pub tenant: String,
    /// Whose events these are, as lines say it.
    pub owner: Arc<Owner>,
    pub descriptor_name: String,
    pub session_factory: Box<dyn SessionFactory>,
    pub schedule: Schedule,
    /// An empty range older than this proves nothing, in milliseconds.
    pub smallest_retention: i64,
    pub start: Start,
    pub poll_interval: Duration,
    /// How often a ledger head is sent.
    pub head_interval: Duration,
    pub backfill: Option<BackfillConfig>,
    /// Whether the live edge is read, too.
    pub live: bool,
    pub acceptance: Acceptance,
    pub state: Arc<dyn State>,
    pub outlets: Vec<Outlet>,
    pub statuses: Arc<StatusRegistry>,
    /// Places to read in, shared by all tenants.
    pub places: FairShare,
    /// Bytes of events that sinks have not taken yet, shared by all tenants.
    pub undelivered: FairShare,
    pub clock: Arc<dyn Clock>,
}

impl SourceContext {
    /// Planning time, Unix milliseconds.
    pub fn now(&self) -> i64 {
        bounded(self.clock.now(), self.session_factory.service_now())
    }

    /// Which other sources report the same sign-ons.
    pub fn preference(&self) -> &Preference {
        &self.acceptance.preference
    }
}

/// A span in milliseconds.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}

/// Unix milliseconds of a start, on the planning clock.
pub fn start_time(start: &Start, schedule: &Schedule, now: i64) -> i64 {
    match start {
        Start::Now => now,
        Start::Earliest => schedule.earliest(now),
        Start::At(time) => *time,
        Start::Before(duration) => now - millis(*duration),
    }
}

/// A time for people.
pub fn rfc3339(time_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(time_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
