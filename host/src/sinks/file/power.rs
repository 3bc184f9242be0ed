//! The file sink and the state on a disk that loses power.

use std::io::Cursor;
use std::time::SystemTime;

use redb::StorageBackend as _;

use super::*;
use crate::planner::Schedule;
use crate::render::{Owner, event_id};
use crate::state::testing::committer;
use crate::state::{EmbeddedState, State as _, StreamKey, StreamState, Version};
use crate::testing::{Disk, Moments};

/// Power cuts, two for each round.
const ROUNDS: u64 = 150;

/// Batches of a round.
const BATCHES: u64 = 12;

impl Medium for Disk {
    fn length(&self) -> std::io::Result<u64> {
        self.len()
    }
    fn read_from(&self, offset: u64) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        let mut reader = Cursor::new(self.bytes());
        reader.set_position(offset);
        Ok(Box::new(reader))
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.write(offset, bytes)
    }
    fn set_length(&self, length: u64) -> std::io::Result<()> {
        self.set_len(length)
    }
    fn sync(&self) -> std::io::Result<()> {
        self.sync_data()
    }
    fn is_at(&self, _path: &Path) -> bool {
        true
    }
    fn identity(&self) -> Option<u64> {
        Some(1)
    }
    fn begun(&self) -> std::io::Result<SystemTime> {
        Ok(SystemTime::UNIX_EPOCH)
    }
}

fn key() -> StreamKey {
    StreamKey { source: "s".into(), fingerprint: "f".into(), stream: "x".into() }
}

/// The events of a batch; their lines are longer than a sector.
fn batch(number: u64) -> Vec<Line> {
    let line = |event| {
        let id = format!("event-{number}-{event}");
        let text = format!(r#"{{"eventId":"{id}","fill":"{}"}}"#, "x".repeat(300));
        Line { id, owner: Owner::of_source("s").into(), time: 0, text }
    };
    (0..4).map(line).collect()
}

fn ids(file: &Disk) -> Vec<String> {
    let text = String::from_utf8(file.bytes()).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| event_id(line, Format::Raw).unwrap()).collect()
}

/// Delivers and commits what is not committed yet, until the power goes; the ids
/// committed.
fn work(state: &Disk, file: &Disk) -> Vec<String> {
    let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let opened = EmbeddedState::open_with(state.clone(), "state.redb".into());
    let Ok(state) = opened.map(Arc::new) else { return Vec::new() };
    let path = Path::new("events.ndjson");
    let stored = runtime.block_on(state.stream(&key())).unwrap();
    // A commit a batch.
    let done = stored.map_or(Version::NONE, |stored| stored.version).number();
    let mut committed: Vec<String> = (0..done).flat_map(batch).map(|line| line.id).collect();
    let medium = file.clone();
    let medium = move |_: &Path| -> Result<Box<dyn Medium>, SinkError> { Ok(Box::new(medium)) };
    let sink = runtime.block_on(async {
        let committer = committer(state.clone());
        FileSink::open_on(medium, "file", path, Format::Raw, None, state.clone(), committer).await
    });
    let Ok(sink) = sink else { return committed };
    for number in done..BATCHES {
        let at = i64::try_from(number + 1).unwrap() * 60_000;
        let position = StreamState::begin(0, 0, schedule.begin(at));
        let commit = Commit::position(key(), Version::stored(number), position);
        let written = sink.append_and_commit(batch(number).into(), commit);
        if runtime.block_on(written).is_err() {
            break;
        }
        committed.extend(batch(number).into_iter().map(|line| line.id));
    }
    committed
}

#[test]
fn after_power_cuts_the_file_holds_every_event_once_and_nothing_committed_is_gone() {
    let mut moments = Moments(23);
    for round in 0..ROUNDS {
        let (mut state, mut file) = (Disk::default(), Disk::default());
        // A state is put in its place whole.
        drop(EmbeddedState::open_with(state.clone(), "state.redb".into()).unwrap());
        for _ in 0..2 {
            file = file.beside(&state);
            state.cut_power_at(state.operations() + moments.below(90));
            let committed = work(&state, &file);
            let (after, lines) = (state.restore(&mut moments), file.restore(&mut moments));
            let whole = String::from_utf8_lossy(&lines.bytes()).into_owned();
            for id in committed {
                assert!(whole.contains(&format!("{id}\"")), "round {round}: {id} is gone");
            }
            (state, file) = (after, lines);
        }
        work(&state, &file);
        let all: Vec<String> = (0..BATCHES).flat_map(batch).map(|line| line.id).collect();
        let mut found = ids(&file);
        found.sort();
        let mut expected = all;
        expected.sort();
        assert_eq!(found, expected, "round {round}");
    }
}

#[test]
fn to_open_a_file_that_is_as_the_state_says_writes_nothing() {
    let (state, file) = (Disk::default(), Disk::default());
    drop(EmbeddedState::open_with(state.clone(), "state.redb".into()).unwrap());
    for committed in [0, BATCHES] {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = EmbeddedState::open_with(state.clone(), "state.redb".into()).unwrap();
            let store = Arc::new(store);
            let committer = committer(store.clone());
            let before = (state.operations(), file.operations());
            let path = Path::new("events.ndjson");
            let disk = file.clone();
            let medium =
                move |_: &Path| -> Result<Box<dyn Medium>, SinkError> { Ok(Box::new(disk)) };
            let sink = FileSink::open_on(medium, "file", path, Format::Raw, None, store, committer);
            let sink = sink.await.unwrap();
            assert_eq!((state.operations(), file.operations()), before, "{committed} committed");
            drop(sink);
        });
        drop(runtime);
        work(&state, &file);
    }
}
