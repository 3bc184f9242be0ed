//! What any store has to keep to, as functions over a way to open one. A store that passes
//! them loses nothing and says nothing twice under the collector.

use std::sync::Arc;

use super::testing::{delivered, put};
use super::{
    AppendedLines, Commit, CommitGroup, EmbeddedState, Fence, FileCheckpoint, GroupId,
    LineFingerprint, Recognized, Refusal, Refused, RunNumber, State, StateError, StreamKey,
    StreamState, Version, Waiting,
};
use crate::ledger::{LedgerEntry, verify};
use crate::planner::{Range, Reading, Schedule};
use crate::state::{ReadingState, Unproven};
use crate::testing::Disk;

/// Opens the same store each time.
type Open<'o> = &'o dyn Fn() -> Arc<dyn State>;

fn key(stream: &str) -> StreamKey {
    StreamKey { source: "s".into(), fingerprint: "f".into(), stream: stream.into() }
}

fn at(time: i64) -> StreamState {
    let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
    StreamState::begin(0, 0, schedule.begin(time))
}

fn commit(stream: &str, version: u64, fetched: Range, ids: &[&str]) -> Commit {
    Commit {
        delivered: ids.iter().map(|id| (*id).to_owned()).collect(),
        fetched,
        ..Commit::position(key(stream), Version::stored(version), at(fetched.end))
    }
}

fn minutes(start: i64, end: i64) -> Range {
    Range { start: start * 60_000, end: end * 60_000 }
}

fn line(text: &str) -> LineFingerprint {
    LineFingerprint::of(text.as_bytes())
}

fn waiting(lines: &[(&str, u32)]) -> Waiting {
    lines.iter().map(|(text, count)| (line(text), *count)).collect()
}

fn appended(lines: &'static [(&'static str, u32)]) -> AppendedLines {
    AppendedLines::new("file".into(), move || waiting(lines))
}

fn group(commits: Vec<Commit>, files: Vec<FileCheckpoint>) -> Arc<CommitGroup> {
    Arc::new(CommitGroup { id: GroupId::stored(7), commits, files })
}

async fn version(state: &dyn State, stream: &str) -> Version {
    let stored = state.stream(&key(stream)).await.unwrap();
    stored.map_or(Version::NONE, |stored| stored.version)
}

/// All of them.
async fn hold(open: impl Fn() -> Box<dyn Fn() -> Arc<dyn State>>) {
    what_was_committed_is_there_after_opening_again(&*open()).await;
    one_that_is_stale_fails_alone(&*open()).await;
    a_fenced_collector_writes_nothing(&*open()).await;
    one_collector_at_a_time_has_the_lease(&*open()).await;
    the_fate_of_the_last_group_is_known(&*open()).await;
    lines_of_a_refused_commit_wait_and_those_of_a_taken_one_do_not(&*open()).await;
    runs_are_found_by_what_they_meet_and_by_what_is_new(&*open()).await;
    what_is_forgotten_is_gone_and_nothing_else(&*open()).await;
    entries_form_a_chain_in_the_order_of_their_commits(&*open()).await;
    readings_under_way_come_and_go(&*open()).await;
}

async fn what_was_committed_is_there_after_opening_again(open: Open<'_>) {
    let state = open();
    let checkpoint =
        FileCheckpoint { sink: "file".into(), length: 70, waiting: waiting(&[("x", 2)]) };
    let outcomes = state
        .commit(group(
            vec![commit("a", 0, minutes(0, 1), &["1"]), commit("b", 0, minutes(0, 1), &["1", "2"])],
            vec![checkpoint],
        ))
        .await
        .unwrap();
    assert_eq!(outcomes, [Ok(Version::stored(1)), Ok(Version::stored(1))]);
    let id = state.seen_id(&key("a"), "1");
    drop(state);
    let state = open();
    let stored = state.stream(&key("a")).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.version), (at(60_000), Version::stored(1)));
    assert_eq!(state.seen_id(&key("a"), "1"), id, "an id is the same after opening again");
    assert_ne!(state.seen_id(&key("b"), "1"), id, "and another in another stream");
    let known = delivered(state.as_ref(), &key("b"), &["1", "2", "3"]).await.unwrap();
    assert_eq!(known, [true, true, false]);
    assert_eq!(state.kept_ids(&key("b")).await.unwrap(), 2);
    assert_eq!(state.stream_keys().await.unwrap(), [key("a"), key("b")]);
    assert_eq!(state.sink_length("file").await.unwrap(), Some(70));
    assert_eq!(state.waiting("file").await.unwrap(), waiting(&[("x", 2)]));
    assert_eq!(state.sink_length("other").await.unwrap(), None);
    assert_eq!(state.stream(&key("c")).await.unwrap(), None);
}

