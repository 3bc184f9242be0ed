//! A store that fails when a test says so.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use tokio::runtime::Runtime;

use super::{
    Commit, CommitFailure, CommitGroup, Committer, Fence, FileCheckpoint, GroupId, Lease, Outcomes,
    Refusal, Run, RunNumber, SeenId, SignOnRecord, State, StateError, Stored, StreamKey, Version,
    Waiting, Wanted,
};
use crate::ledger::{Link, ReadingEntry, Tip};
use crate::planner::Range;
use crate::telemetry::Telemetry;

/// What becomes of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is written.
    Written,
    /// The store is away: nothing is written.
    Away,
    /// The connection breaks; it was written or not.
    Unknown { written: bool },
    /// The store says that it is damaged; it was written or not.
    Damaged { written: bool },
    /// The commit of that place is made up on a version there is not.
    Stale { place: usize },
    /// The store panics.
    Panics,
}

/// Who decides.
pub trait Fates: Send + Sync {
    /// What is to become of a transaction.
    fn fate(&self, group: &CommitGroup) -> Fate;

    /// Tells of one that was written.
    fn written(&self, _group: &CommitGroup, _outcomes: &Outcomes) {}

    /// Whether everything else can be asked.
    fn answers(&self) -> bool {
        true
    }
}

/// Every transaction has the same fate.
impl Fates for Fate {
    fn fate(&self, _: &CommitGroup) -> Fate {
        *self
    }
}

/// One fate after the other, and then all is well; in between nothing answers where the
/// store is away.
#[derive(Debug, Default)]
pub struct OneByOne(std::sync::Mutex<std::collections::VecDeque<Fate>>);

impl OneByOne {
    pub fn new(fates: impl IntoIterator<Item = Fate>) -> Self {
        Self(std::sync::Mutex::new(fates.into_iter().collect()))
    }

    /// How many have not come yet.
    pub fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Fates for Arc<OneByOne> {
    fn fate(&self, _: &CommitGroup) -> Fate {
        self.0.lock().unwrap().pop_front().unwrap_or(Fate::Written)
    }

    fn answers(&self) -> bool {
        let mut fates = self.0.lock().unwrap();
        let is_away = fates.front() == Some(&Fate::Away);
        if is_away {
            fates.pop_front();
        }
        !is_away
    }
}

/// A store with fates.
#[derive(Clone)]
pub struct Fated<F> {
    pub state: Arc<dyn State>,
    pub fates: F,
}

impl<F> std::fmt::Debug for Fated<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fated")
    }
}

fn away() -> StateError {
    StateError::Unavailable { path: "state.redb".into(), problem: "is away".into() }
}

fn damaged() -> StateError {
    StateError::Database { path: "state.redb".into(), problem: "the power is gone".into() }
}

impl<F: Fates + Clone + 'static> Fated<F> {
    fn ask(&self) -> Result<&dyn State, StateError> {
        if self.fates.answers() { Ok(self.state.as_ref()) } else { Err(away()) }
    }

    /// Once begun it is done and told of, also where the runtime ends meanwhile.
    async fn write(&self, group: Arc<CommitGroup>) -> Result<Outcomes, CommitFailure> {
        let Self { state, fates } = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            let outcomes = answer(state.commit(group.clone()))?;
            fates.written(&group, &outcomes);
            Ok(outcomes)
        });
        written.await.unwrap_or_else(|_| Err(CommitFailure::Unknown(away())))
    }
}

