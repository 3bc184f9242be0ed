//! What a crash, a failed commit or somebody else may do to the file.

use super::*;
use crate::plan::Schedule;
use crate::state::{Commit, EmbeddedState, StreamKey, StreamState};

fn line(id: &str) -> Line {
    Line { id: id.into(), source: "s".into(), time: 0, text: format!(r#"{{"eventId":"{id}"}}"#) }
}

fn commit(state: &EmbeddedState, receipt: &dyn Receipt) {
    let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
    let key = StreamKey { source: "s".into(), fingerprint: "f".into(), stream: "x".into() };
    let position = StreamState::begin(0, 0, schedule.begin(0));
    let sinks = receipt.mark().into_iter().collect();
    state.commit(&[Commit { sinks, ..Commit::position(key, position) }]).unwrap();
}

struct World {
    folder: tempfile::TempDir,
    state: EmbeddedState,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = EmbeddedState::open(&folder.path().join("state")).unwrap();
        Self { folder, state }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("events.ndjson")
    }

    fn open(&self) -> FileSink {
        FileSink::open("file", &self.path(), Format::Raw, &self.state).unwrap()
    }

    fn ids(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path()).unwrap();
        text.lines().map(|line| event_id(line, Format::Raw).unwrap()).collect()
    }
}

async fn deliver(world: &World, sink: &FileSink, ids: &[&str]) {
    let lines: Vec<Line> = ids.iter().map(|id| line(id)).collect();
    let receipt = sink.deliver(&lines).await.unwrap();
    commit(&world.state, receipt.as_ref());
    receipt.settle();
}

#[tokio::test]
async fn a_batch_written_but_not_committed_is_recognized_after_a_crash() {
    let world = World::new();
    let sink = world.open();
    deliver(&world, &sink, &["a"]).await;
    // Written, and then the process dies before the commit.
    std::mem::forget(sink.deliver(&[line("b"), line("c")]).await.unwrap());
    let before = std::fs::read(world.path()).unwrap();
    drop(sink);
    // The leaked guard keeps the file locked, as a dead process would not.
    std::fs::copy(world.path(), world.folder.path().join("copy")).unwrap();
    std::fs::rename(world.folder.path().join("copy"), world.path()).unwrap();
    let sink = world.open();
    deliver(&world, &sink, &["c", "b", "d"]).await;
    assert_eq!(world.ids(), ["a", "b", "c", "d"]);
    assert!(std::fs::read(world.path()).unwrap().starts_with(&before));
    assert!(world.state.adopted("file").unwrap().is_empty());
}

#[tokio::test]
async fn only_a_torn_last_line_is_cut() {
    let world = World::new();
    let sink = world.open();
    deliver(&world, &sink, &["a"]).await;
    drop(sink);
    let mut bytes = std::fs::read(world.path()).unwrap();
    let whole = [bytes.clone(), line("b").text.into_bytes(), b"\n".to_vec()].concat();
    bytes.clone_from(&whole);
    bytes.extend_from_slice(br#"{"even"#);
    std::fs::write(world.path(), &bytes).unwrap();
    let sink = world.open();
    assert_eq!(std::fs::read(world.path()).unwrap(), whole);
    deliver(&world, &sink, &["b", "c"]).await;
    assert_eq!(world.ids(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_batch_whose_commit_failed_is_recognized_even_after_others_were_committed() {
    let world = World::new();
    let sink = world.open();
    drop(sink.deliver(&[line("a"), line("b")]).await.unwrap());
    deliver(&world, &sink, &["c"]).await;
    drop(sink);
    let sink = world.open();
    deliver(&world, &sink, &["b", "a"]).await;
    assert_eq!(world.ids(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_begun_anew() {
    let world = World::new();
    let sink = world.open();
    deliver(&world, &sink, &["a"]).await;
    drop(sink);
    std::fs::remove_file(world.path()).unwrap();
    let sink = world.open();
    deliver(&world, &sink, &["b"]).await;
    assert_eq!(world.ids(), ["b"]);
}

#[tokio::test]
async fn a_file_moved_away_while_running_is_begun_anew_and_the_old_one_kept() {
    let world = World::new();
    let sink = world.open();
    deliver(&world, &sink, &["a"]).await;
    let rotated = world.folder.path().join("events.1");
    std::fs::rename(world.path(), &rotated).unwrap();
    deliver(&world, &sink, &["b"]).await;
    drop(sink);
    assert_eq!(world.ids(), ["b"]);
    assert!(std::fs::read_to_string(rotated).unwrap().contains("\"a\""));
    let sink = world.open();
    deliver(&world, &sink, &["c"]).await;
    assert_eq!(world.ids(), ["b", "c"]);
}

#[tokio::test]
async fn a_file_emptied_while_running_goes_on_without_a_hole() {
    let world = World::new();
    let sink = world.open();
    deliver(&world, &sink, &["a", "b"]).await;
    OpenOptions::new().write(true).open(world.path()).unwrap().set_len(0).unwrap();
    deliver(&world, &sink, &["c"]).await;
    assert_eq!(world.ids(), ["c"]);
}

#[tokio::test]
async fn a_file_has_one_writer() {
    let world = World::new();
    let _sink = world.open();
    let second = FileSink::open("other", &world.path(), Format::Raw, &world.state);
    assert!(matches!(second, Err(SinkError::FileInUse { .. })));
}

#[tokio::test]
async fn a_file_cut_in_mid_line_while_stopped_or_running_never_swallows_the_next_event() {
    let world = World::new();
    let sink = world.open();
    deliver(&world, &sink, &["a", "b"]).await;
    let cut = |by: u64| {
        let file = OpenOptions::new().write(true).open(world.path()).unwrap();
        file.set_len(file.metadata().unwrap().len() - by).unwrap();
    };
    cut(3);
    deliver(&world, &sink, &["c"]).await;
    assert_eq!(world.ids(), ["a", "c"]);
    drop(sink);
    cut(5);
    let sink = world.open();
    deliver(&world, &sink, &["d"]).await;
    assert_eq!(world.ids(), ["a", "d"]);
}

#[test]
fn a_file_that_signon_did_not_write_is_not_cut() {
    let world = World::new();
    std::fs::write(world.path(), "precious, without a line end").unwrap();
    let refused = FileSink::open("file", &world.path(), Format::Raw, &world.state);
    assert!(matches!(refused, Err(SinkError::Foreign { .. })));
    assert_eq!(std::fs::read(world.path()).unwrap(), b"precious, without a line end");
}

#[cfg(unix)]
#[test]
fn a_device_is_no_file() {
    let world = World::new();
    let refused = FileSink::open("file", Path::new("/dev/null"), Format::Raw, &world.state);
    assert!(matches!(refused, Err(SinkError::NoFile { .. })), "{refused:?}");
}
