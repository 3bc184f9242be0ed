//! Ranges that fail in the same way again and again: a page that nobody can read
//! must not keep everything behind it.
//!
//! After three failures alike the range is halved, down to the smallest that can be
//! asked for. Only that is given up, as a gap, and only while the source answers for
//! the range next to it: where everything fails (a proxy that answers in HTML), it is
//! not the range, and the source waits.

use super::context::SourceContext;
use super::failure::Failure;
use crate::contract::BatchLimits;
use crate::pipeline::CollectError;
use crate::planner::{Range, Reading};
use crate::state::StreamKey;

/// Failures alike that have a range halved.
const ALIKE: u32 = 3;

/// What to do about a failure.
#[derive(Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Try again later.
    Wait,
    /// Go on with the first half.
    Halve(Reading),
    /// Record a gap with that reason.
    Give(Range, String),
}

/// Failures of one place.
#[derive(Debug, Default)]
pub struct Bisection {
    text: String,
    times: u32,
}

impl Bisection {
    /// Something was read.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Counts a failure and says what to do.
    pub async fn judge(
        &mut self,
        context: &SourceContext,
        key: &StreamKey,
        reading: &Reading,
        error: &CollectError,
    ) -> Remedy {
        if Failure::of(error) != Failure::Poison {
            self.clear();
            return Remedy::Wait;
        }
        let text = error.to_string();
        if text != self.text {
            *self = Self { text, times: 0 };
        }
        self.times += 1;
        if self.times < ALIKE {
            return Remedy::Wait;
        }
        if let Some(half) = context.schedule.halve(reading) {
            self.times = 0;
            return Remedy::Halve(half);
        }
        if !answers_beside(context, key, reading.covers).await {
            return Remedy::Wait;
        }
        let reason = format!("cannot be read: {}", std::mem::take(&mut self.text));
        self.clear();
        Remedy::Give(reading.covers, reason)
    }
}

/// How far before a range the source is asked, in lengths of the range: what is next
/// to it may be as bad.
const BESIDE: [i64; 4] = [1, 3, 15, 240];

/// Whether the source answers for some range before this one. What it answers is
/// thrown away: it was read already.
async fn answers_beside(context: &SourceContext, key: &StreamKey, range: Range) -> bool {
    let length = range.end - range.start;
    for lengths in BESIDE {
        let start = range.start - lengths * length;
        let beside = Range { start, end: start + length };
        let Ok(mut session) = context.session_factory.open(&key.stream, beside, None).await else {
            continue;
        };
        let limits = BatchLimits { events: 1, bytes: 1, soft_deadline_ms: 1_000 };
        if session.next(limits).await.is_ok() {
            return true;
        }
    }
    false
}
