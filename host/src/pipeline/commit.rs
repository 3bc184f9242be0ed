//! One writer for the commits of all streams, so that many of them share a
//! transaction and its sync.
//!
//! Invariant: an answer means that the commit is durable. A failed transaction fails
//! every commit in it and all behind it: whether it was written nobody knows until
//! the state is opened again, and what is in memory may be older than what is there.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::error::CollectError;
use crate::state::{Commit, State, StateError};

/// Commits that wait; whoever comes after them waits outside.
const WAITING: usize = 256;

/// Most commits in one transaction: enough that its sync is small beside them.
const TOGETHER: usize = 64;

type Answer = oneshot::Sender<Result<(), Arc<StateError>>>;

/// Hands commits to the writer. Cheap to clone; the writer ends with the last.
#[derive(Debug, Clone)]
pub struct Committer {
    sender: mpsc::Sender<(Commit, Answer)>,
    failed: watch::Receiver<bool>,
}

impl Committer {
    /// Starts the writer on a thread of its own: the store blocks.
    pub fn start(state: Arc<dyn State>) -> std::io::Result<Self> {
        let (sender, mut receiver) = mpsc::channel::<(Commit, Answer)>(WAITING);
        let (fails, failed) = watch::channel(false);
        std::thread::Builder::new().name("commit".to_owned()).spawn(move || {
            let mut failure = None;
            while let Some(first) = receiver.blocking_recv() {
                let mut batch = vec![first];
                while batch.len() < TOGETHER
                    && let Ok(next) = receiver.try_recv()
                {
                    batch.push(next);
                }
                failure = write(state.as_ref(), batch, failure);
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

    /// Writes a commit, durably.
    ///
    /// # Errors
    ///
    /// When it may not have been written; then nothing is any more.
    pub async fn commit(&self, commit: Commit) -> Result<(), CollectError> {
        let (answer, written) = oneshot::channel();
        let gone = || CollectError::Task("the writer of the state ended".to_owned());
        self.sender.send((commit, answer)).await.map_err(|_| gone())?;
        written.await.map_err(|_| gone())?.map_err(CollectError::State)
    }
}

fn write(
    state: &dyn State,
    batch: Vec<(Commit, Answer)>,
    failure: Option<Arc<StateError>>,
) -> Option<Arc<StateError>> {
    let (commits, answers): (Vec<Commit>, Vec<Answer>) = batch.into_iter().unzip();
    let failure = failure.or_else(|| state.commit(&commits).err().map(Arc::new));
    for answer in answers {
        // Whoever asked may have been told to stop.
        let _ = answer.send(failure.clone().map_or(Ok(()), Err));
    }
    failure
}
