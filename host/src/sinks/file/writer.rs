//! Appending to the file.
//!
//! Invariant: half a group never stays in front of the next one; every line of the
//! file up to `length` is committed, waits in the state, or is in the group under way.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use super::adoption::{self, Tail};
use super::config::RotationConfig;
use super::open::{mend_end, open_locked, sync_folder};
use crate::render::Format;
use crate::sinks::lines::end_of_whole_lines;
use crate::sinks::medium::Medium;
use crate::sinks::{Line, SinkError};
use crate::state::{BlockingState, FileCheckpoint, LineFingerprint, Waiting};
use crate::telemetry::SinkTelemetry;

/// Who appends; one for each file.
#[derive(Debug)]
pub struct Writer {
    pub(super) sink: SinkTelemetry,
    pub(super) format: Format,
    pub(super) state: BlockingState,
    pub(super) rotation: Option<RotationConfig>,
    pub(super) file: Box<dyn Medium>,
    pub(super) path: PathBuf,
    /// When it was begun, as far as is known.
    pub(super) begun: SystemTime,
    /// Where the next line goes.
    pub(super) length: u64,
    /// Whether the state speaks of this very file, whose name survives a power cut. Before
    /// the first line it has to.
    pub(super) is_known: bool,
    /// Whether half a group of ours is behind it, which could not be cut.
    pub(super) is_torn: bool,
    /// Lines in the file whose event was never committed, and may come again.
    pub(super) waiting: Waiting,
}

/// A step of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationStep {
    /// The state learns of every line that waits.
    Save,
    /// The file gets another name.
    MoveAside,
    /// An empty one takes its place.
    Begin,
    /// The state learns that it is empty.
    Reset,
}

impl RotationStep {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Save, Self::MoveAside, Self::Begin, Self::Reset];
}

/// What became of the lines of one batch.
#[derive(Debug, Default)]
pub struct Split {
    /// Those that were in the file before.
    pub recognized: Vec<LineFingerprint>,
    /// Those written now, by their place in the batch.
    pub written: Vec<usize>,
}

impl Writer {
    /// Appends those lines of all batches that are not in the file yet, and syncs once.
    /// On failure the file is as before, or what it holds more is found on the next
    /// start.
    pub fn append(&mut self, batches: &[Arc<[Line]>]) -> Result<Vec<Split>, SinkError> {
        self.follow()?;
        let bytes = |batch: &Arc<[Line]>| -> u64 {
            batch.iter().map(|line| line.text.len() as u64 + 1).sum()
        };
        self.rotate_if_due(batches.iter().map(bytes).sum())?;
        self.be_known()?;
        let before = self.waiting.clone();
        self.write(batches).map_err(|source| {
            self.waiting = before;
            SinkError::File { path: self.path.clone(), source }
        })
    }

    /// How far the file is written.
    pub fn checkpoint(&self) -> FileCheckpoint {
        let (sink, length) = (self.sink.id().to_owned(), self.length);
        FileCheckpoint { sink, length, waiting: Waiting::new() }
    }

    /// Lines in the file wait again: what they were held for was not committed.
    pub fn give_back(&mut self, lines: impl IntoIterator<Item = LineFingerprint>) {
        for line in lines {
            *self.waiting.entry(line).or_default() += 1;
        }
    }

    /// Makes the state speak of this file, if it does not: what is torn later is then known
    /// to be ours.
    fn be_known(&mut self) -> Result<(), SinkError> {
        if !self.is_known {
            sync_folder(&self.path)
                .map_err(|source| SinkError::File { path: self.path.clone(), source })?;
            self.state.adopt(&self.checkpoint())?;
            adoption::know(&self.state, self.sink.id(), self.file.as_ref())?;
            self.is_known = true;
        }
        Ok(())
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
        adoption::know(&self.state, self.sink.id(), self.file.as_ref())?;
        self.is_known = true;
        // A crash before the next commit must find the lines of this file, not look
        // for the end of the one before.
        self.rotate(&[RotationStep::Save])
    }

    fn write(&mut self, batches: &[Arc<[Line]>]) -> std::io::Result<Vec<Split>> {
        let mut text = String::new();
        let splits = batches.iter().map(|batch| self.split(batch, &mut text)).collect();
        if text.is_empty() {
            return Ok(splits);
        }
        let written = self
            .file
            .write_at(self.length, text.as_bytes())
            .inspect(|()| crate::crash::point("file-written"))
            .and_then(|()| self.file.sync());
        if let Err(error) = written {
            // Half a group must not stay in front of the next one.
            self.is_torn = self.file.set_length(self.length).is_err();
            return Err(error);
        }
        crate::crash::point("file-synced");
        self.length += text.len() as u64;
        Ok(splits)
    }

    /// Adds to a text what is not in the file.
    fn split(&mut self, batch: &[Line], text: &mut String) -> Split {
        let mut split = Split::default();
        for (place, line) in batch.iter().enumerate() {
            // Nearly always nothing waits, and nothing need be digested.
            if !self.waiting.is_empty() {
                let known = LineFingerprint::of(line.text.as_bytes());
                if let Some(count) = self.waiting.get_mut(&known) {
                    *count -= 1;
                    if *count == 0 {
                        self.waiting.remove(&known);
                    }
                    split.recognized.push(known);
                    continue;
                }
            }
            text.push_str(&line.text);
            text.push('\n');
            split.written.push(place);
        }
        split
    }
}
