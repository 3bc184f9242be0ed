//! One writer for the commits of all streams, so that many of them share a
//! transaction and its sync.
//!
//! Invariant: an answer means that the commit is durable; a failed transaction
//! fails every commit in it, and none of them changed anything.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::CollectError;
use crate::state::{Commit, State, StateError};

/// Commits that wait; whoever comes after them waits outside.
const WAITING: usize = 256;

/// Most commits in one transaction: enough that its sync is small beside them.
const TOGETHER: usize = 64;

type Answer = oneshot::Sender<Result<(), Arc<StateError>>>;

/// Hands commits to the writer. Cheap to clone; the writer ends with the last.
#[derive(Debug, Clone)]
pub struct Committer(mpsc::Sender<(Commit, Answer)>);

impl Committer {
    /// Starts the writer on a thread of its own: the store blocks.
    pub fn start(state: Arc<dyn State>) -> std::io::Result<Self> {
        let (sender, mut receiver) = mpsc::channel::<(Commit, Answer)>(WAITING);
        std::thread::Builder::new().name("commit".to_owned()).spawn(move || {
            while let Some(first) = receiver.blocking_recv() {
                let mut batch = vec![first];
                while batch.len() < TOGETHER
                    && let Ok(next) = receiver.try_recv()
                {
                    batch.push(next);
                }
                write(state.as_ref(), batch);
            }
        })?;
        Ok(Self(sender))
    }

    /// Writes a commit, durably.
    ///
    /// # Errors
    ///
    /// When it was not written; then nothing of it was.
    pub async fn commit(&self, commit: Commit) -> Result<(), CollectError> {
        let (answer, written) = oneshot::channel();
        let gone = || CollectError::Task("the writer of the state ended".to_owned());
        self.0.send((commit, answer)).await.map_err(|_| gone())?;
        written.await.map_err(|_| gone())?.map_err(CollectError::State)
    }
}

fn write(state: &dyn State, batch: Vec<(Commit, Answer)>) {
    let (commits, answers): (Vec<Commit>, Vec<Answer>) = batch.into_iter().unzip();
    let result = state.commit(&commits).map_err(Arc::new);
    for answer in answers {
        // Whoever asked may have been told to stop.
        let _ = answer.send(result.clone());
    }
}
