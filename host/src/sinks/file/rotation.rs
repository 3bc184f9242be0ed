//! Putting a full or old file aside and beginning a new one, exactly once.
//!
//! It happens before a batch is written and after the one before was committed or
//! given up, so that everything in the file is known: committed, or waiting for its
//! batch to come again. A crash may come after any step:
//!
//! ```text
//!   step            left behind                  the next start finds
//!   1 save          state knows every line       nothing new
//!   2 move aside    no file of the name          no file: begins an empty one
//!   3 begin         an empty file                a file shorter than committed: empty
//!   4 reset         the state is at length 0     as it should be
//! ```
//!
//! Lines that wait keep waiting wherever their file goes: the state knows them by
//! their fingerprints. Invariant: nothing is written to the new file before step 4.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{NaiveDateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::SinkError;
use super::adoption;
use super::config::RotationConfig;
use super::open::{open_locked, sync_folder};
use super::writer::{RotationStep, Writer};
use crate::permissions::{self, Readers};
use crate::telemetry;

/// How files that were put aside are told apart, behind the name and a dot. Names
/// sort as their times do.
const STAMP: &str = "%Y%m%dT%H%M%S%.3fZ";

/// Ending of a compressed file.
const COMPRESSED: &str = ".gz";

/// Ending of one that is being compressed.
const UNFINISHED: &str = ".gz.part";

/// Whether a file is to be put aside before more bytes go into it.
pub fn is_due(policy: &RotationConfig, length: u64, more: u64, begun: SystemTime) -> bool {
    let age = SystemTime::now().duration_since(begun).unwrap_or_default();
    let is_full = policy.bytes.is_some_and(|bytes| length + more > bytes);
    let is_old = policy.interval.is_some_and(|interval| age >= interval);
    length > 0 && (is_full || is_old)
}

impl Writer {
    /// Puts the file aside if it is time.
    pub(super) fn rotate_if_due(&mut self, more: u64) -> Result<(), SinkError> {
        let Some(policy) = self.rotation.clone() else { return Ok(()) };
        if !is_due(&policy, self.length, more, self.begun) {
            return Ok(());
        }
        let bytes = self.length;
        self.rotate(&RotationStep::ALL)?;
        telemetry::FileRotated { path: &self.path, bytes }.emit(&self.sink);
        // What is left over is tidied at the next rotation; the events are safe.
        if let Err(error) = tidy(&self.path, &policy) {
            let error = error.to_string();
            telemetry::RotatedFilesNotTidied { path: &self.path, error }.emit(&self.sink);
        }
        Ok(())
    }

    /// Takes these steps.
    pub(super) fn rotate(&mut self, steps: &[RotationStep]) -> Result<(), SinkError> {
        for step in steps {
            match step {
                RotationStep::Save => {
                    self.state.adopt(&self.checkpoint())?;
                }
                RotationStep::MoveAside => {
                    self.move_aside().map_err(|source| self.failed(source))?
                }
                RotationStep::Begin => {
                    self.file = Box::new(open_locked(&self.path)?);
                    self.begun = SystemTime::now();
                    self.length = self.file.length().map_err(|s| self.failed(s))?;
                }
                RotationStep::Reset => {
                    self.state.adopt(&self.checkpoint())?;
                    adoption::know(&self.state, self.sink.id(), self.file.as_ref())?;
                }
            }
            crate::crash::point("rotation-step");
        }
        Ok(())
    }

    fn move_aside(&self) -> std::io::Result<()> {
        let newest = rotated(&self.path)?.pop().map(|file| file.time);
        let now = Utc::now().naive_utc();
        // A clock that was set back must not make the newest file the oldest.
        let time = newest.map_or(now, |newest| now.max(newest + TimeDelta::milliseconds(1)));
        std::fs::rename(&self.path, aside(&self.path, time))?;
        sync_folder(&self.path)
    }

    fn failed(&self, source: std::io::Error) -> SinkError {
        SinkError::File { path: self.path.clone(), source }
    }
}

/// The name of a file that is put aside.
fn aside(path: &Path, time: NaiveDateTime) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", time.format(STAMP)));
    name.into()
}

/// A file that was put aside, whole or compressed or both.
#[derive(Debug)]
struct Rotated {
    time: NaiveDateTime,
    /// Without the ending of a compressed one.
    plain: PathBuf,
}

/// Every file that was put aside for this one, oldest first.
fn rotated(path: &Path) -> std::io::Result<Vec<Rotated>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found: Vec<Rotated> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?.file_name().to_string_lossy().into_owned();
        let stamp = entry.strip_prefix(&name).and_then(|rest| rest.strip_prefix('.'));
        let Some(stamp) = stamp else { continue };
        let stamp = stamp.trim_end_matches(UNFINISHED).trim_end_matches(COMPRESSED);
        if let Ok(time) = NaiveDateTime::parse_from_str(stamp, STAMP)
            && !found.iter().any(|file| file.time == time)
        {
            found.push(Rotated { time, plain: folder.join(format!("{name}.{stamp}")) });
        }
    }
    found.sort_by_key(|file| file.time);
    Ok(found)
}

/// Removes the oldest files beyond those to be kept, and compresses the rest but
/// the newest, which somebody may still be reading.
fn tidy(path: &Path, policy: &RotationConfig) -> std::io::Result<()> {
    let files = rotated(path)?;
    let kept = files.len().saturating_sub(policy.keep);
    for file in &files[..kept] {
        for ending in ["", COMPRESSED, UNFINISHED] {
            remove(&with_ending(&file.plain, ending))?;
        }
    }
    let last = files.len().saturating_sub(1).max(kept);
    for file in files[kept..last].iter().filter(|_| policy.compress) {
        compress(&file.plain)?;
    }
    Ok(())
}

/// Compresses a file. Where a crash left both, the compressed one is whole: it got
/// its name when it was.
fn compress(plain: &Path) -> std::io::Result<()> {
    let (unfinished, finished) = (with_ending(plain, UNFINISHED), with_ending(plain, COMPRESSED));
    if plain.exists() && !finished.exists() {
        let made = permissions::emptied_file(&unfinished, Readers::Group)?;
        let mut encoder = GzEncoder::new(made, Compression::default());
        std::io::copy(&mut File::open(plain)?, &mut encoder)?;
        let mut file = encoder.finish()?;
        file.flush()?;
        file.sync_all()?;
        std::fs::rename(&unfinished, &finished)?;
        sync_folder(plain)?;
    }
    remove(&unfinished)?;
    remove(plain)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
