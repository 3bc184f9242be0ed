//! Opening a file, for this process alone.
//!
//! Invariant: no byte of somebody else is cut, and nothing is written behind a line
//! without an end.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::adoption::{End, Tail};
use crate::permissions::{self, Readers};
use crate::render::Format;
use crate::sinks::SinkError;
use crate::sinks::medium::Medium;
use crate::telemetry::{self, SinkTelemetry};

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
    permissions::new_file(&probe, Readers::Nobody).map_err(failed)?;
    std::fs::remove_file(&probe).map_err(failed)
}

/// Opens or makes a file, whose name survives a power cut.
pub fn open_locked(path: &Path) -> Result<File, SinkError> {
    let file = lock(path)?;
    sync_folder(path).map_err(|source| SinkError::File { path: path.to_owned(), source })?;
    Ok(file)
}

/// Opens or makes a file, for this process alone.
pub fn lock(path: &Path) -> Result<File, SinkError> {
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
    Ok(file)
}

/// Makes a file end in a line end, if that takes nothing from anybody.
pub fn mend_end(
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

/// Makes the names in the folder of a file survive a power cut.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
