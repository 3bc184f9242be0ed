//! NDJSON in a file, each event exactly once.
//!
//! One writer, locked. A batch is appended and synced, then its length is
//! committed together with position and ids. What lies behind the committed length
//! on start was written by a batch that was never committed and will come again:
//! its whole lines stay, for others may have read them, and are recognized when they
//! come; only a torn last line of ours is cut. A line is recognized by its whole text:
//! whoever can write to the file could name the id of an event yet to come, and it would
//! never be written.

mod adoption;
mod config;
#[cfg(test)]
mod power;
mod rotation;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::kind::{OpenSink, SinkContext, SinkType};
use super::lines::end_of_whole_lines;
use super::medium::Medium;
use super::{Line, Receipt, Sink, SinkError};
use crate::permissions::{self, Readers};
use crate::render::Format;
use crate::state::{SinkCheckpoint, State};
use crate::telemetry::{self, SinkTelemetry};
use adoption::{End, Tail, fingerprint};
pub use config::{FileSinkConfig, RotationConfig};
use rotation::RotationStep;

/// Appends to a file.
#[derive(Debug)]
pub struct FileSink {
    telemetry: SinkTelemetry,
    format: Format,
    writer: Arc<Mutex<Writer>>,
}

#[derive(Debug)]
struct Writer {
    sink: SinkTelemetry,
    format: Format,
    state: Arc<dyn State>,
    rotation: Option<RotationConfig>,
    file: Box<dyn Medium>,
    path: PathBuf,
    /// When it was begun, as far as is known.
    begun: SystemTime,
    /// Where the next line goes.
    length: u64,
    /// Whether half a batch of ours is behind it, which could not be cut.
    is_torn: bool,
    /// Lines in the file whose event was never committed, by their fingerprint.
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
        id: impl Into<SinkTelemetry>,
        path: &Path,
        format: Format,
        rotation: Option<RotationConfig>,
        state: Arc<dyn State>,
    ) -> Result<Self, SinkError> {
        Self::open_on(Box::new(open_locked(path)?), id, path, format, rotation, state)
    }

    fn open_on(
        file: Box<dyn Medium>,
        telemetry: impl Into<SinkTelemetry>,
        path: &Path,
        format: Format,
        rotation: Option<RotationConfig>,
        state: Arc<dyn State>,
    ) -> Result<Self, SinkError> {
        let telemetry = telemetry.into();
        let id = telemetry.id();
        let failed = |source| SinkError::File { path: path.to_owned(), source };
        let known = state.sink_length(id)?;
        let committed = known.unwrap_or(0);
        let length = file.length().map_err(failed)?;
        // A shorter file was moved or emptied by somebody; what it held was
        // delivered.
        let is_shorter = length < committed;
        let from = if is_shorter {
            telemetry::FileShorter { path, length, committed }.emit(&telemetry);
            end_of_whole_lines(file.as_ref(), length).map_err(failed)?
        } else {
            committed
        };
        let is_known = known.is_some()
            && adoption::is_known(state.as_ref(), id, file.as_ref())?
            && adoption::ends_a_line(file.as_ref(), from).map_err(failed)?;
        let mut tail = Tail::read(file.as_ref(), from, format).map_err(failed)?;
        mend_end(file.as_ref(), &telemetry, path, &mut tail, format, is_known)?;
        file.sync().map_err(failed)?;
        let found: Vec<(String, u32)> = tail.lines.into_iter().collect();
        state.adopt(id, tail.end, &found)?;
        adoption::know(state.as_ref(), id, file.as_ref())?;
        let adopted = state.adopted(id)?.into_iter().collect();
        let begun = file.begun().map_err(failed)?;
        let writer = Writer {
            begun,
            sink: telemetry.clone(),
            format,
            state,
            rotation,
            file,
            path: path.to_owned(),
            length: tail.end,
            is_torn: false,
            adopted,
            unsaved: HashMap::new(),
        };
        Ok(Self { telemetry, format, writer: Arc::new(Mutex::new(writer)) })
    }
}

