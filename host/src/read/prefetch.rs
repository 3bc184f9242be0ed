//! Reads the next batch of a session while the last one is delivered and committed.
//!
//! Invariant: what was read ahead changes nothing until it is asked for. It is in
//! memory only, at most one batch of it, and dropped with the session; what the state
//! holds is behind it, so it is read again.

use tokio::task::JoinSet;

use super::session_factory::Session;
use crate::contract::{Batch, BatchLimits};
use crate::pipeline::CollectError;
use crate::runtime::SandboxError;

type Answer = (Box<dyn Session>, Result<Batch, SandboxError>);

/// A session, and perhaps its next batch on the way.
pub struct Prefetch {
    limits: BatchLimits,
    /// At rest, or else under way.
    session: Option<Box<dyn Session>>,
    reading: JoinSet<Answer>,
    /// Requests made for the batches that were asked for.
    requests: u64,
}

impl Prefetch {
    /// Over a session whose batches have these limits.
    pub fn of(session: Box<dyn Session>, limits: BatchLimits) -> Self {
        Self { limits, session: Some(session), reading: JoinSet::new(), requests: 0 }
    }

    /// Begins to read on, unless it does already.
    pub fn begin(&mut self) {
        if let Some(mut session) = self.session.take() {
            let limits = self.limits;
            self.reading.spawn(async move {
                let batch = session.next(limits).await;
                (session, batch)
            });
        }
    }

    /// Whether the next batch was begun.
    pub fn is_under_way(&self) -> bool {
        self.session.is_none()
    }

    /// Requests made for what [`Self::next`] gave back.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The next batch.
    ///
    /// # Errors
    ///
    /// What the session says, or that its task panicked.
    pub async fn next(&mut self) -> Result<Batch, CollectError> {
        self.begin();
        match self.reading.join_next().await {
            Some(Ok((session, batch))) => {
                self.requests = session.requests();
                self.session = Some(session);
                Ok(batch?)
            }
            Some(Err(error)) => Err(CollectError::Task(error.to_string())),
            None => Err(CollectError::Task("its session is gone".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::contract::{BatchCounts, Progress, SourceError};

    /// Tells how often it was asked, and answers with its script.
    struct Scripted {
        asked: Arc<AtomicUsize>,
        answers: VecDeque<Result<u64, &'static str>>,
    }

    #[async_trait]
    impl Session for Scripted {
        async fn next(&mut self, _: BatchLimits) -> Result<Batch, SandboxError> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let unavailable =
                |text: &str| SandboxError::Source(SourceError::Unavailable(text.to_owned()));
            let received = self.answers.pop_front().unwrap().map_err(unavailable)?;
            Ok(Batch {
                events: Vec::new(),
                cursor: None,
                progress: Progress::More,
                counts: BatchCounts { received, filtered: received, rejected: 0 },
                rejects: Vec::new(),
                source_total: None,
                earliest_available: None,
                findings: Vec::new(),
            })
        }

        fn requests(&self) -> u64 {
            self.asked.load(Ordering::SeqCst) as u64
        }
    }

    fn ahead(
        answers: impl IntoIterator<Item = Result<u64, &'static str>>,
    ) -> (Prefetch, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let session = Scripted { asked: asked.clone(), answers: answers.into_iter().collect() };
        let limits = BatchLimits { events: 1, bytes: 1, soft_deadline_ms: 1 };
        (Prefetch::of(Box::new(session), limits), asked)
    }

    #[tokio::test]
    async fn batches_come_in_order_and_never_more_than_one_is_read_ahead() {
        let (mut ahead, asked) = ahead([Ok(1), Ok(2), Ok(3)]);
        assert_eq!(ahead.next().await.unwrap().counts.received, 1);
        for _ in 0..100 {
            ahead.begin();
            tokio::task::yield_now().await;
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(ahead.next().await.unwrap().counts.received, 2);
        assert_eq!(ahead.next().await.unwrap().counts.received, 3);
    }

    #[tokio::test]
    async fn an_error_read_ahead_comes_when_its_batch_is_asked_for() {
        let (mut ahead, _) = ahead([Ok(1), Err("down")]);
        ahead.next().await.unwrap();
        ahead.begin();
        tokio::task::yield_now().await;
        assert!(ahead.next().await.unwrap_err().to_string().contains("down"));
    }
}
