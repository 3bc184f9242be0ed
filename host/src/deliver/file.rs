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

#[cfg(test)]
mod power;
mod rotation;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::lines::end_of_whole_lines;
use super::medium::Medium;
use super::{Line, Receipt, Sink, SinkError};
use crate::config::RotationConfig;
use crate::render::{Format, event_id};
use crate::state::{SinkMark, State};
use crate::telemetry;
use rotation::Step;

/// Appends to a file.
#[derive(Debug)]
pub struct FileSink {
    id: String,
    format: Format,
    writer: Arc<Mutex<Writer>>,
}

#[derive(Debug)]
struct Writer {
    sink: String,
    state: Arc<dyn State>,
    rotation: Option<RotationConfig>,
    file: Box<dyn Medium>,
    path: PathBuf,
    /// When it was begun, as far as is known.
    begun: SystemTime,
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
        rotation: Option<RotationConfig>,
        state: Arc<dyn State>,
    ) -> Result<Self, SinkError> {
        Self::open_on(Box::new(open_locked(path)?), id, path, format, rotation, state)
    }

    fn open_on(
        file: Box<dyn Medium>,
        id: &str,
        path: &Path,
        format: Format,
        rotation: Option<RotationConfig>,
        state: Arc<dyn State>,
    ) -> Result<Self, SinkError> {
        let failed = |source| SinkError::File { path: path.to_owned(), source };
        let known = state.sink_length(id)?;
        let committed = known.unwrap_or(0);
        let length = file.length().map_err(failed)?;
        // A shorter file was moved or emptied by somebody; what it held was
        // delivered.
        let from = if length < committed {
            telemetry::FileShorter { sink: id, path, length, committed }.emit();
            end_of_whole_lines(file.as_ref(), length).map_err(failed)?
        } else {
            committed
        };
        let tail = read_tail(file.as_ref(), from, format).map_err(failed)?;
        if known.is_none() && tail.end < length && !tail.is_ours {
            return Err(SinkError::Foreign { path: path.to_owned() });
        }
        if tail.end < length {
            telemetry::TornLineCut { sink: id, path, bytes: length - tail.end }.emit();
            file.set_length(tail.end).map_err(failed)?;
        }
        file.sync().map_err(failed)?;
        let found: Vec<(String, u32)> = tail.lines.into_iter().collect();
        state.adopt(id, tail.end, &found)?;
        let adopted = state.adopted(id)?.into_iter().collect();
        let begun = file.begun().map_err(failed)?;
        let writer = Writer {
            begun,
            sink: id.to_owned(),
            state,
            rotation,
            file,
            path: path.to_owned(),
            length: tail.end,
            adopted,
            unsaved: HashMap::new(),
        };
        Ok(Self { id: id.to_owned(), format, writer: Arc::new(Mutex::new(writer)) })
    }
}

/// Whether the file could be written, found out without leaving a trace. One that
/// another process writes is none of our business: it may be `signon run`.
pub fn check(path: &Path) -> Result<(), SinkError> {
    let failed = |source| SinkError::File { path: path.to_owned(), source };
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            return Err(SinkError::NoFile { path: path.to_owned() });
        }
        Ok(_) => return OpenOptions::new().append(true).open(path).map(drop).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let folder =
        path.ancestors().skip(1).find(|folder| folder.exists() || *folder == Path::new(""));
    let folder = match folder {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let probe = folder.join(format!(".signon-check-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&probe).map_err(failed)?;
    std::fs::remove_file(&probe).map_err(failed)
}

fn open_locked(path: &Path) -> Result<File, SinkError> {
    let failed = |source| SinkError::File { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    // Who signed in from where is not for everybody.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let file = options.open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(SinkError::NoFile { path: path.to_owned() });
    }
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
    /// Whether what follows the last whole line may be the start of one of ours.
    is_ours: bool,
    lines: HashMap<String, u32>,
}

fn read_tail(file: &dyn Medium, from: u64, format: Format) -> std::io::Result<Tail> {
    let mut reader = BufReader::new(file.read_from(from)?);
    let mut tail = Tail { end: from, is_ours: true, lines: HashMap::new() };
    let mut line = Vec::new();
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        // After a power cut a file may be longer than what was written to it; what was
        // not is zeros.
        if line.last() != Some(&b'\n') || line.contains(&0) {
            tail.is_ours = line.is_empty() || line[0] == b'{';
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
    fn append(&mut self, lines: &[Line]) -> Result<Split, SinkError> {
        self.follow()?;
        self.rotate_if_due(lines.iter().map(|line| line.text.len() as u64 + 1).sum())?;
        self.write(lines).map_err(|source| SinkError::File { path: self.path.clone(), source })
    }

    /// Follows what others did to the file meanwhile: moved or deleted, it is begun
    /// anew; emptied, it goes on at its end.
    fn follow(&mut self) -> Result<(), SinkError> {
        let failed = |source| SinkError::File { path: self.path.clone(), source };
        if self.file.is_at(&self.path) {
            let length = self.file.length().map_err(failed)?;
            if length >= self.length {
                self.length = length;
                return Ok(());
            }
            // Emptied or cut by somebody: a torn line must not swallow the next one.
            self.length = end_of_whole_lines(self.file.as_ref(), length).map_err(failed)?;
        } else {
            self.file = Box::new(open_locked(&self.path)?);
            self.begun = SystemTime::now();
            self.length = self.file.length().map_err(failed)?;
        }
        // A crash before the next commit must find the lines of this file, not look
        // for the end of the one before.
        self.rotate(&[Step::Save])
    }

    fn write(&mut self, lines: &[Line]) -> std::io::Result<Split> {
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
            .write_at(self.length, text.as_bytes())
            .inspect(|()| crate::crash::point("file-written"))
            .and_then(|()| self.file.sync());
        if let Err(error) = written {
            // Half a batch must not stay in front of the next one.
            self.file.set_length(self.length)?;
            return Err(error);
        }
        crate::crash::point("file-synced");
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
            Ok::<_, SinkError>(Appended { sink, writer, split, settled: false })
        });
        match appended.await {
            Ok(Ok(appended)) => Ok(Box::new(appended)),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(failed(std::io::Error::other(error))),
        }
    }
}
