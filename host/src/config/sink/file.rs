//! `type = "file"`

use std::time::Duration;

use super::SinkKind;
use crate::config::paths::Folders;
use crate::config::reader::{Problems, Table};

pub const KEYS: &[&str] = &["type", "inputs", "format", "path"];

/// When a file is put aside for a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationConfig {
    /// When it holds that many bytes.
    pub bytes: Option<u64>,
    /// When it was begun that long ago.
    pub interval: Option<Duration>,
    /// How many files that were put aside are kept.
    pub keep: usize,
    /// Whether they are compressed with gzip.
    pub compress: bool,
}

/// Reads the keys.
pub fn read(
    table: &mut Table<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<SinkKind> {
    let path = table.require(problems, "path", "path = \"events.ndjson\"");
    let path = path.and_then(|path| folders.path(&path, problems));
    Some(SinkKind::File { path: path?, rotation: None })
}
