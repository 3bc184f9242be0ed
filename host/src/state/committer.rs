//! One task writes the commits of all streams, so that many of them share a transaction
//! and its sync.
//!
//! Invariant: an answer is definite. A commit is durable, refused, or can never be written;
//! while the store is away everybody waits, and after a broken connection the store is
//! asked what it has before anything is written again.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use rand_core::{OsRng, RngCore as _};
use tokio::sync::{mpsc, oneshot, watch};

use super::{CommitFailure, CommitGroup, Fence, GroupId, Outcomes, State, StateError};
use crate::telemetry::{self, Telemetry};

/// Groups that wait; whoever comes after them waits outside.
const WAITING: usize = 256;

/// Most groups in one transaction: enough that its sync is small beside them.
const TOGETHER: usize = 64;

/// Shortest pause before a store is asked again: longer than a database that starts anew
/// refuses at once, and nothing that anybody notices.
const SHORTEST: Duration = Duration::from_millis(100);

/// Longest pause: events are late by as much when the store is back.
const LONGEST: Duration = Duration::from_secs(5);

/// How long the store is still waited for once the collector is to end. Nothing is lost by
/// going: what was not committed comes again.
const GRACE: Duration = Duration::from_secs(10);

/// Why a group was not written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// Nothing can be written any more.
    #[error(transparent)]
    Failed(Arc<StateError>),
    /// A store panicked.
    #[error("the store of the state stopped in mid-work; start again")]
    Panicked,
    /// Its writer is gone.
    #[error("the writer of the state ended")]
    Ended,
}

/// Whether commits are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// They are.
    Writing,
    /// The store is away, and they wait.
    Away {
        /// Since when.
        since: Instant,
        /// Why.
        error: String,
    },
    /// None ever will be.
    Failed,
}

type Answer = oneshot::Sender<Result<Outcomes, CommitError>>;

/// Hands commits to the writer. Cheap to clone; the writer ends with the last.
#[derive(Debug, Clone)]
pub struct Committer {
    sender: mpsc::Sender<(CommitGroup, Answer)>,
    standing: watch::Receiver<Standing>,
    ends: watch::Sender<bool>,
}

impl Committer {
    /// Starts the writer for whoever holds the fence; within a runtime.
    pub fn start(state: Arc<dyn State>, fence: Fence, telemetry: Telemetry) -> Self {
        let (sender, groups) = mpsc::channel(WAITING);
        let (tells, standing) = watch::channel(Standing::Writing);
        let (ends, told) = watch::channel(false);
        let writer = Writer {
            state,
            fence,
            telemetry,
            groups,
            standing: tells,
            ends: told,
            // No two collectors number alike.
            last: GroupId::stored(OsRng.next_u64()),
        };
        tokio::spawn(writer.run());
        Self { sender, standing, ends }
    }

    /// Whether commits are written, and whenever that changes.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    /// Returns when nothing can be written any more; never before.
    pub async fn failed(&self) {
        let mut standing = self.standing.clone();
        if standing.wait_for(|standing| *standing == Standing::Failed).await.is_err() {
            // The writer ended without a failure.
            std::future::pending::<()>().await;
        }
    }

    /// From now on the store is waited for no longer than the grace.
    pub fn end(&self) {
        self.ends.send_replace(true);
    }

    /// Writes a group, durably; tells of each of its commits whether it was taken. It takes
    /// as long as the store is away.
    ///
    /// # Errors
    ///
    /// When it can never be written.
    pub async fn commit(&self, group: CommitGroup) -> Result<Outcomes, CommitError> {
        let (answer, written) = oneshot::channel();
        self.sender.send((group, answer)).await.map_err(|_| CommitError::Ended)?;
        written.await.map_err(|_| CommitError::Ended)?
    }
}

struct Writer {
    state: Arc<dyn State>,
    fence: Fence,
    telemetry: Telemetry,
    groups: mpsc::Receiver<(CommitGroup, Answer)>,
    standing: watch::Sender<Standing>,
    ends: watch::Receiver<bool>,
    last: GroupId,
}

impl Writer {
    async fn run(mut self) {
        let mut failure = None;
        while let Some(first) = self.groups.recv().await {
            let (group, answers) = self.gather(first);
            let written = match &failure {
                Some(failure) => Err(CommitError::clone(failure)),
                None => self.write(group).await,
            };
            if let Err(error) = &written {
                failure = Some(error.clone());
                self.standing.send_replace(Standing::Failed);
            }
            answer(written, answers);
        }
    }

