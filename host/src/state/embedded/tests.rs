//! What the embedded store keeps.

use super::*;
use crate::ledger::{Closing, Counts, Late, LedgerEntry, ReadingEntry, verify};
use crate::planner::{Range, Schedule};
use crate::state::testing::{self, answer};
use crate::state::{
    Commit, FileCheckpoint, Fold, KnownId, Looks, RecordKey, SignOnRecord, Standing, StreamKey,
    StreamState, Version, Waiting, Wanted,
};

fn key() -> StreamKey {
    StreamKey { source: "s".into(), fingerprint: "f".into(), stream: "a/b".into() }
}

fn commit(ids: &[&str], until: i64, forget_before: i64) -> Commit {
    let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
    let range = Range { start: until - 60_000, end: until };
    Commit {
        delivered: ids.iter().map(|id| (*id).to_owned()).collect(),
        fetched: range,
        forget: vec![Range { start: i64::MIN, end: forget_before }],
        ledger: vec![LedgerEntry::Gap { range, reason: "test".into(), at: until }],
        ..Commit::position(key(), Version::NONE, StreamState::begin(0, 0, schedule.begin(until)))
    }
}

fn put(state: &EmbeddedState, commits: impl IntoIterator<Item = Commit>) {
    let file = FileCheckpoint { sink: "file".into(), length: 7, waiting: Waiting::new() };
    let outcomes = answer(testing::put(state, commits, vec![file])).unwrap();
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

fn delivered(state: &EmbeddedState, ids: &[&str]) -> Vec<bool> {
    answer(testing::delivered(state, &key(), ids)).unwrap()
}

fn reading(start: i64, end: i64, emitted: u64) -> ReadingEntry {
    ReadingEntry {
        range: Range { start, end },
        counts: Counts { received: emitted, emitted, ..Counts::default() },
        late: Late::default(),
        source_total: None,
        doubt: None,
        findings: Vec::new(),
        read_at: end,
    }
}

#[test]
fn what_was_committed_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = EmbeddedState::open(folder.path()).unwrap();
    put(&state, [commit(&["x", "y"], 60_000, i64::MIN)]);
    drop(state);
    let state = EmbeddedState::open(folder.path()).unwrap();
    assert_eq!(delivered(&state, &["x", "z", "y"]), [true, false, true]);
    assert_eq!(answer(state.stream(&key())).unwrap().unwrap().state.frontiers.slowest(), 60_000);
    assert_eq!(answer(state.sink_length("file")).unwrap(), Some(7));
    assert_eq!(answer(state.ledger(&key())).unwrap().len(), 1);
    assert_eq!(answer(state.stream_keys()).unwrap(), [key()]);
}

#[test]
fn ids_are_forgotten_with_their_range_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let state = EmbeddedState::open(folder.path()).unwrap();
    put(&state, [commit(&["old"], 60_000, i64::MIN)]);
    put(&state, [commit(&["new"], 120_000, 60_000)]);
    assert_eq!(delivered(&state, &["old", "new"]), [true, true]);
    put(&state, [commit(&[], 180_000, 60_001)]);
    assert_eq!(delivered(&state, &["old", "new"]), [false, true]);
    assert_eq!(answer(state.kept_ids(&key())).unwrap(), 1);
}

#[test]
fn a_second_process_is_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let _first = EmbeddedState::open(folder.path()).unwrap();
    let second = EmbeddedState::open(folder.path());
    assert!(matches!(second, Err(StateError::Locked { .. })), "{second:?}");
}

#[test]
fn a_damaged_database_is_named_and_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    std::fs::write(&path, b"no database at all, but long enough to be looked at").unwrap();
    let error = EmbeddedState::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("state.redb") && error.contains("move it away"), "{error}");
    assert!(std::fs::read(&path).unwrap().starts_with(b"no database"));
}

#[test]
fn the_state_of_another_version_is_named_and_left_as_it_is() {
    use redb::{Database, TableDefinition};
    const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
    // A table of ours that another version holds differently.
    const STREAMS: TableDefinition<'_, u64, u64> = TableDefinition::new("streams");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let newer = Database::create(&path).unwrap();
    let transaction = newer.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert("format", 99).unwrap();
    transaction.open_table(STREAMS).unwrap().insert(1, 1).unwrap();
    transaction.commit().unwrap();
    drop(newer);
    let error = EmbeddedState::open(folder.path()).unwrap_err();
    assert!(matches!(error, StateError::Version { found: 99, .. }), "{error}");
    let newer = Database::open(&path).unwrap();
    let transaction = newer.begin_write().unwrap();
    assert_eq!(transaction.list_tables().unwrap().count(), 2);
}

