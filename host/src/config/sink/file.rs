//! `type = "file"`

use std::time::Duration;

use super::SinkKind;
use super::number::within;
use crate::config::duration::duration;
use crate::config::paths::Folders;
use crate::config::reader::{Problems, Table};

pub const KEYS: &[&str] = &[
    "type",
    "inputs",
    "format",
    "keep",
    "path",
    "rotate_bytes",
    "rotate_interval",
    "rotate_keep",
    "compress_rotated",
];

/// Files kept unless the configuration says otherwise: with the daily rotation
/// most choose, a week.
const KEPT: u64 = 7;

/// Most files kept: their names are looked through at every rotation.
const MOST_KEPT: u64 = 10_000;

/// Least size of a file, in bytes: rotation costs a few syncs, and a batch is up to
/// 8 MiB.
const LEAST_BYTES: u64 = 64 << 10;

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
    let rotation = rotation(table, problems);
    Some(SinkKind::File { path: path?, rotation: rotation? })
}

fn rotation(table: &Table<'_>, problems: &mut Problems) -> Option<Option<RotationConfig>> {
    let bytes = match table.get("rotate_bytes") {
        Some(field) => Some(within(&field, LEAST_BYTES..=u64::MAX >> 1, problems)?),
        None => None,
    };
    let interval = match table.get("rotate_interval") {
        Some(field) => {
            let interval = duration(&field, problems)?;
            if interval.is_zero() {
                field.expected(problems, "a time span like \"24h\"");
                return None;
            }
            Some(interval)
        }
        None => None,
    };
    let keep = match table.get("rotate_keep") {
        Some(field) => within(&field, 1..=MOST_KEPT, problems)?,
        None => KEPT,
    };
    let compress = match table.get("compress_rotated") {
        Some(field) => field.boolean(problems)?,
        None => false,
    };
    if bytes.is_none() && interval.is_none() {
        for key in ["rotate_keep", "compress_rotated"] {
            if let Some(field) = table.get(key) {
                let message = "needs rotate_bytes or rotate_interval; add one, or remove it";
                problems.add(field.key_place, &field.path, message);
                return None;
            }
        }
        return Some(None);
    }
    let keep = usize::try_from(keep).ok()?;
    Some(Some(RotationConfig { bytes, interval, keep, compress }))
}