async fn one_that_is_stale_fails_alone(open: Open<'_>) {
    let state = open();
    let first = vec![commit("a", 0, minutes(0, 1), &[]), commit("b", 0, minutes(0, 1), &[])];
    state.commit(group(first, Vec::new())).await.unwrap();
    let entry = LedgerEntry::Gap { range: minutes(0, 1), reason: "x".into(), at: 0 };
    let stale = Commit {
        ledger: vec![entry],
        forget: vec![Range { start: i64::MIN, end: i64::MAX }],
        ..commit("a", 0, minutes(1, 2), &["lost"])
    };
    let ahead = commit("c", 5, minutes(1, 2), &["ahead"]);
    let good = commit("b", 1, minutes(1, 2), &["kept"]);
    // Two of a stream in one group: the second builds on the first.
    let next = commit("b", 2, minutes(2, 3), &["next"]);
    let outcomes = state.commit(group(vec![stale, good, ahead, next], Vec::new())).await.unwrap();
    let found = |version| Refused::Conflict { found: Version::stored(version) };
    let taken = |version| Ok(Version::stored(version));
    assert_eq!(outcomes, [Err(found(1)), taken(2), Err(found(0)), taken(3)]);
    assert_eq!(version(state.as_ref(), "a").await, Version::stored(1));
    assert_eq!(version(state.as_ref(), "c").await, Version::NONE);
    assert_eq!(delivered(state.as_ref(), &key("a"), &["lost"]).await.unwrap(), [false]);
    assert_eq!(
        delivered(state.as_ref(), &key("b"), &["kept", "next"]).await.unwrap(),
        [true, true]
    );
    assert!(state.ledger(&key("a")).await.unwrap().is_empty());
}

async fn a_fenced_collector_writes_nothing(open: Open<'_>) {
    let state = open();
    let first = state.lease().await.unwrap();
    let fenced = |fence, version| Commit { fence, ..commit("a", version, minutes(0, 1), &["1"]) };
    let outcomes = state.commit(fenced(first.fence(), 0).into_group()).await.unwrap();
    assert_eq!(outcomes, [Ok(Version::stored(1))]);
    let before = first.fence();
    drop(first);
    let second = state.lease().await.unwrap();
    assert!(second.fence() > before);
    let outcomes = state.commit(fenced(before, 1).into_group()).await.unwrap();
    assert_eq!(outcomes, [Err(Refused::Fenced)]);
    let outcomes = state.commit(fenced(Fence::default(), 1).into_group()).await.unwrap();
    assert_eq!(outcomes, [Err(Refused::Fenced)]);
    let fence = second.fence();
    drop((second, state));
    // Another process does not begin anew with the fences.
    let state = open();
    let third = state.lease().await.unwrap();
    assert!(third.fence() > fence);
}

async fn one_collector_at_a_time_has_the_lease(open: Open<'_>) {
    let state = open();
    let lease = state.lease().await.unwrap();
    let refused = state.lease().await;
    assert!(matches!(refused, Err(StateError::Leased { .. })), "{refused:?}");
    drop(lease);
    drop(state.lease().await.unwrap());
}

