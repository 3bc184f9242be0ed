//! A store that is away, breaks off, refuses or panics, on a clock of the test's own.

use tokio::time::Instant;

use super::*;
use crate::ledger::LedgerEntry;
use crate::planner::{Range, Schedule};
use crate::state::testing::{Fate, Fated, OneByOne};
use crate::state::{Commit, EmbeddedState, Refused, StreamKey, StreamState, Version};
use crate::testing::Disk;

fn key(stream: &str) -> StreamKey {
    StreamKey { source: "s".into(), fingerprint: "f".into(), stream: stream.into() }
}

/// The first commit of a stream, with an entry that would be there twice if it were written
/// twice.
fn commit(stream: &str) -> Commit {
    let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
    let range = Range { start: 0, end: 60_000 };
    Commit {
        delivered: vec!["x".to_owned()],
        fetched: range,
        ledger: vec![LedgerEntry::Gap { range, reason: "x".into(), at: 0 }],
        ..Commit::position(key(stream), Version::NONE, StreamState::begin(0, 0, schedule.begin(0)))
    }
}

struct World {
    state: Arc<EmbeddedState>,
    fates: Arc<OneByOne>,
    committer: Committer,
}

impl World {
    fn new(fates: impl IntoIterator<Item = Fate>) -> Self {
        let state = EmbeddedState::open_with(Disk::default(), "state.redb".into());
        let (state, fates) = (Arc::new(state.unwrap()), Arc::new(OneByOne::new(fates)));
        let fated = Fated { state: state.clone(), fates: fates.clone() };
        let committer = Committer::start(Arc::new(fated), Fence::default(), Telemetry::default());
        Self { state, fates, committer }
    }

    /// How often a stream was committed, by its version and by what it wrote.
    async fn committed(&self, stream: &str) -> (u64, usize) {
        let stored = self.state.stream(&key(stream)).await.unwrap();
        let version = stored.map_or(Version::NONE, |stored| stored.version);
        (version.number(), self.state.ledger(&key(stream)).await.unwrap().len())
    }
}

const TAKEN: Result<Version, Refused> = Ok(Version::stored(1));

#[tokio::test(start_paused = true)]
async fn while_the_store_is_away_everybody_waits_and_then_all_is_written_once() {
    let world = World::new([Fate::Away; 11]);
    let began = Instant::now();
    let mut standing = world.committer.standing();
    let others: Vec<_> = (0..5)
        .map(|number| {
            let committer = world.committer.clone();
            let commit = commit(&number.to_string());
            tokio::spawn(async move { committer.commit(commit.into()).await })
        })
        .collect();
    let away = |standing: &Standing| matches!(standing, Standing::Away { .. });
    assert!(away(&standing.wait_for(away).await.unwrap()), "health can say so");
    for other in others {
        assert_eq!(other.await.unwrap().unwrap(), [TAKEN]);
    }
    assert!(began.elapsed() > Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(*standing.borrow_and_update(), Standing::Writing);
    for number in 0..5 {
        assert_eq!(world.committed(&number.to_string()).await, (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_written_is_written_once_whatever_became_of_it() {
    for written in [true, false] {
        // And the store is away before it can be asked, and breaks off again.
        let fates = [
            Fate::Unknown { written: false },
            Fate::Away,
            Fate::Away,
            Fate::Unknown { written },
            Fate::Away,
        ];
        let world = World::new(fates);
        let mut stale = commit("stale");
        stale.expects = Version::stored(3);
        let commits = vec![commit("a"), stale, commit("b")];
        let group = CommitGroup { commits, ..CommitGroup::default() };
        let outcomes = world.committer.commit(group).await.unwrap();
        let refused = Err(Refused::Conflict { found: Version::NONE });
        assert_eq!(outcomes, [TAKEN, refused, TAKEN], "written: {written}");
        assert_eq!(world.fates.left(), 0);
        assert_eq!(world.committed("a").await, (1, 1));
        assert_eq!(world.committed("stale").await, (0, 0));
        assert_eq!(world.committed("b").await, (1, 1));
    }
}

#[tokio::test]
async fn one_that_is_stale_is_told_so_and_its_neighbours_are_written() {
    let world = World::new([Fate::Stale { place: 1 }]);
    let commits = vec![commit("a"), commit("b"), commit("c")];
    let group = CommitGroup { commits, ..CommitGroup::default() };
    let outcomes = world.committer.commit(group).await.unwrap();
    assert_eq!(outcomes, [TAKEN, Err(Refused::Conflict { found: Version::NONE }), TAKEN]);
    assert_eq!(world.committed("b").await, (0, 0));
    assert_eq!(world.committer.commit(commit("b").into()).await.unwrap(), [TAKEN]);
}

#[tokio::test]
async fn a_panic_of_the_store_is_told_to_everybody_and_hangs_nobody() {
    let world = World::new([Fate::Panics]);
    let panicked = world.committer.commit(commit("a").into()).await;
    assert!(matches!(panicked, Err(CommitError::Panicked)), "{panicked:?}");
    world.committer.failed().await;
    let behind = world.committer.commit(commit("b").into()).await;
    assert!(matches!(behind, Err(CommitError::Panicked)), "{behind:?}");
    assert_eq!(world.committed("b").await, (0, 0));
}

#[tokio::test]
async fn behind_a_damaged_store_nothing_is_written() {
    let world = World::new([Fate::Damaged { written: true }]);
    let failed = world.committer.commit(commit("a").into()).await;
    assert!(matches!(failed, Err(CommitError::Failed(_))), "{failed:?}");
    world.committer.failed().await;
    assert!(world.committer.commit(commit("b").into()).await.is_err());
    assert_eq!(world.committed("b").await, (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_ends_does_not_wait_for_ever() {
    let world = World::new([Fate::Away; 10_000]);
    let began = Instant::now();
    let committer = world.committer.clone();
    let waiting = tokio::spawn(async move { committer.commit(commit("a").into()).await });
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert!(!waiting.is_finished());
    world.committer.end();
    let given_up = waiting.await.unwrap();
    assert!(matches!(given_up, Err(CommitError::Failed(_))), "{given_up:?}");
    let waited = began.elapsed() - Duration::from_secs(600);
    assert!(waited <= GRACE + LONGEST, "{waited:?}");
}
