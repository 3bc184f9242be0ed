//! What becomes of a reading that does not end: it is told, with its range and what it
//! brought, and fails.

use super::super::bounds::{Bounds, Exceeded};
use super::{CollectError, Reader};
use crate::planner::Range;
use crate::read::context::rfc3339;
use crate::runtime::SandboxError;
use crate::telemetry;

impl Reader<'_> {
    /// What a batch was worth, as far as the bounds go.
    pub(super) fn worth(
        &self,
        bounds: &mut Bounds,
        requests: u64,
        news: u64,
        fresh: u64,
    ) -> Result<(), Exceeded> {
        let (now, cursor) = (self.context.clock.passing(), self.current.cursor.as_deref());
        bounds.note(now, requests, news, fresh, cursor)
    }

    /// One call that went on and on is a bound of the reading, too.
    pub(super) fn spun(
        &self,
        bounds: &mut Bounds,
        requests: u64,
        error: CollectError,
    ) -> CollectError {
        match error {
            CollectError::Sandbox(SandboxError::LimitExceeded {
                limit: "call_requests", ..
            }) => self.endless(bounds.spun(requests)),
            error => error,
        }
    }

    /// Tells that the reading does not end.
    pub(super) fn endless(&self, exceeded: Exceeded) -> CollectError {
        let Range { start, end } = self.current.reading.covers;
        let (stream, context) = (&*self.position.key.stream, self.context);
        let (start, end) = (rfc3339(start), rfc3339(end));
        let Exceeded { problem, is_circle } = exceeded;
        telemetry::ReadingEndless { stream, start, end, problem: &problem }
            .emit(&context.telemetry);
        CollectError::Endless { problem, is_circle }
    }
}
