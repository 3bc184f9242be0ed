//! Two clocks that disagree: ours and the service's.
//!
//! Which of them is wrong nobody here can know, and each may be: a host that runs ahead
//! must not close what the service still writes, a service that sends old dates must not
//! silence its stream. So while they are far apart both are gone by. What the service's
//! clock allows is read and closed as ever; beyond it, up to our own time, the same
//! schedule is read once more with frontiers of its own, which deliver and close nothing.
//!
//! Invariant: no range later than what the service says it is, is closed; and no range up
//! to our own time stays unread for long, whatever the service says.

use std::time::Duration;

use super::context::{SourceContext, rfc3339};
use crate::ledger::LedgerEntry;
use crate::pipeline::CollectError;
use crate::pipeline::{Batch, Delta, Position, Slot};
use crate::planner::Step;
use crate::state::{ReadingState, StreamState, Unproven};
use crate::telemetry;

/// How far the clocks may be apart: beyond five minutes Oracle refuses signed requests,
/// so there one of them is wrong. A service's clock pulls ours back this far at most.
const TOLERATED_MS: i64 = 5 * 60_000;

/// Polls for which a stream sleeps at most, whatever any clock says.
const MOST_POLLS: u32 = 3;

/// Shortest sleep of a stream that has nothing to do.
const SHORTEST_NAP: Duration = Duration::from_millis(100);

/// What is wrong with a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skew {
    /// The service's clock is far behind ours.
    ServiceBehind { service: i64, ours: i64 },
    /// The service's clock is far ahead of ours.
    ServiceAhead { service: i64, ours: i64 },
    /// The stream was read up to a time that has not come yet.
    PositionAhead { read: i64, ours: i64 },
}

impl Skew {
    /// By how much our clock is ahead, milliseconds.
    pub fn ahead_ms(self) -> i64 {
        match self {
            Self::ServiceBehind { service: other, ours }
            | Self::ServiceAhead { service: other, ours }
            | Self::PositionAhead { read: other, ours } => ours.saturating_sub(other),
        }
    }
}

impl std::fmt::Display for Skew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::ServiceBehind { service, ours } => write!(
                f,
                "the service's clock says {}, ours says {}: later events are delivered, and no \
                 later range is closed; set this host's clock, or tell who keeps the service",
                rfc3339(service),
                rfc3339(ours)
            ),
            Self::ServiceAhead { service, ours } => write!(
                f,
                "the service's clock says {}, ours says {}: nothing later is read; set this \
                 host's clock, or tell who keeps the service",
                rfc3339(service),
                rfc3339(ours)
            ),
            Self::PositionAhead { read, ours } => write!(
                f,
                "the stream was read up to {}, and our clock says {}: nothing is read until \
                 then; set this host's clock",
                rfc3339(read),
                rfc3339(ours)
            ),
        }
    }
}

/// What is wrong with the clocks of a source, as seen from one of its streams.
pub fn look(context: &SourceContext, state: &StreamState) -> Option<Skew> {
    let ours = context.clock.now();
    let live = state.frontiers.live();
    if let Some(service) = context.session_factory.service_now() {
        let apart = ours.saturating_sub(service);
        if apart > TOLERATED_MS {
            return Some(Skew::ServiceBehind { service, ours });
        }
        if apart < -TOLERATED_MS {
            return Some(Skew::ServiceAhead { service, ours });
        }
    }
    (live.saturating_sub(ours) > TOLERATED_MS).then_some(Skew::PositionAhead { read: live, ours })
}

/// Tells log and status registry when the clocks come apart or agree again.
pub fn tell(context: &SourceContext, position: &Position, skew: Option<Skew>) {
    let stream = &*position.key.stream;
    context.statuses.tell(&position.key, |status| {
        let (was, is) = (status.clock_ahead_ms, skew.map(Skew::ahead_ms));
        let apart = |was: i64, is: i64| was.abs_diff(is) > TOLERATED_MS.unsigned_abs();
        if was.is_some() == is.is_some() && !was.zip(is).is_some_and(|(was, is)| apart(was, is)) {
            return;
        }
        status.clock_ahead_ms = is;
        status.clock = skew.map(|skew| skew.to_string());
        let problem = status.clock.as_deref();
        telemetry::ClocksApart { stream, problem }.emit(&context.telemetry);
    });
}