#[async_trait]
impl<F: Fates + Clone + 'static> State for Fated<F> {
    async fn lease(&self) -> Result<Lease, StateError> {
        self.ask()?.lease().await
    }
    async fn stream(&self, key: &StreamKey) -> Result<Option<Stored>, StateError> {
        self.ask()?.stream(key).await
    }
    fn seen_id(&self, key: &StreamKey, id: &str) -> SeenId {
        self.state.seen_id(key, id)
    }
    async fn runs(
        &self,
        key: &StreamKey,
        meeting: Range,
        after: RunNumber,
    ) -> Result<Vec<Run>, StateError> {
        self.ask()?.runs(key, meeting, after).await
    }
    async fn kept_ids(&self, key: &StreamKey) -> Result<u64, StateError> {
        self.ask()?.kept_ids(key).await
    }
    async fn sign_ons(
        &self,
        group: &str,
        wanted: &[Wanted],
    ) -> Result<Vec<SignOnRecord>, StateError> {
        self.ask()?.sign_ons(group, wanted).await
    }
    async fn commit(&self, group: Arc<CommitGroup>) -> Result<Outcomes, CommitFailure> {
        match self.fates.fate(&group) {
            Fate::Written => self.write(group).await,
            Fate::Away => Err(CommitFailure::Unavailable(away())),
            Fate::Unknown { written } => {
                if written {
                    self.write(group).await?;
                }
                Err(CommitFailure::Unknown(away()))
            }
            Fate::Damaged { written } => {
                if written {
                    self.write(group).await?;
                }
                Err(CommitFailure::Damaged(damaged()))
            }
            Fate::Stale { place } => {
                let mut stale = CommitGroup::clone(&group);
                if let Some(commit) = stale.commits.get_mut(place) {
                    commit.expects = Version::stored(u64::MAX);
                }
                self.write(Arc::new(stale)).await
            }
            Fate::Panics => panic!("as the test says"),
        }
    }
    async fn refusals(&self, group: GroupId) -> Result<Option<Vec<Refusal>>, StateError> {
        self.ask()?.refusals(group).await
    }
    async fn stream_keys(&self) -> Result<Vec<StreamKey>, StateError> {
        self.ask()?.stream_keys().await
    }
    async fn ledger(&self, key: &StreamKey) -> Result<Vec<Link>, StateError> {
        self.ask()?.ledger(key).await
    }
    async fn tip(&self, key: &StreamKey) -> Result<Tip, StateError> {
        self.ask()?.tip(key).await
    }
    async fn open_readings(&self, key: &StreamKey) -> Result<Vec<ReadingEntry>, StateError> {
        self.ask()?.open_readings(key).await
    }
    async fn sink_length(&self, sink: &str) -> Result<Option<u64>, StateError> {
        self.ask()?.sink_length(sink).await
    }
    async fn waiting(&self, sink: &str) -> Result<Waiting, StateError> {
        self.ask()?.waiting(sink).await
    }
    async fn adopt(&self, file: &FileCheckpoint) -> Result<(), StateError> {
        self.ask()?.adopt(file).await
    }
}

/// A committer over a state that nobody has leased yet.
pub fn committer(state: Arc<dyn State>) -> Committer {
    Committer::start(state, Fence::default(), Telemetry::default())
}

/// Waits for an answer where the test is not asynchronous; not within a runtime.
pub fn answer<T>(asked: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
    });
    RUNTIME.block_on(asked)
}

/// Which ids of a stream are remembered from anywhere.
pub async fn delivered(
    state: &dyn State,
    key: &StreamKey,
    ids: &[&str],
) -> Result<Vec<bool>, StateError> {
    let all = Range { start: i64::MIN, end: i64::MAX };
    let runs = state.runs(key, all, RunNumber::NONE).await?;
    let is_known = |id: SeenId| runs.iter().any(|run| run.ids.binary_search(&id).is_ok());
    Ok(ids.iter().map(|id| is_known(state.seen_id(key, id))).collect())
}

/// Writes commits, one after the other of a stream, in one transaction with the files.
pub async fn put(
    state: &dyn State,
    commits: impl IntoIterator<Item = Commit>,
    files: Vec<FileCheckpoint>,
) -> Result<Outcomes, CommitFailure> {
    let mut commits: Vec<Commit> = commits.into_iter().collect();
    let mut versions = BTreeMap::new();
    for commit in &mut commits {
        let stored = state.stream(&commit.key).await.map_err(CommitFailure::Unavailable)?;
        let stored = stored.map_or(Version::NONE, |stored| stored.version);
        let version = versions.entry(commit.key.clone()).or_insert(stored);
        commit.expects = *version;
        *version = version.next();
    }
    state.commit(Arc::new(CommitGroup { commits, files, ..CommitGroup::default() })).await
}
