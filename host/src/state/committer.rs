//! One writer for the commits of all streams, so that many of them share a
//! transaction and its sync.
//!
//! Invariant: an answer means that the commit is durable. A failed transaction fails
//! every commit in it and all behind it: whether it was written nobody knows until
//! the state is opened again, and what is in memory may be older than what is there.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::{CommitGroup, Refused, State, StateError};

/// Groups that wait; whoever comes after them waits outside.
const WAITING: usize = 256;

/// Most groups in one transaction: enough that its sync is small beside them.
const TOGETHER: usize = 64;

/// Why a group was not written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// Nothing can be written any more.
    #[error(transparent)]
    Failed(Arc<StateError>),
    /// Its writer is gone.
    #[error("the writer of the state ended")]
    Ended,
}

type Results = Vec<Result<(), Refused>>;
type Answer = oneshot::Sender<Result<Results, CommitError>>;

/// Hands commits to the writer. Cheap to clone; the writer ends with the last.
#[derive(Debug, Clone)]
pub struct Committer {
    sender: mpsc::Sender<(CommitGroup, Answer)>,
    failed: watch::Receiver<bool>,
}

impl Committer {
    /// Starts the writer on a thread of its own: the store blocks.
    ///
    /// # Errors
    ///
    /// When there is no thread.
    pub fn start(state: Arc<dyn State>) -> std::io::Result<Self> {
        let (sender, mut receiver) = mpsc::channel::<(CommitGroup, Answer)>(WAITING);
        let (fails, failed) = watch::channel(false);
        std::thread::Builder::new().name("commit".to_owned()).spawn(move || {
            let mut failure = None;
            while let Some(first) = receiver.blocking_recv() {
                let mut groups = vec![first];
                while groups.len() < TOGETHER
                    && let Ok(next) = receiver.try_recv()
                {
                    groups.push(next);
                }
                failure = write(state.as_ref(), groups, failure);
                if failure.is_some() {
                    fails.send_replace(true);
                }
            }
        })?;
        Ok(Self { sender, failed })
    }

    /// Returns when a commit has failed, so that no other can be written; never before.
    pub async fn failed(&self) {
        let mut failed = self.failed.clone();
        if failed.wait_for(|failed| *failed).await.is_err() {
            // The writer ended without a failure.
            std::future::pending::<()>().await;
        }
    }

    /// Writes a group, durably; tells of each of its commits whether it was taken.
    ///
    /// # Errors
    ///
    /// When it may not have been written; then nothing is any more.
    pub async fn commit(&self, group: CommitGroup) -> Result<Results, CommitError> {
        let (answer, written) = oneshot::channel();
        self.sender.send((group, answer)).await.map_err(|_| CommitError::Ended)?;
        written.await.map_err(|_| CommitError::Ended)?
    }
}

fn write(
    state: &dyn State,
    groups: Vec<(CommitGroup, Answer)>,
    failure: Option<Arc<StateError>>,
) -> Option<Arc<StateError>> {
    let mut all = CommitGroup::default();
    let mut answers = Vec::with_capacity(groups.len());
    for (group, answer) in groups {
        answers.push((group.commits.len(), answer));
        all.commits.extend(group.commits);
        all.files.extend(group.files);
    }
    let written = match failure {
        Some(failure) => Err(failure),
        None => state.commit(&all).map_err(Arc::new),
    };
    let mut results = written.as_ref().cloned().unwrap_or_default().into_iter();
    for (commits, answer) in answers {
        let of_group = results.by_ref().take(commits).collect();
        let failed = |failure: &Arc<StateError>| Err(CommitError::Failed(failure.clone()));
        // Whoever asked may have been told to stop.
        let _ = answer.send(written.as_ref().map_or_else(failed, |_| Ok(of_group)));
    }
    written.err()
}
