//! NDJSON in a file, each event exactly once.
//!
//! One writer, locked. A batch is appended and synced, then its length is
//! committed together with position and ids. What lies behind the committed length
//! on start was written by a batch that was never committed and will come again:
//! its whole lines stay, for others may have read them, and are recognized by
//! their event id when they come; only a torn last line is cut.
//!
//! ```text
//!   committed length            end of file
//!        |  line  line  line  torn|
//!        '---- adopted -----'-cut-'
//! ```

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Line, Receipt, Sink, SinkError};
use crate::render::{Format, event_id};
use crate::state::{SinkMark, State};

/// Appends to a file.
#[derive(Debug)]
pub struct FileSink {
    id: String,
    format: Format,
    writer: Arc<Mutex<Writer>>,
}

#[derive(Debug)]
struct Writer {
    file: File,
    path: PathBuf,
    /// Where the next line goes.
    length: u64,
    /// Lines in the file whose event was never committed, by event id.
    adopted: HashMap<String, u32>,
    /// Those of them that the state does not know of yet.
    unsaved: HashMap<String, u32>,
}

impl FileSink {
    /// Opens or creates the file, and sorts out what a crash left in it.
    ///
    /// # Errors
    ///
    /// When the file cannot be used or another process has it.
    pub fn open(
        id: &str,
        path: &Path,
        format: Format,
        state: &dyn State,
    ) -> Result<Self, SinkError> {
        let failed = |source| SinkError::File { path: path.to_owned(), source };
        let file = open_locked(path)?;
        let committed = state.sink_length(id)?.unwrap_or(0);
        let length = file.metadata().map_err(failed)?.len();
        // A shorter file was moved or emptied by somebody; what it held was
        // delivered.
        let from = committed.min(length);
        let tail = read_tail(&file, from, format).map_err(failed)?;
        if tail.end < length {
            file.set_len(tail.end).map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        let found: Vec<(String, u32)> = tail.lines.into_iter().collect();
        state.adopt(id, tail.end, &found)?;
        let adopted = state.adopted(id)?.into_iter().collect();
        let writer = Writer {
            file,
            path: path.to_owned(),
            length: tail.end,
            adopted,
            unsaved: HashMap::new(),
        };
        Ok(Self { id: id.to_owned(), format, writer: Arc::new(Mutex::new(writer)) })
    }
}

fn open_locked(path: &Path) -> Result<File, SinkError> {
    let failed = |source| SinkError::File { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(SinkError::FileInUse { path: path.to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    // The name of a new file has to survive a power cut, too.
    if let Some(folder) = folder {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(file)
}

struct Tail {
    /// Behind the last whole line.
    end: u64,
    lines: HashMap<String, u32>,
}

fn read_tail(mut file: &File, from: u64, format: Format) -> std::io::Result<Tail> {
    file.seek(SeekFrom::Start(from))?;
    let mut reader = BufReader::new(file.take(u64::MAX));
    let mut tail = Tail { end: from, lines: HashMap::new() };
    let mut line = Vec::new();
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(tail);
        }
        tail.end += line.len() as u64;
        let text = String::from_utf8_lossy(&line[..line.len() - 1]);
        if let Some(id) = event_id(&text, format) {
            *tail.lines.entry(id).or_default() += 1;
        }
    }
}

impl Writer {
    /// Appends the lines that are not in the file yet, and syncs. On failure the
    /// file is as before, or what it holds more is found on the next start.
    fn append(&mut self, lines: &[Line]) -> std::io::Result<Split> {
        let mut waiting = self.adopted.clone();
        let mut split = Split::default();
        let mut text = String::new();
        for line in lines {
            match waiting.get_mut(&line.id) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    split.recognized.push(line.id.clone());
                }
                _ => {
                    split.written.push(line.id.clone());
                    text.push_str(&line.text);
                    text.push('\n');
                }
            }
        }
        let written = self
            .file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| self.file.write_all(text.as_bytes()))
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a batch must not stay in front of the next one.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += text.len() as u64;
        Ok(split)
    }
}

/// Ids of a batch's lines.
#[derive(Debug, Default)]
struct Split {
    /// In the file since before.
    recognized: Vec<String>,
    /// Written now.
    written: Vec<String>,
}

/// A batch in the file, not committed yet.
struct Appended {
    sink: String,
    writer: OwnedMutexGuard<Writer>,
    split: Split,
    settled: bool,
}

impl Receipt for Appended {
    fn mark(&self) -> Option<SinkMark> {
        Some(SinkMark {
            sink: self.sink.clone(),
            length: self.writer.length,
            waiting: self.writer.unsaved.iter().map(|(id, count)| (id.clone(), *count)).collect(),
            adopted: self.split.recognized.clone(),
        })
    }

    fn settle(mut self: Box<Self>) {
        for id in &self.split.recognized {
            if let Some(count) = self.writer.adopted.get_mut(id) {
                *count -= 1;
                if *count == 0 {
                    self.writer.adopted.remove(id);
                }
            }
        }
        self.writer.unsaved.clear();
        self.settled = true;
    }
}

impl Drop for Appended {
    /// The batch was not committed and will come again: its lines wait for it.
    fn drop(&mut self) {
        if !self.settled {
            for id in std::mem::take(&mut self.split.written) {
                *self.writer.unsaved.entry(id.clone()).or_default() += 1;
                *self.writer.adopted.entry(id).or_default() += 1;
            }
        }
    }
}

#[async_trait]
impl Sink for FileSink {
    fn id(&self) -> &str {
        &self.id
    }

    fn format(&self) -> Format {
        self.format
    }

    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        let mut writer = self.writer.clone().lock_owned().await;
        let lines = lines.to_vec();
        let path = writer.path.clone();
        let failed = |source| SinkError::File { path, source };
        let sink = self.id.clone();
        let appended = tokio::task::spawn_blocking(move || {
            let split = writer.append(&lines)?;
            Ok(Appended { sink, writer, split, settled: false })
        });
        match appended.await {
            Ok(Ok(appended)) => Ok(Box::new(appended)),
            Ok(Err(source)) => Err(failed(source)),
            Err(error) => Err(failed(std::io::Error::other(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Schedule;
    use crate::state::{Commit, EmbeddedState, StreamKey, StreamState};

    fn line(id: &str) -> Line {
        Line { id: id.into(), text: format!(r#"{{"eventId":"{id}"}}"#) }
    }

    fn commit(state: &EmbeddedState, receipt: &dyn Receipt) {
        let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
        let key = StreamKey { source: "s".into(), fingerprint: "f".into(), stream: "x".into() };
        state
            .commit(&Commit {
                key,
                state: StreamState { frontiers: schedule.begin(0), reading: None },
                delivered: Vec::new(),
                fetched_until: 0,
                forget_before: i64::MIN,
                ledger: None,
                sinks: receipt.mark().into_iter().collect(),
            })
            .unwrap();
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
    async fn a_file_has_one_writer() {
        let world = World::new();
        let _sink = world.open();
        let second = FileSink::open("other", &world.path(), Format::Raw, &world.state);
        assert!(matches!(second, Err(SinkError::FileInUse { .. })));
    }
}
