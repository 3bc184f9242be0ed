//! Files that a configuration or a command line names, read whole.
//!
//! Invariant: no read waits for somebody else or takes more memory than its bound: a
//! pipe without a writer, a terminal or a device is refused before it is opened.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read as _, Result};
use std::path::Path;

use zeroize::Zeroizing;

/// Most bytes of a configuration file: some ten thousand sources.
pub const CONFIGURATION: u64 = 16 << 20;

/// Most bytes of a file with a secret, a key, certificates or OCI profiles: several
/// times what a system's whole list of authorities has.
pub const CREDENTIAL: u64 = 1 << 20;

/// The bytes of a regular file, which may be reached through a link.
///
/// # Errors
///
/// When it cannot be read, is anything but a regular file, or has more than `most`
/// bytes.
pub fn read(path: &Path, most: u64) -> Result<Zeroizing<Vec<u8>>> {
    check_regular(path)?;
    let file = File::open(path)?;
    regular(&file.metadata()?)?;
    bounded(file, most)
}

/// The same, of what somebody named on the command line, which may be a pipe:
/// `--config <(...)`.
///
/// # Errors
///
/// As [`read`], but that a pipe is read to its end.
pub fn read_named(path: &Path, most: u64) -> Result<Zeroizing<Vec<u8>>> {
    match std::fs::metadata(path)? {
        found if is_pipe(&found) => bounded(File::open(path)?, most),
        _ => read(path, most),
    }
}

/// The text of a regular file.
///
/// # Errors
///
/// As [`read`], or when it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<Zeroizing<String>> {
    let bytes = read(path, most)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "is not UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Whether a path leads to a regular file.
///
/// # Errors
///
/// When it does not; the message says to what else.
pub fn check_regular(path: &Path) -> Result<()> {
    regular(&std::fs::metadata(path)?)
}

fn regular(found: &Metadata) -> Result<()> {
    let kind = match found.file_type() {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => "a folder",
        _ if is_pipe(found) => "a pipe",
        _ => "a device or socket",
    };
    let problem = format!("is {kind}, and only regular files are read");
    Err(Error::new(ErrorKind::InvalidInput, problem))
}

#[cfg(unix)]
fn is_pipe(found: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_found: &Metadata) -> bool {
    false
}

fn bounded(file: File, most: u64) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let problem = format!("has more than {most} bytes, the most that is read of it");
        return Err(Error::new(ErrorKind::FileTooLarge, problem));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_as_allowed_is_read_and_no_byte_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(**read(&path, 5).unwrap(), *b"12345");
        assert!(read(&path, 4).unwrap_err().to_string().contains("more than 4 bytes"));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_refused_by_kind_before_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for (path, kind) in [
            (pipe.as_path(), "a pipe"),
            (&link, "a pipe"),
            (folder.path(), "a folder"),
            (Path::new("/dev/zero"), "a device"),
        ] {
            let error = read_text(path, 10).unwrap_err().to_string();
            assert!(error.contains(kind), "{error}");
        }
        let error = read_named(Path::new("/dev/zero"), 10).unwrap_err().to_string();
        assert!(error.contains("a device"), "{error}");
        let writer = std::thread::spawn(move || std::fs::write(&pipe, "x").unwrap());
        assert_eq!(**read_named(&link, 10).unwrap(), *b"x");
        writer.join().unwrap();
    }
}
