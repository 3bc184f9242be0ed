//! Who may read what this process writes, said at the moment a file or folder is made.
//!
//! Invariant: nothing is ever open to more people than it should be, not even for an
//! instant and whatever the umask: the mode is part of making it. Only where the umask
//! takes away what readers need is it given back, right behind. What somebody else made
//! keeps the mode that somebody else gave it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Result};
use std::path::Path;

/// Who may read, beside this user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Nobody: state, keys to it, refused events.
    Nobody,
    /// The group: whoever forwards the events that were delivered.
    Group,
}

impl Readers {
    #[cfg(unix)]
    const fn of_folder(self) -> u32 {
        match self {
            Self::Nobody => 0o700,
            Self::Group => 0o750,
        }
    }

    #[cfg(unix)]
    const fn of_file(self) -> u32 {
        match self {
            Self::Nobody => 0o600,
            Self::Group => 0o640,
        }
    }
}

/// Makes a folder and what is missing above it; one that is there is left as it is.
///
/// # Errors
///
/// When one of them cannot be made.
pub fn folder(path: &Path, readers: Readers) -> Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        folder(above, readers)?;
    }
    match builder(readers).create(path) {
        Ok(()) => give_back(&File::open(path)?, true, readers),
        // Somebody else was faster, or it is `..` of what was just made.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a folder that must not be there yet.
///
/// # Errors
///
/// When it is there, or cannot be made.
pub fn new_folder(path: &Path, readers: Readers) -> Result<()> {
    builder(readers).create(path)
}

/// Makes a file that must not be there yet, to be read and written.
///
/// # Errors
///
/// When it is there, or cannot be made.
pub fn new_file(path: &Path, readers: Readers) -> Result<File> {
    let file = options(readers).create_new(true).open(path)?;
    give_back(&file, false, readers)?;
    Ok(file)
}

/// Opens a file to be read and written, or makes it.
///
/// # Errors
///
/// When it cannot be opened or made.
pub fn file(path: &Path, readers: Readers) -> Result<File> {
    loop {
        match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            opened => return opened,
        }
        match new_file(path, readers) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.exists() => {}
            // A link that leads nowhere yet: what it leads to is made.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return options(readers).create(true).open(path);
            }
            made => return made,
        }
    }
}

/// Opens a file that will hold something else, or makes it.
///
/// # Errors
///
/// When it cannot be opened or made.
pub fn emptied_file(path: &Path, readers: Readers) -> Result<File> {
    let emptied = file(path, readers)?;
    emptied.set_len(0)?;
    Ok(emptied)
}

/// What is wrong with the permissions of the folder that holds the state, and the fix, if
/// anything is.
pub fn open_to_others(data_dir: &Path) -> Option<String> {
    let mode = mode_of(data_dir)? & 0o777;
    (mode & 0o077 != 0).then(|| {
        format!(
            "data_dir {0} is open to others (mode {mode:04o}); it holds events and who they \
             are about; close it: chmod 700 {0}",
            data_dir.display()
        )
    })
}

fn options(readers: Readers) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, readers.of_file());
    #[cfg(not(unix))]
    let _ = readers;
    options
}

fn builder(readers: Readers) -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, readers.of_folder());
    #[cfg(not(unix))]
    let _ = readers;
    builder
}

/// Gives the group what the umask took. What nobody else reads is never touched.
#[cfg(unix)]
fn give_back(made: &File, is_folder: bool, readers: Readers) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if readers == Readers::Nobody {
        return Ok(());
    }
    let wanted = if is_folder { readers.of_folder() } else { readers.of_file() };
    if made.metadata()?.permissions().mode() & 0o777 == wanted {
        return Ok(());
    }
    match made.set_permissions(std::fs::Permissions::from_mode(wanted)) {
        // Some file systems have no modes; then there is nothing to give back.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

#[cfg(not(unix))]
fn give_back(_made: &File, _is_folder: bool, _readers: Readers) -> Result<()> {
    Ok(())
}

#[cfg(unix)]
fn mode_of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(std::fs::metadata(path).ok()?.permissions().mode())
}

#[cfg(not(unix))]
fn mode_of(_path: &Path) -> Option<u32> {
    None
}