/// What is to be done by our clock alone; `None` while the service's may be gone by.
pub fn plan(context: &SourceContext, state: &StreamState, skew: Option<Skew>) -> Option<Step> {
    let Some(Skew::ServiceBehind { ours, .. }) = skew else { return None };
    let schedule = &context.schedule;
    let bound = context.preference().bound(&context.statuses, ours).unwrap_or(ours);
    let unproven = begin(context, state, ours);
    Some(match unproven.reading {
        Some(under_way) => Step::Read(under_way.reading),
        None => schedule.next(&unproven.frontiers, bound),
    })
}

/// Where reading by our clock stands: never behind what was proven, whose ids are
/// forgotten, nor behind what the source keeps, of which our clock alone must not speak.
fn begin(context: &SourceContext, state: &StreamState, ours: i64) -> Unproven {
    let schedule = &context.schedule;
    let known = state.unproven.clone();
    let frontiers = known.as_ref().map_or(&state.frontiers, |unproven| &unproven.frontiers);
    let frontiers = schedule.resume(frontiers.clone()).latest(&state.frontiers);
    let reading = known.and_then(|unproven| unproven.reading).filter(|under_way| {
        schedule.knows(&under_way.reading)
            && under_way.reading.covers.start >= state.frontiers.slowest()
    });
    Unproven { frontiers: frontiers.not_before(schedule.earliest(ours)), reading }
}

/// Makes the state fit for a reading by our clock alone, or without one. What a reading
/// that is not gone on with had delivered stays counted.
pub async fn settle(
    context: &SourceContext,
    position: &Position,
    skew: Option<Skew>,
) -> Result<(), CollectError> {
    let mut locked = position.lock().await;
    let mut next = locked.clone();
    next.unproven = match skew {
        Some(Skew::ServiceBehind { ours, .. }) => Some(begin(context, &locked, ours)),
        _ => None,
    };
    let left = locked.unproven.clone().and_then(|unproven| unproven.reading);
    let kept = next.unproven.as_ref().is_some_and(|unproven| unproven.reading == left);
    let at = context.clock.now();
    let left = left.filter(|_| !kept).and_then(|reading: ReadingState| reading.left(at));
    let Some(entry) = left else {
        // Nothing that a restart would not find out by itself.
        *locked = next;
        return Ok(());
    };
    let ledger = vec![LedgerEntry::Open(entry)];
    let delta = Delta { ledger, ..Delta::default() };
    position.commit(locked, next, delta, Batch::default()).await
}

/// How long a stream sleeps that has nothing to do for some milliseconds. The granularity
/// of a source may be a second; nobody needs to be asked that often.
pub fn nap(context: &SourceContext, free: i64) -> Duration {
    let least = context.poll_interval.max(SHORTEST_NAP);
    let granule = u64::try_from(context.schedule.granularity()).unwrap_or(0);
    let most = least.max(Duration::from_millis(granule)) * MOST_POLLS;
    Duration::from_millis(u64::try_from(free).unwrap_or(0)).clamp(least, most)
}

/// Which plan is followed, and what it says.
pub fn choose(proven: Step, now: i64, unproven: Option<Step>, ours: i64) -> (Slot, Step) {
    match (proven, unproven) {
        // What the service's clock allows comes first: only that is closed.
        (Step::Wait { until }, Some(Step::Wait { until: by_ours })) => {
            let free = until.saturating_sub(now).min(by_ours.saturating_sub(ours));
            (Slot::Live, Step::Wait { until: now.saturating_add(free) })
        }
        (Step::Wait { .. }, Some(step @ Step::Read(_))) => (Slot::Unproven, step),
        (step, _) => (Slot::Live, step),
    }
}
