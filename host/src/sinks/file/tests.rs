//! What a crash, a failed commit or somebody else may do to the file.

use std::io::{Read as _, Write as _};

mod forged;

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::writer::RotationStep;
use super::*;
use crate::planner::Schedule;
use crate::render::{Owner, event_id};
use crate::state::testing::{Fate, Fated, committer};
use crate::state::{EmbeddedState, State as _, StreamKey, StreamState, Version};

fn line(id: &str) -> Line {
    Line {
        id: id.into(),
        owner: Owner::of_source("s").into(),
        time: 0,
        text: format!(r#"{{"eventId":"{id}"}}"#),
    }
}

/// A commit of whatever the lines belong to: the first of a stream of its own.
fn commit() -> Commit {
    static STREAMS: AtomicUsize = AtomicUsize::new(0);
    let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
    let stream = STREAMS.fetch_add(1, Ordering::Relaxed).to_string();
    let key = StreamKey { source: "s".into(), fingerprint: "f".into(), stream };
    Commit::position(key, Version::NONE, StreamState::begin(0, 0, schedule.begin(0)))
}

fn lines(ids: &[&str]) -> Arc<[Line]> {
    ids.iter().map(|id| line(id)).collect()
}

struct World {
    folder: tempfile::TempDir,
    state: Arc<EmbeddedState>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = Arc::new(EmbeddedState::open(&folder.path().join("state")).unwrap());
        Self { folder, state }
    }

    fn committer(&self) -> Committer {
        committer(self.state.clone())
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("events.ndjson")
    }

    async fn open(&self) -> FileSink {
        self.try_open("file").await.unwrap()
    }

    async fn try_open(&self, id: &str) -> Result<FileSink, SinkError> {
        let (path, state) = (self.path(), self.state.clone());
        FileSink::open(id, &path, Format::Raw, None, state, self.committer()).await
    }

    async fn open_rotating(&self, rotation: RotationConfig) -> FileSink {
        let (path, state, committer) = (self.path(), self.state.clone(), self.committer());
        let sink = FileSink::open("file", &path, Format::Raw, Some(rotation), state, committer);
        sink.await.unwrap()
    }

    /// Files that were put aside, oldest first.
    fn aside(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().path());
        let is_aside = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            name.starts_with("events.ndjson.")
        };
        let mut files: Vec<PathBuf> = names.filter(is_aside).collect();
        files.sort();
        files
    }

    /// The ids in all files, in order.
    fn all_ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for path in self.aside() {
            let bytes = std::fs::read(&path).unwrap();
            let mut text = String::new();
            if path.extension().is_some_and(|kind| kind == "gz") {
                flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
            } else {
                text = String::from_utf8(bytes).unwrap();
            }
            ids.extend(text.lines().map(|line| event_id(line, Format::Raw).unwrap()));
        }
        ids.extend(self.ids());
        ids
    }

    fn ids(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path()).unwrap();
        text.lines().map(|line| event_id(line, Format::Raw).unwrap()).collect()
    }
}

/// Whether a batch was refused since the file is somebody else's.
fn is_foreign(result: &Result<(), SinkError>) -> bool {
    let Err(SinkError::OfGroup(error)) = result else { return false };
    matches!(**error, SinkError::Foreign { .. })
}

/// As the pipeline does where the file is the only one.
async fn deliver(_: &World, sink: &FileSink, ids: &[&str]) {
    sink.append_and_commit(lines(ids), commit()).await.unwrap();
}

/// Written, and then the process dies before the commit.
async fn write_and_die(world: &World, ids: &[&str]) {
    let fates = Fate::Damaged { written: false };
    let dying = committer(Arc::new(Fated { state: world.state.clone(), fates }));
    let (path, state) = (world.path(), world.state.clone());
    let sink = FileSink::open("file", &path, Format::Raw, None, state, dying).await.unwrap();
    let written = sink.append_and_commit(lines(ids), commit()).await;
    assert!(matches!(written, Err(WriteError::State(_))), "{written:?}");
}

#[tokio::test]
async fn a_batch_written_but_not_committed_is_recognized_after_a_crash() {
    let world = World::new();
    let sink = world.open().await;
    deliver(&world, &sink, &["a"]).await;
    drop(sink);
    write_and_die(&world, &["b", "c"]).await;
    let before = std::fs::read(world.path()).unwrap();
    let sink = world.open().await;
    deliver(&world, &sink, &["c", "b", "d"]).await;
    assert_eq!(world.ids(), ["a", "b", "c", "d"]);
    assert!(std::fs::read(world.path()).unwrap().starts_with(&before));
    assert!(world.state.waiting("file").await.unwrap().is_empty());
}

