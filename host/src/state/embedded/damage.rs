//! What a damaged file, a full disk and a power cut do to the state: it says so, or
//! is what it was.

use std::path::PathBuf;

use super::*;
use crate::ledger::LedgerEntry;
use crate::planner::{Range, Schedule};
use crate::state::testing::{answer, delivered};
use crate::state::{Commit, FileCheckpoint, State as _, StreamKey, StreamState, Version, Waiting};
use crate::testing::{Disk, Moments};

/// Flipped bytes, zeroed pages and cuts in all.
const DAMAGES: u64 = 400;

/// Power cuts in all.
const CUTS: u64 = 250;

fn key() -> StreamKey {
    StreamKey { source: "s".into(), fingerprint: "f".into(), stream: "x".into() }
}

fn commit(number: i64) -> Commit {
    let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
    let range = Range { start: number * 60_000, end: (number + 1) * 60_000 };
    let expects = Version::stored(u64::try_from(number - 1).unwrap());
    Commit {
        delivered: (0..20).map(|event| format!("event-{number}-{event}")).collect(),
        fetched: range,
        ledger: vec![LedgerEntry::Gap { range, reason: "test".into(), at: range.end }],
        ..Commit::position(key(), expects, StreamState::begin(0, 0, schedule.begin(range.end)))
    }
}

/// A commit, and how far the file was written.
fn group(number: i64) -> Arc<CommitGroup> {
    let length = u64::try_from(number).unwrap() * 10;
    let file = FileCheckpoint { sink: "file".into(), length, waiting: Waiting::new() };
    let (commits, files) = (vec![commit(number)], vec![file]);
    Arc::new(CommitGroup { commits, files, ..CommitGroup::default() })
}

fn open(disk: &Disk) -> Result<EmbeddedState, StateError> {
    EmbeddedState::open_with(disk.clone(), PathBuf::from("/data/state.redb"))
}

/// Which commit a state is at; fails the test if it is at none.
fn standing(state: &EmbeddedState) -> Result<i64, StateError> {
    let Some(stored) = answer(state.stream(&key()))? else {
        assert_eq!(answer(state.sink_length("file"))?, None);
        return Ok(0);
    };
    let at = stored.state.frontiers.slowest() / 60_000 - 1;
    assert_eq!(stored.version.number(), u64::try_from(at).unwrap());
    assert_eq!(answer(state.sink_length("file"))?, Some(u64::try_from(at).unwrap() * 10));
    let links = answer(state.ledger(&key()))?;
    assert_eq!(links.len(), usize::try_from(at).unwrap());
    crate::ledger::verify(&key().text(), &links).unwrap();
    for number in 1..=at {
        let ids = commit(number).delivered;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert!(
            answer(delivered(state, &key(), &ids))?.iter().all(|delivered| *delivered),
            "{number}"
        );
    }
    let later = commit(at + 1).delivered;
    assert_eq!(answer(delivered(state, &key(), &[later[0].as_str()]))?, [false]);
    assert_eq!(answer(state.kept_ids(&key()))?, u64::try_from(at).unwrap() * 20);
    Ok(at)
}

/// A state after some commits, closed.
fn written(commits: i64) -> Disk {
    let disk = Disk::default();
    let state = open(&disk).unwrap();
    for number in 1..=commits {
        answer(state.commit(group(number))).unwrap();
    }
    drop(state);
    disk
}

fn told(failure: CommitFailure) -> StateError {
    match failure {
        CommitFailure::Unavailable(error)
        | CommitFailure::Unknown(error)
        | CommitFailure::Damaged(error) => error,
    }
}

/// Uses a state and writes to it; what fails has to say where.
fn try_out(disk: &Disk) -> Result<i64, StateError> {
    let state = open(disk)?;
    let at = standing(&state)?;
    answer(state.commit(group(at + 1))).map_err(told)?;
    assert_eq!(standing(&state)?, at + 1);
    Ok(at)
}

#[test]
fn a_damaged_file_is_named_or_is_what_it_was() {
    let (named, whole, older) = damages();
    assert!(
        named > DAMAGES / 20 && whole > DAMAGES / 20,
        "{named} named, {whole} as before, {older} older"
    );
}

/// How many damages were named, did no harm, or took the state one commit back.
fn damages() -> (u64, u64, u64) {
    let sound = written(30).bytes();
    let size = sound.len() as u64;
    let mut moments = Moments(7);
    let (mut named, mut whole, mut older) = (0, 0, 0);
    // What is in use lies at the start; pages further behind are empty.
    for round in 0..DAMAGES {
        let mut bytes = sound.clone();
        let near = if round % 2 == 0 { size / 8 } else { size };
        let at = usize::try_from(moments.below(near)).unwrap();
        match round % 4 {
            0 | 1 => bytes[at] ^= 1 << moments.below(8),
            2 => {
                let page = at - at % 4096;
                let end = (page + 4096).min(bytes.len());
                bytes[page..end].fill(0);
            }
            _ => bytes.truncate(at.max(1)),
        }
        match try_out(&Disk::holding(bytes)) {
            Ok(30) => whole += 1,
            Ok(at) => {
                assert_eq!(at, 29, "round {round}: went back to commit {at}");
                older += 1;
            }
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains("/data/state.redb"), "{error}");
                named += 1;
            }
        }
    }
    (named, whole, older)
}

#[test]
fn a_full_disk_is_an_error_and_nothing_that_was_committed_is_lost() {
    let disk = written(5);
    disk.limit(Some(disk.bytes().len() as u64));
    let state = open(&disk).unwrap();
    let mut at = 5;
    let full = loop {
        assert!(at < 5_000, "the disk never gets full");
        match answer(state.commit(group(at + 1))) {
            Ok(_) => at += 1,
            Err(error) => break error.to_string(),
        }
    };
    assert!(full.contains("/data/state.redb") && full.contains("disk is full"), "{full}");
    drop(state);
    disk.limit(None);
    assert_eq!(try_out(&disk).unwrap(), at);
}

#[test]
fn after_a_power_cut_everything_committed_is_there() {
    let mut moments = Moments(11);
    for _ in 0..CUTS {
        let disk = written(3);
        let state = open(&disk).unwrap();
        disk.cut_power_at(disk.operations() + moments.below(60));
        let mut at = 3;
        while answer(state.commit(group(at + 1))).is_ok() {
            at += 1;
        }
        drop(state);
        let found = try_out(&disk.restore(&mut moments)).unwrap();
        // The commit that was under way may have been written all the same.
        assert!(found == at || found == at + 1, "{at} were committed, {found} are there");
    }
}

#[test]
fn a_file_cut_to_any_length_is_named() {
    let folder = tempfile::tempdir().unwrap();
    drop(EmbeddedState::open(folder.path()).unwrap());
    let path = folder.path().join("state.redb");
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 1, 8, 9, 320, 4096, 5000, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let opened = EmbeddedState::open(folder.path());
        let error = opened.expect_err(&format!("{length} bytes are no state")).to_string();
        assert!(
            error.contains(path.to_str().unwrap()) && error.contains("move it away"),
            "{error}"
        );
    }
    std::fs::write(&path, &whole).unwrap();
    drop(EmbeddedState::open(folder.path()).unwrap());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