#[test]
fn open_entries_end_up_in_the_one_that_closes_them_and_the_chain_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let state = EmbeddedState::open(folder.path()).unwrap();
    let with = |ledger| Commit { ledger, ..commit(&[], 60_000, i64::MIN) };
    put(
        &state,
        [
            with(vec![
                LedgerEntry::Open(reading(0, 60, 3)),
                LedgerEntry::Open(reading(60, 120, 4)),
            ]),
            with(vec![LedgerEntry::Open(reading(120, 180, 5))]),
        ],
    );
    put(&state, [with(vec![LedgerEntry::Close(reading(0, 120, 1))])]);
    let links = answer(state.ledger(&key())).unwrap();
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].entry.total().emitted, 8);
    assert_eq!(answer(state.open_readings(&key())).unwrap(), [reading(120, 180, 5)]);
    let gap = LedgerEntry::Gap { range: Range { start: 120, end: 240 }, reason: "x".into(), at: 0 };
    put(&state, [with(vec![gap])]);
    let links = answer(state.ledger(&key())).unwrap();
    assert_eq!(links[1].entry.closing, Closing::Unproven("x".into()));
    assert!(answer(state.open_readings(&key())).unwrap().is_empty());
    assert_eq!(verify(&key().text(), &links).unwrap(), answer(state.tip(&key())).unwrap());
}

fn sign_on(id: &str, carried: &str, time: i64, at: i64) -> (String, SignOnRecord) {
    let record = SignOnRecord {
        key: RecordKey { source: "s".into(), id: Fold::of(id) },
        form: KnownId::of(id).form,
        same_as: vec![KnownId::of(carried)],
        looks: Some(Looks {
            key: Fold::of("ecid"),
            time,
            users: Vec::new(),
            domain: <[Vec<Fold>; 3]>::default(),
            addresses: Vec::new(),
        }),
        standing: Standing::Delivered(Vec::new()),
        at,
    };
    ("new".to_owned(), record)
}

#[test]
fn a_sign_on_of_a_group_is_found_by_its_ids_and_its_looks_until_it_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let state = EmbeddedState::open(folder.path()).unwrap();
    let (one, two) = (sign_on("e1", "d1", 5_000, 10), sign_on("e2", "d2", 9_000, 20));
    let first = Commit { sign_ons: vec![one.clone(), two.clone()], ..commit(&[], 0, i64::MIN) };
    put(&state, [first]);
    let looks = |from, to| Wanted::Looks { key: Fold::of("ecid"), from, to };
    let found = |group: &str, wanted: Wanted| answer(state.sign_ons(group, &[wanted])).unwrap();
    assert_eq!(found("new", Wanted::Id(Fold::of("e1"))), std::slice::from_ref(&one.1));
    assert_eq!(found("new", Wanted::Id(Fold::of("d1"))), std::slice::from_ref(&one.1));
    assert_eq!(found("new", looks(5_000, 8_999)), std::slice::from_ref(&one.1));
    assert_eq!(found("new", looks(5_001, 8_999)), []);
    assert_eq!(found("other", looks(0, 10_000)), []);
    let wanted = [looks(0, 10_000), Wanted::Id(Fold::of("d2")), Wanted::Id(Fold::of("e2"))];
    assert_eq!(answer(state.sign_ons("new", &wanted)).unwrap().len(), 2, "each once");
    // Written again it has one place only.
    let moved = sign_on("e1", "d3", 1_000, 30);
    let again = Commit { sign_ons: vec![moved.clone()], ..commit(&[], 0, i64::MIN) };
    put(&state, [again]);
    assert_eq!(found("new", Wanted::Id(Fold::of("d1"))), []);
    assert_eq!(found("new", looks(0, 6_000)), std::slice::from_ref(&moved.1));
    let later =
        Commit { forget_sign_ons: vec![("new".to_owned(), 30)], ..commit(&[], 120_000, i64::MIN) };
    put(&state, [later]);
    assert_eq!(found("new", looks(0, 10_000)), [moved.1]);
    assert_eq!(found("new", Wanted::Id(Fold::of("e2"))), []);
}

#[test]
fn a_backup_taken_while_open_is_a_whole_state() {
    let folder = tempfile::tempdir().unwrap();
    let state = EmbeddedState::open(folder.path()).unwrap();
    put(&state, [commit(&["x"], 60_000, i64::MIN)]);
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("state.redb");
    state.back_up(&copy).unwrap();
    put(&state, [commit(&["y"], 120_000, i64::MIN)]);
    // A second one replaces the first.
    state.back_up(&copy).unwrap();
    let restored = EmbeddedState::open(copies.path()).unwrap();
    assert_eq!(delivered(&restored, &["x", "y"]), [true, true]);
    assert_eq!(answer(restored.ledger(&key())).unwrap(), answer(state.ledger(&key())).unwrap());
    assert_eq!(answer(restored.sink_length("file")).unwrap(), Some(7));
    assert!(state.back_up(Path::new("/nonexistent/copy")).is_err());
}