    /// What waits, as one transaction.
    fn gather(&mut self, first: (CommitGroup, Answer)) -> (CommitGroup, Vec<(usize, Answer)>) {
        self.last = self.last.next();
        let mut all = CommitGroup { id: self.last, ..CommitGroup::default() };
        let mut answers = Vec::new();
        let mut next = Some(first);
        while let Some((group, answer)) = next.take() {
            answers.push((group.commits.len(), answer));
            all.commits.extend(group.commits);
            all.files.extend(group.files);
            if answers.len() < TOGETHER {
                next = self.groups.try_recv().ok();
            }
        }
        for commit in &mut all.commits {
            commit.fence = self.fence;
        }
        (all, answers)
    }

    /// Writes a transaction, however long that takes.
    async fn write(&mut self, group: CommitGroup) -> Result<Outcomes, CommitError> {
        let group = Arc::new(group);
        let mut away = Away::default();
        loop {
            let failure = match self.attempt(&group, away.is_unknown).await? {
                Ok(outcomes) => {
                    self.tell_back(&away);
                    return Ok(outcomes);
                }
                Err(failure) => failure,
            };
            let error = match failure {
                CommitFailure::Unknown(error) => {
                    away.is_unknown = true;
                    error
                }
                CommitFailure::Unavailable(error) => {
                    away.is_unknown = false;
                    error
                }
                CommitFailure::Damaged(error) => return Err(CommitError::Failed(error.into())),
            };
            self.tell_away(&mut away, &error);
            if !self.pause(&mut away).await {
                return Err(CommitError::Failed(error.into()));
            }
        }
    }

    /// One attempt; the outer error is a panic.
    async fn attempt(
        &self,
        group: &Arc<CommitGroup>,
        is_unknown: bool,
    ) -> Result<Result<Outcomes, CommitFailure>, CommitError> {
        let attempt = async {
            if is_unknown {
                match self.state.refusals(group.id).await {
                    Ok(None) => {}
                    Ok(Some(refusals)) => {
                        let mut outcomes: Outcomes =
                            group.commits.iter().map(|commit| Ok(commit.expects.next())).collect();
                        for refusal in refusals {
                            if let Some(outcome) = outcomes.get_mut(refusal.place) {
                                *outcome = Err(refusal.refused);
                            }
                        }
                        return Ok(outcomes);
                    }
                    Err(error) if error.may_pass() => return Err(CommitFailure::Unknown(error)),
                    Err(error) => return Err(CommitFailure::Damaged(error)),
                }
            }
            self.state.commit(group.clone()).await
        };
        AssertUnwindSafe(attempt).catch_unwind().await.map_err(|_| CommitError::Panicked)
    }

    fn tell_away(&self, away: &mut Away, error: &StateError) {
        let error = error.to_string();
        let since = *away.since.get_or_insert_with(Instant::now);
        telemetry::StateAway { error: &error }.emit(&self.telemetry);
        self.standing.send_replace(Standing::Away { since, error });
    }

    fn tell_back(&self, away: &Away) {
        if let Some(since) = away.since {
            telemetry::StateBack { away: since.elapsed() }.emit(&self.telemetry);
            self.standing.send_replace(Standing::Writing);
        }
    }

    /// Waits before the next attempt; `false` when there is to be none.
    async fn pause(&mut self, away: &mut Away) -> bool {
        let pause = away.pause.map_or(SHORTEST, |before| (before * 2).min(LONGEST));
        away.pause = Some(pause);
        if away.given_up.is_none() {
            tokio::select! {
                () = tokio::time::sleep(pause) => return true,
                // An error means that nobody is there any more to end it, or to wait for it.
                told = async { self.ends.wait_for(|ends| *ends).await.is_ok() } => {
                    if !told {
                        return false;
                    }
                }
            }
        }
        let now = tokio::time::Instant::now();
        let until = *away.given_up.get_or_insert(now + GRACE);
        tokio::time::sleep_until(until.min(now + pause)).await;
        tokio::time::Instant::now() < until
    }
}

/// A store that does not answer.
#[derive(Default)]
struct Away {
    since: Option<Instant>,
    pause: Option<Duration>,
    /// Whether the last attempt may have been written.
    is_unknown: bool,
    /// When waiting for it ends.
    given_up: Option<tokio::time::Instant>,
}

fn answer(written: Result<Outcomes, CommitError>, answers: Vec<(usize, Answer)>) {
    let mut outcomes = written.as_ref().cloned().unwrap_or_default().into_iter();
    for (commits, answer) in answers {
        let of_group = outcomes.by_ref().take(commits).collect();
        // Whoever asked may have been told to stop.
        let _ =
            answer.send(written.as_ref().map_or_else(|error| Err(error.clone()), |_| Ok(of_group)));
    }
}

#[cfg(test)]
mod tests;