#[tokio::test]
async fn only_a_torn_last_line_is_cut() {
    let world = World::new();
    let sink = world.open().await;
    deliver(&world, &sink, &["a"]).await;
    drop(sink);
    let mut bytes = std::fs::read(world.path()).unwrap();
    let whole = [bytes.clone(), line("b").text.into_bytes(), b"\n".to_vec()].concat();
    bytes.clone_from(&whole);
    bytes.extend_from_slice(br#"{"even"#);
    std::fs::write(world.path(), &bytes).unwrap();
    let sink = world.open().await;
    assert_eq!(std::fs::read(world.path()).unwrap(), whole);
    deliver(&world, &sink, &["b", "c"]).await;
    assert_eq!(world.ids(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_batch_whose_commit_failed_is_recognized_even_after_others_were_committed() {
    let world = World::new();
    let sink = world.open().await;
    drop(sink.deliver(&lines(&["a", "b"])).await.unwrap());
    deliver(&world, &sink, &["c"]).await;
    drop(sink);
    let sink = world.open().await;
    deliver(&world, &sink, &["b", "a"]).await;
    assert_eq!(world.ids(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_begun_anew() {
    let world = World::new();
    let sink = world.open().await;
    deliver(&world, &sink, &["a"]).await;
    drop(sink);
    std::fs::remove_file(world.path()).unwrap();
    let sink = world.open().await;
    deliver(&world, &sink, &["b"]).await;
    assert_eq!(world.ids(), ["b"]);
}

#[tokio::test]
async fn a_file_moved_away_while_running_is_begun_anew_and_the_old_one_kept() {
    let world = World::new();
    let sink = world.open().await;
    deliver(&world, &sink, &["a"]).await;
    let rotated = world.folder.path().join("events.1");
    std::fs::rename(world.path(), &rotated).unwrap();
    deliver(&world, &sink, &["b"]).await;
    drop(sink);
    assert_eq!(world.ids(), ["b"]);
    assert!(std::fs::read_to_string(rotated).unwrap().contains("\"a\""));
    let sink = world.open().await;
    deliver(&world, &sink, &["c"]).await;
    assert_eq!(world.ids(), ["b", "c"]);
}

#[tokio::test]
async fn a_file_emptied_while_running_goes_on_without_a_hole() {
    let world = World::new();
    let sink = world.open().await;
    deliver(&world, &sink, &["a", "b"]).await;
    OpenOptions::new().write(true).open(world.path()).unwrap().set_len(0).unwrap();
    deliver(&world, &sink, &["c"]).await;
    assert_eq!(world.ids(), ["c"]);
}

#[tokio::test]
async fn a_file_has_one_writer() {
    let world = World::new();
    let _sink = world.open().await;
    let second = world.try_open("other").await;
    assert!(matches!(second, Err(SinkError::FileInUse { .. })));
}

#[tokio::test]
async fn a_file_cut_in_mid_line_while_stopped_or_running_never_swallows_the_next_event() {
    let world = World::new();
    let sink = world.open().await;
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
    let sink = world.open().await;
    deliver(&world, &sink, &["d"]).await;
    assert_eq!(world.ids(), ["a", "d"]);
}

#[tokio::test]
async fn a_file_that_signon_did_not_write_is_not_cut() {
    let world = World::new();
    std::fs::write(world.path(), "precious, without a line end").unwrap();
    let refused = world.try_open("file").await;
    assert!(matches!(refused, Err(SinkError::Foreign { .. })));
    assert_eq!(std::fs::read(world.path()).unwrap(), b"precious, without a line end");
}

/// What others write without a line end.
const FOREIGN: [&str; 4] =
    [r#"{"precious":true}"#, r#"{"precious":"#, "{\n  \"precious\": true\n}", "precious"];

#[tokio::test]
async fn a_file_of_somebody_else_without_a_line_end_is_left_as_it_is() {
    for foreign in FOREIGN {
        for was_used in [false, true] {
            for is_longer in [false, true] {
                let world = World::new();
                if was_used {
                    let sink = world.open().await;
                    deliver(&world, &sink, &["a"]).await;
                }
                // Other files in between, so that no file number comes again.
                std::fs::rename(world.path(), world.folder.path().join("old")).ok();
                let before = if is_longer { "{\"theirs\":1}\n".repeat(99) } else { String::new() };
                let text = before + foreign;
                std::fs::write(world.path(), &text).unwrap();
                let refused = world.try_open("file").await;
                assert!(matches!(refused, Err(SinkError::Foreign { .. })), "{refused:?}");
                assert_eq!(std::fs::read_to_string(world.path()).unwrap(), text);
            }
        }
    }
}

#[tokio::test]
async fn a_sink_that_never_wrote_or_whose_path_changed_knows_nothing_of_a_file() {
    let world = World::new();
    drop(world.open().await);
    let foreign = r#"{"precious":true}"#;
    std::fs::remove_file(world.path()).unwrap();
    let other = world.folder.path().join("other.json");
    std::fs::write(&other, foreign).unwrap();
    let refused =
        FileSink::open("file", &other, Format::Raw, None, world.state.clone(), world.committer())
            .await;
    assert!(matches!(refused, Err(SinkError::Foreign { .. })), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), foreign);
}

#[tokio::test]
async fn an_object_that_somebody_put_into_our_file_is_not_cut_for_its_missing_line_end() {
    let world = World::new();
    let sink = world.open().await;
    deliver(&world, &sink, &["a", "b"]).await;
    drop(sink);
    std::fs::write(world.path(), r#"{"eventId":"theirs"}"#).unwrap();
    let sink = world.open().await;
    deliver(&world, &sink, &["b"]).await;
    assert_eq!(world.ids(), ["theirs", "b"]);
    // And while it runs.
    std::fs::write(world.path(), r#"{"eventId":"theirs"}"#).unwrap();
    deliver(&world, &sink, &["c"]).await;
    assert_eq!(world.ids(), ["theirs", "c"]);
}

#[tokio::test]
async fn a_file_put_in_the_place_of_ours_while_running_is_neither_cut_nor_continued_in_mid_line() {
    let world = World::new();
    let sink = world.open().await;
    deliver(&world, &sink, &["a"]).await;
    std::fs::rename(world.path(), world.folder.path().join("old")).unwrap();
    std::fs::write(world.path(), r#"{"precious":1}"#).unwrap();
    for _ in 0..2 {
        let refused = sink.deliver(&lines(&["b"])).await.map(|_| ());
        assert!(is_foreign(&refused), "{refused:?}");
        assert_eq!(std::fs::read_to_string(world.path()).unwrap(), r#"{"precious":1}"#);
    }
    std::fs::remove_file(world.path()).unwrap();
    deliver(&world, &sink, &["b"]).await;
    assert_eq!(world.ids(), ["b"]);
}

#[tokio::test]
async fn somebody_who_has_not_ended_a_line_in_our_file_is_waited_for() {
    let world = World::new();
    let sink = world.open().await;
    deliver(&world, &sink, &["a"]).await;
    let mut theirs = OpenOptions::new().append(true).open(world.path()).unwrap();
    theirs.write_all(br#"{"eventId":"#).unwrap();
    let refused = sink.deliver(&lines(&["b"])).await.map(|_| ());
    assert!(is_foreign(&refused), "{refused:?}");
    theirs.write_all(b"\"theirs\"}\n").unwrap();
    deliver(&world, &sink, &["b"]).await;
    assert_eq!(world.ids(), ["a", "theirs", "b"]);
}

#[tokio::test]
async fn an_event_of_ours_that_only_lacks_its_line_end_is_recognized() {
    let world = World::new();
    let sink = world.open().await;
    deliver(&world, &sink, &["a"]).await;
    drop(sink);
    let mut ours = OpenOptions::new().append(true).open(world.path()).unwrap();
    ours.write_all(line("b").text.as_bytes()).unwrap();
    let sink = world.open().await;
    deliver(&world, &sink, &["b", "c"]).await;
    assert_eq!(world.ids(), ["a", "b", "c"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_device_is_no_file() {
    let world = World::new();
    let refused = FileSink::open(
        "file",
        Path::new("/dev/null"),
        Format::Raw,
        None,
        world.state.clone(),
        world.committer(),
    )
    .await;
    assert!(matches!(refused, Err(SinkError::NoFile { .. })), "{refused:?}");
}

/// Rotates before every batch but the first.
fn always() -> RotationConfig {
    RotationConfig { bytes: Some(1), interval: None, keep: 100, compress: false }
}

#[tokio::test]
async fn a_crash_after_any_step_of_a_rotation_loses_nothing_and_repeats_nothing() {
    for steps in 0..=RotationStep::ALL.len() {
        let world = World::new();
        let sink = world.open().await;
        deliver(&world, &sink, &["a"]).await;
        // One batch that was not committed and one after it that was; and one that is
        // known to nobody but the file.
        drop(sink.deliver(&lines(&["b", "c"])).await.unwrap());
        deliver(&world, &sink, &["d"]).await;
        drop(sink.deliver(&lines(&["e"])).await.unwrap());
        let rotated = tokio::task::spawn_blocking(move || {
            sink.groups.writer.lock().unwrap().rotate(&RotationStep::ALL[..steps]).unwrap();
        });
        rotated.await.unwrap();
        let sink = world.open_rotating(always()).await;
        deliver(&world, &sink, &["c", "e", "f"]).await;
        deliver(&world, &sink, &["b", "g"]).await;
        let mut ids = world.all_ids();
        ids.sort();
        assert_eq!(ids, ["a", "b", "c", "d", "e", "f", "g"], "after {steps} steps");
        assert!(world.state.waiting("file").await.unwrap().is_empty(), "after {steps} steps");
    }
}

#[tokio::test]
async fn a_batch_that_failed_before_a_rotation_is_recognized_after_it() {
    let world = World::new();
    let sink = world.open_rotating(always()).await;
    drop(sink.deliver(&lines(&["a", "b"])).await.unwrap());
    deliver(&world, &sink, &["c"]).await;
    deliver(&world, &sink, &["b", "a", "d"]).await;
    drop(sink);
    let sink = world.open_rotating(always()).await;
    deliver(&world, &sink, &["e"]).await;
    assert_eq!(world.all_ids(), ["a", "b", "c", "d", "e"]);
    assert!(world.aside().len() >= 3);
}

#[tokio::test]
async fn as_many_files_are_kept_as_asked_and_all_but_the_newest_are_compressed() {
    let world = World::new();
    let foreign = world.folder.path().join("events.ndjson.bak");
    std::fs::write(&foreign, "").unwrap();
    let rotation = RotationConfig { keep: 3, compress: true, ..always() };
    let sink = world.open_rotating(rotation).await;
    for id in ["a", "b", "c", "d", "e", "f"] {
        deliver(&world, &sink, &[id]).await;
    }
    assert!(foreign.exists());
    std::fs::remove_file(&foreign).unwrap();
    assert_eq!(world.all_ids(), ["c", "d", "e", "f"]);
    let kinds: Vec<bool> = world
        .aside()
        .iter()
        .map(|path| path.extension().is_some_and(|kind| kind == "gz"))
        .collect();
    assert_eq!(kinds, [true, true, false]);
}

#[tokio::test]
async fn an_old_file_is_put_aside_and_an_empty_one_is_not() {
    let world = World::new();
    let interval = std::time::Duration::from_secs(3_600);
    let rotation =
        RotationConfig { bytes: None, interval: Some(interval), keep: 9, compress: false };
    let sink = world.open_rotating(rotation).await;
    sink.groups.writer.lock().unwrap().begun -= 2 * interval;
    deliver(&world, &sink, &["a"]).await;
    assert!(world.aside().is_empty());
    deliver(&world, &sink, &["b"]).await;
    assert_eq!(world.aside().len(), 1);
    deliver(&world, &sink, &["c"]).await;
    assert_eq!((world.aside().len(), world.ids()), (1, vec!["b".to_owned(), "c".to_owned()]));
}

#[tokio::test]
async fn a_crash_after_somebody_moved_or_emptied_the_file_repeats_nothing() {
    for is_moved in [true, false] {
        let world = World::new();
        let sink = world.open().await;
        deliver(&world, &sink, &["a", "b", "c"]).await;
        if is_moved {
            std::fs::rename(world.path(), world.folder.path().join("old")).unwrap();
        } else {
            OpenOptions::new().write(true).open(world.path()).unwrap().set_len(0).unwrap();
        }
        deliver(&world, &sink, &[]).await;
        drop(sink);
        write_and_die(&world, &["d"]).await;
        let sink = world.open().await;
        deliver(&world, &sink, &["d", "e"]).await;
        assert_eq!(world.ids(), ["d", "e"], "moved: {is_moved}");
    }
}