async fn the_fate_of_the_last_group_is_known(open: Open<'_>) {
    let state = open();
    assert_eq!(state.refusals(GroupId::stored(7)).await.unwrap(), None);
    let commits = vec![commit("a", 0, minutes(0, 1), &[]), commit("b", 3, minutes(0, 1), &[])];
    state.commit(group(commits, Vec::new())).await.unwrap();
    drop(state);
    let state = open();
    let refused = Refused::Conflict { found: Version::NONE };
    let refusals = state.refusals(GroupId::stored(7)).await.unwrap();
    assert_eq!(refusals, Some(vec![Refusal { place: 1, refused }]));
    assert_eq!(state.refusals(GroupId::stored(8)).await.unwrap(), None);
}

async fn lines_of_a_refused_commit_wait_and_those_of_a_taken_one_do_not(open: Open<'_>) {
    let state = open();
    let checkpoint = |length, lines: &[(&str, u32)]| FileCheckpoint {
        sink: "file".into(),
        length,
        waiting: waiting(lines),
    };
    state.adopt(&checkpoint(10, &[("old", 2), ("other", 1)])).await.unwrap();
    let taken = Commit {
        appended: vec![appended(&[("taken", 1)])],
        recognized: vec![Recognized { sink: "file".into(), lines: vec![line("old")] }],
        ..commit("a", 0, minutes(0, 1), &["1"])
    };
    let stale = Commit {
        appended: vec![appended(&[("stale", 3)])],
        recognized: vec![Recognized { sink: "file".into(), lines: vec![line("other")] }],
        ..commit("b", 9, minutes(0, 1), &["2"])
    };
    let files = vec![checkpoint(20, &[("awaited", 1)])];
    state.commit(group(vec![taken, stale], files)).await.unwrap();
    assert_eq!(state.sink_length("file").await.unwrap(), Some(20));
    let left = waiting(&[("old", 1), ("other", 1), ("stale", 3), ("awaited", 1)]);
    assert_eq!(state.waiting("file").await.unwrap(), left);
    assert_eq!(state.waiting("fil").await.unwrap(), Waiting::new());
    // A file that has nothing but refused ones behind it is as long as it is.
    let stale = commit("b", 9, minutes(0, 1), &["2"]);
    state.commit(group(vec![stale], vec![checkpoint(30, &[])])).await.unwrap();
    assert_eq!(state.sink_length("file").await.unwrap(), Some(30));
}

async fn runs_are_found_by_what_they_meet_and_by_what_is_new(open: Open<'_>) {
    let state = open();
    let commits = [
        commit("a", 0, minutes(0, 10), &["x"]),
        commit("a", 0, minutes(10, 20), &["y", "z"]),
        commit("a", 0, minutes(0, 60), &["w"]),
        commit("b", 0, minutes(0, 60), &["other"]),
    ];
    for commit in commits {
        put(state.as_ref(), [commit], Vec::new()).await.unwrap();
    }
    let names = ["w", "x", "y", "z", "other"];
    let found = async |meeting, after| {
        let runs = state.runs(&key("a"), meeting, after).await.unwrap();
        assert!(runs.iter().all(|run| run.ids.is_sorted()));
        let ids: Vec<_> = runs.iter().flat_map(|run| run.ids.clone()).collect();
        let known = |name: &&&str| ids.contains(&state.seen_id(&key("a"), name));
        let text: String = names.iter().filter(known).copied().collect();
        (text, runs.iter().map(|run| run.number).max())
    };
    assert_eq!(found(minutes(0, 5), RunNumber::NONE).await.0, "wx");
    // Both ends count: a service may show what lies on them twice.
    assert_eq!(found(minutes(20, 30), RunNumber::NONE).await.0, "wyz");
    assert_eq!(found(minutes(-5, 0), RunNumber::NONE).await.0, "wx");
    assert_eq!(found(minutes(61, 70), RunNumber::NONE).await.0, "");
    let last = found(minutes(0, 60), RunNumber::NONE).await.1.unwrap();
    assert_eq!(found(minutes(0, 60), last).await.0, "");
    put(state.as_ref(), [commit("a", 0, minutes(5, 6), &["other"])], Vec::new()).await.unwrap();
    assert!(found(minutes(0, 60), last).await.0.ends_with("other"));
}

