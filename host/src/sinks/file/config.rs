//! The keys of a file sink.

use std::path::PathBuf;
use std::time::Duration;

use crate::schema::{Checked, Flag, Kind as _, PATH, Problems, Span, Table, keys, whole};

/// Files kept unless the configuration says otherwise: with the daily rotation
/// most choose, a week.
const KEPT: usize = 7;

/// Most files kept: their names are looked through at every rotation.
const MOST_KEPT: u64 = 10_000;

/// Least size of a file, in bytes: rotation costs a few syncs, and a batch is up to
/// 8 MiB.
const LEAST_BYTES: u64 = 64 << 10;

keys! {
    /// The keys of a file sink.
    pub struct FileKeys {
        /// The file; one writer, locked.
        path: PathBuf = PATH.needed("\"events.ndjson\"");
        /// Put aside before a batch would make it larger than that many bytes.
        rotate_bytes: Option<u64> = whole(LEAST_BYTES..=u64::MAX >> 1).optional("never");
        /// Put aside when a batch comes and it is that old.
        rotate_interval: Option<Duration> = Span::positive().optional("never");
        /// How many files that were put aside are kept.
        rotate_keep: usize = whole(1..=MOST_KEPT).or(KEPT);
        /// Whether they are compressed with gzip, all but the newest, which somebody may
        /// be reading.
        compress_rotated: bool = Flag.or(false);
    }
}

/// A file that lines are appended to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSinkConfig {
    /// The file.
    pub path: PathBuf,
    /// When it is put aside for a new one; `None` never.
    pub rotation: Option<RotationConfig>,
}

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

impl Checked for FileSinkConfig {
    type Keys = FileKeys;

    fn check(keys: FileKeys, table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let FileKeys { path, rotate_bytes, rotate_interval, rotate_keep, compress_rotated } = keys;
        if rotate_bytes.is_some() || rotate_interval.is_some() {
            let rotation = RotationConfig {
                bytes: rotate_bytes,
                interval: rotate_interval,
                keep: rotate_keep,
                compress: compress_rotated,
            };
            return Some(Self { path, rotation: Some(rotation) });
        }
        for key in ["rotate_keep", "compress_rotated"] {
            if let Some(field) = table.get(key) {
                let message = "needs rotate_bytes or rotate_interval; add one, or remove it";
                field.wrong_key(problems, message);
                return None;
            }
        }
        Some(Self { path, rotation: None })
    }
}