impl SinkType for FileSinkConfig {
    const NAME: &'static str = "file";
    const HELP: &'static str = "Exactly once: written, synced, then committed. After a crash whole \
        lines are recognized and kept; only a torn last line is cut. One writer per file; \
        rotated by signon (`rotate_bytes`, `rotate_interval`) or moved away (logrotate), it is \
        begun anew.";
}

#[async_trait]
impl OpenSink for FileSinkConfig {
    fn open(
        &self,
        id: SinkTelemetry,
        format: Format,
        context: &SinkContext,
    ) -> Result<Arc<dyn Sink>, SinkError> {
        let (rotation, state) = (self.rotation.clone(), context.state.clone());
        Ok(Arc::new(FileSink::open(id, &self.path, format, rotation, state)?))
    }

    async fn check(&self, _: SinkTelemetry, _: Format) -> Result<(), SinkError> {
        check(&self.path)
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

/// Whether the file could be written, found out without leaving a trace. One that
/// another process writes is none of our business: it may be `signon run`.
fn check(path: &Path) -> Result<(), SinkError> {
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
    permissions::new_file(&probe, Readers::Nobody).map_err(failed)?;
    std::fs::remove_file(&probe).map_err(failed)
}

fn open_locked(path: &Path) -> Result<File, SinkError> {
    let failed = |source| SinkError::File { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        permissions::folder(folder, Readers::Group).map_err(failed)?;
    }
    // Opening a pipe waits for somebody, opening a device may set it going.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(SinkError::NoFile { path: path.to_owned() });
    }
    // Who signed in from where is not for everybody, but somebody forwards it.
    let file = permissions::file(path, Readers::Group).map_err(failed)?;
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

/// Makes a file end in a line end, if that takes nothing from anybody.
fn mend_end(
    file: &dyn Medium,
    sink: &SinkTelemetry,
    path: &Path,
    tail: &mut Tail,
    format: Format,
    is_known: bool,
) -> Result<(), SinkError> {
    let failed = |source| SinkError::File { path: path.to_owned(), source };
    match tail.look() {
        End::Whole => {}
        End::Torn if is_known => {
            let bytes = file.length().map_err(failed)? - tail.end;
            telemetry::TornLineCut { path, bytes }.emit(sink);
            file.set_length(tail.end).map_err(failed)?;
        }
        End::Unended if is_known => {
            let length = file.length().map_err(failed)?;
            file.write_at(length, b"\n").map_err(failed)?;
            tail.end_rest(format);
        }
        _ => return Err(SinkError::Foreign { path: path.to_owned() }),
    }
    Ok(())
}

impl Writer {
    /// Appends the lines that are not in the file yet, and syncs. On failure the
    /// file is as before, or what it holds more is found on the next start.
    fn append(&mut self, lines: Vec<Line>) -> Result<Split, SinkError> {
        self.follow()?;
        self.rotate_if_due(lines.iter().map(|line| line.text.len() as u64 + 1).sum())?;
        self.write(lines).map_err(|source| SinkError::File { path: self.path.clone(), source })
    }

    /// Follows what others did to the file meanwhile: moved or deleted, it is begun
    /// anew; emptied or added to, it goes on at its end.
    fn follow(&mut self) -> Result<(), SinkError> {
        let failed = |source| SinkError::File { path: self.path.clone(), source };
        let is_here = self.file.is_at(&self.path);
        if is_here && self.is_torn {
            self.file.set_length(self.length).map_err(failed)?;
        }
        self.is_torn = false;
        let mut length = self.file.length().map_err(failed)?;
        if is_here && length == self.length {
            return Ok(());
        }
        if !is_here {
            let file = Box::new(open_locked(&self.path)?);
            length = file.length().map_err(failed)?;
            self.begun = SystemTime::now();
            self.file = file;
            self.length = 0;
        }
        let file = self.file.as_ref();
        let from = match self.length <= length {
            true => self.length,
            false => end_of_whole_lines(file, length).map_err(failed)?,
        };
        // Whoever added to it may not be done; what was cut short was ours.
        let is_ours = is_here && length < self.length;
        let mut tail = Tail::read(file, from, self.format).map_err(failed)?;
        mend_end(file, &self.sink, &self.path, &mut tail, self.format, is_ours)?;
        self.length = tail.end;
        adoption::know(self.state.as_ref(), self.sink.id(), self.file.as_ref())?;
        // A crash before the next commit must find the lines of this file, not look
        // for the end of the one before.
        self.rotate(&[RotationStep::Save])
    }

    fn write(&mut self, lines: Vec<Line>) -> std::io::Result<Split> {
        let mut waiting = self.adopted.clone();
        let mut split = Split::default();
        let mut text = String::new();
        for line in lines {
            // Nearly always nothing waits, and nothing need be digested.
            if !waiting.is_empty() {
                let known = fingerprint(line.text.as_bytes());
                if let Some(count) = waiting.get_mut(&known).filter(|count| **count > 0) {
                    *count -= 1;
                    split.recognized.push(known);
                    continue;
                }
            }
            text.push_str(&line.text);
            text.push('\n');
            split.written.push(line);
        }
        let written = self
            .file
            .write_at(self.length, text.as_bytes())
            .inspect(|()| crate::crash::point("file-written"))
            .and_then(|()| self.file.sync());
        if let Err(error) = written {
            // Half a batch must not stay in front of the next one.
            self.is_torn = self.file.set_length(self.length).is_err();
            return Err(error);
        }
        crate::crash::point("file-synced");
        self.length += text.len() as u64;
        Ok(split)
    }
}

/// Lines of a batch.
#[derive(Debug, Default)]
struct Split {
    /// Fingerprints of those in the file since before.
    recognized: Vec<String>,
    /// Written now.
    written: Vec<Line>,
}

/// A batch in the file, not committed yet.
struct Appended {
    sink: String,
    writer: OwnedMutexGuard<Writer>,
    split: Split,
    settled: bool,
}

impl Receipt for Appended {
    fn checkpoint(&self) -> Option<SinkCheckpoint> {
        Some(SinkCheckpoint {
            sink: self.sink.clone(),
            length: self.writer.length,
            waiting: self
                .writer
                .unsaved
                .iter()
                .map(|(line, count)| (line.clone(), *count))
                .collect(),
            adopted: self.split.recognized.clone(),
        })
    }

    fn settle(mut self: Box<Self>) {
        for line in &self.split.recognized {
            if let Some(count) = self.writer.adopted.get_mut(line) {
                *count -= 1;
                if *count == 0 {
                    self.writer.adopted.remove(line);
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
            for line in std::mem::take(&mut self.split.written) {
                let known = fingerprint(line.text.as_bytes());
                *self.writer.unsaved.entry(known.clone()).or_default() += 1;
                *self.writer.adopted.entry(known).or_default() += 1;
            }
        }
    }
}

#[async_trait]
impl Sink for FileSink {
    fn id(&self) -> &str {
        self.telemetry.id()
    }

    fn format(&self) -> Format {
        self.format
    }

    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        let mut writer = self.writer.clone().lock_owned().await;
        let lines = lines.to_vec();
        let path = writer.path.clone();
        let failed = |source| SinkError::File { path, source };
        let sink = self.id().to_owned();
        let appended = tokio::task::spawn_blocking(move || {
            let split = writer.append(lines)?;
            Ok::<_, SinkError>(Appended { sink, writer, split, settled: false })
        });
        match appended.await {
            Ok(Ok(appended)) => Ok(Box::new(appended)),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(failed(std::io::Error::other(error))),
        }
    }
}
