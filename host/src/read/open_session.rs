//! A session and the place that it is read in.
//!
//! Places are shared by all tenants. One is held while a session works for its stream,
//! and while a sink or another batch is awaited only until somebody else needs it: then
//! the session is closed, and opened again from its cursor when it is needed.
//!
//! Invariant: there is no session without a place, and nobody keeps a place that others
//! wait for while she waits for what is her own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::context::SourceContext;
use super::failure::{long_stopped, stopped};
use super::prefetch::Prefetch;
use crate::contract::BatchLimits;
use crate::limits::{Share, Urgency};
use crate::pipeline::CollectError;
use crate::planner::Range;
use crate::state::StreamKey;
use crate::status::Phase;

/// How long a place is kept for what nearly always takes less: to open a session again
/// costs a request.
const KEPT: Duration = Duration::from_millis(250);

/// After that long without a place a stream is unwell: tenants take turns, so that
/// somebody has to be told that there are too many for this process.
const LONG_WAIT: Duration = Duration::from_secs(300);

/// What a session is opened for.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'o> {
    pub stream: &'o StreamKey,
    pub asked: Range,
    pub cursor: Option<&'o Vec<u8>>,
    pub urgency: Urgency,
    pub limits: BatchLimits,
}

/// A session that is there when it is needed.
#[derive(Default)]
pub struct OpenSession {
    // Before the place: it is closed first.
    session: Option<Prefetch>,
    place: Option<Share>,
    /// Of sessions that were closed.
    requests: u64,
}

impl OpenSession {
    /// The session; opened in a place if it is not. `None` when told to stop meanwhile.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub async fn get(
        &mut self,
        context: &SourceContext,
        opening: Opening<'_>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<&mut Prefetch>, CollectError> {
        if self.session.is_none() {
            if self.place.is_none() {
                self.place = place(context, opening, stop).await;
            }
            if self.place.is_none() {
                return Ok(None);
            }
            let (stream, cursor) = (&opening.stream.stream, opening.cursor.cloned());
            let session = context.session_factory.open(stream, opening.asked, cursor).await?;
            self.session = Some(Prefetch::of(session, opening.limits));
        }
        Ok(self.session.as_mut())
    }

    /// Requests made for what was read, over all sessions.
    pub fn requests(&self) -> u64 {
        self.requests + self.session.as_ref().map_or(0, Prefetch::requests)
    }

    /// Whether its next batch is on its way.
    pub fn is_under_way(&self) -> bool {
        self.session.as_ref().is_some_and(Prefetch::is_under_way)
    }

    /// Waits for something of the stream's own, without the place if others need it;
    /// `None` when told to stop and it does not come in time.
    pub async fn while_idle<T>(
        &mut self,
        context: &Arc<SourceContext>,
        awaited: impl Future<Output = T>,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<T> {
        let mut awaited = std::pin::pin!(awaited);
        let wanted = async {
            match &self.place {
                Some(place) => {
                    tokio::time::sleep(KEPT).await;
                    context.places.wanted(place).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            done = &mut awaited => return Some(done),
            () = long_stopped(stop) => return None,
            () = wanted => {}
        }
        *self = Self { requests: self.requests(), ..Self::default() };
        tokio::select! {
            done = awaited => Some(done),
            () = long_stopped(stop) => None,
        }
    }
}

async fn place(
    context: &SourceContext,
    opening: Opening<'_>,
    stop: &mut watch::Receiver<bool>,
) -> Option<Share> {
    let mut place = std::pin::pin!(context.places.take(&context.tenant, 1, opening.urgency));
    loop {
        tokio::select! {
            biased;
            place = &mut place => return Some(place),
            () = stopped(stop) => return None,
            () = tokio::time::sleep(LONG_WAIT) => {}
        }
        let minutes = LONG_WAIT.as_secs() / 60;
        context.statuses.tell(opening.stream, |status| {
            status.phase = Phase::Starved;
            status.error = Some(format!(
                "has waited for {minutes} minutes or more for its turn to be read: too many \
                 streams are due, or their services are slow; use another process for some"
            ));
        });
    }
}