async fn what_is_forgotten_is_gone_and_nothing_else(open: Open<'_>) {
    let state = open();
    for (start, id) in [(0, "a"), (100, "b"), (200, "c")] {
        let written = commit("a", 0, minutes(start, start + 10), &[id]);
        put(state.as_ref(), [written], Vec::new()).await.unwrap();
    }
    put(state.as_ref(), [commit("b", 0, minutes(100, 110), &["b"])], Vec::new()).await.unwrap();
    // By the end of the range: the start of what is forgotten is in it, its end is not.
    let forget = vec![minutes(110, 210)];
    let forgetting = Commit { forget, ..commit("a", 0, minutes(300, 310), &[]) };
    put(state.as_ref(), [forgetting], Vec::new()).await.unwrap();
    let known = delivered(state.as_ref(), &key("a"), &["a", "b", "c"]).await.unwrap();
    assert_eq!(known, [true, false, true]);
    assert_eq!(delivered(state.as_ref(), &key("b"), &["b"]).await.unwrap(), [true]);
    assert_eq!(state.kept_ids(&key("a")).await.unwrap(), 2);
}

async fn entries_form_a_chain_in_the_order_of_their_commits(open: Open<'_>) {
    let state = open();
    for minute in 0..3 {
        let range = minutes(minute, minute + 1);
        let ledger = vec![LedgerEntry::Gap { range, reason: "x".into(), at: range.end }];
        let entry = Commit { ledger, ..commit("a", 0, range, &[]) };
        put(state.as_ref(), [entry], Vec::new()).await.unwrap();
    }
    let links = state.ledger(&key("a")).await.unwrap();
    assert_eq!(links.iter().map(|link| link.number).collect::<Vec<_>>(), [1, 2, 3]);
    let tip = verify(&key("a").text(), &links).unwrap();
    assert_eq!(tip, state.tip(&key("a")).await.unwrap());
    assert!(state.ledger(&key("b")).await.unwrap().is_empty());
}

async fn readings_under_way_come_and_go(open: Open<'_>) {
    let state = open();
    let reading = |start, cursor: Option<&[u8]>| {
        let covers = minutes(start, start + 1);
        let reading = Reading { covers, asked: covers, first: 0, last: 0 };
        ReadingState {
            cursor: cursor.map(<[u8]>::to_vec),
            doubt: Some("x".into()),
            ..ReadingState::begin(reading)
        }
    };
    let mut position = at(0);
    let states = [
        (Some(reading(1, Some(&[0, 255]))), vec![], None),
        (Some(reading(1, None)), vec![reading(5, Some(b"")), reading(7, None)], None),
        (Some(reading(2, None)), vec![reading(7, Some(b"x"))], Some(reading(1, Some(b"y")))),
        (None, vec![], None),
    ];
    for (live, backfill, unproven) in states {
        position.reading = live;
        position.backfill = backfill;
        let frontiers = position.frontiers.clone();
        position.unproven = unproven.map(|reading| Unproven { frontiers, reading: Some(reading) });
        let written = Commit::position(key("a"), Version::NONE, position.clone());
        put(state.as_ref(), [written], Vec::new()).await.unwrap();
        assert_eq!(state.stream(&key("a")).await.unwrap().unwrap().state, position);
    }
}

impl Commit {
    fn into_group(self) -> Arc<CommitGroup> {
        Arc::new(self.into())
    }
}

#[tokio::test]
async fn the_embedded_store_keeps_them_in_a_file() {
    hold(|| {
        let folder = tempfile::tempdir().unwrap();
        Box::new(move || Arc::new(EmbeddedState::open(folder.path()).unwrap()))
    })
    .await;
}

#[tokio::test]
async fn the_embedded_store_keeps_them_elsewhere() {
    hold(|| {
        let disk = Disk::default();
        Box::new(move || {
            Arc::new(EmbeddedState::open_with(disk.clone(), "state.redb".into()).unwrap())
        })
    })
    .await;
}
