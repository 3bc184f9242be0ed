//! What the file sink needs of a file, so that a disk that loses power can stand in
//! for it.

use std::fs::File;
use std::io::{Read, Result, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

/// An open file.
pub trait Medium: Send + std::fmt::Debug {
    /// Its length in bytes.
    fn length(&self) -> Result<u64>;

    /// What it holds from an offset on.
    fn read_from(&self, offset: u64) -> Result<Box<dyn Read + '_>>;

    /// Writes at an offset; not safe before it is synced.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()>;

    /// Cuts it, or fills it up with zeros.
    fn set_length(&self, length: u64) -> Result<()>;

    /// Returns once everything that was written survives a power cut.
    fn sync(&self) -> Result<()>;

    /// Whether the file of that name is still this one.
    fn is_at(&self, path: &Path) -> bool;

    /// What tells it from every other file that had or will have its name; `None` where
    /// nothing does.
    fn identity(&self) -> Option<u64>;

    /// When it was begun, as far as the file system tells.
    fn begun(&self) -> Result<SystemTime>;
}

impl Medium for File {
    fn length(&self) -> Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_from(&self, offset: u64) -> Result<Box<dyn Read + '_>> {
        let mut file = self;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut file = self;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    fn set_length(&self, length: u64) -> Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> Result<()> {
        self.sync_all()
    }

    #[cfg(unix)]
    fn is_at(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        let (ours, there) = (self.metadata(), std::fs::metadata(path));
        ours.is_ok_and(|ours| there.is_ok_and(|there| identity(ours) == identity(there)))
    }

    /// Elsewhere an open file can be neither moved nor deleted.
    #[cfg(not(unix))]
    fn is_at(&self, path: &Path) -> bool {
        path.exists()
    }

    /// Its number, which a file system gives again to the next file, and when it was
    /// made. Without the device: its number changes from one start of the system to
    /// the next.
    fn identity(&self) -> Option<u64> {
        let metadata = self.metadata().ok()?;
        let made = metadata.created().ok();
        let made = made.and_then(|made| made.duration_since(SystemTime::UNIX_EPOCH).ok());
        let mut digest = Sha256::new();
        #[cfg(unix)]
        digest.update(std::os::unix::fs::MetadataExt::ino(&metadata).to_le_bytes());
        digest.update(made.map_or(0, |made| made.as_nanos()).to_le_bytes());
        digest.finalize().first_chunk().map(|start| u64::from_le_bytes(*start))
    }

    fn begun(&self) -> Result<SystemTime> {
        let metadata = self.metadata()?;
        metadata.created().or_else(|_| metadata.modified())
    }
}
