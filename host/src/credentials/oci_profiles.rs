//! OCI configuration files, each read and parsed once for all of its profiles: there may be
//! thousands of them, with a source each.
//!
//! Invariant: what is given is what the file holds when it is asked for. A file that was
//! changed so short a time ago that the next change could look the same is not kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use oci_signature::OciConfig;

use super::CredentialError;
use crate::files;

/// How exact the times of files are where they are least exact: on FAT.
const COARSEST: Duration = Duration::from_secs(2);

/// How a file looked when it was read: when it was changed, and its length.
pub type Stamp = Option<(SystemTime, u64)>;

/// How a file looks now.
pub fn stamp(path: &Path) -> Stamp {
    let found = std::fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// Whether whatever is changed from now on will look different.
fn is_settled(stamp: Stamp) -> bool {
    let age = stamp.and_then(|(changed, _)| SystemTime::now().duration_since(changed).ok());
    age.is_some_and(|age| age >= COARSEST)
}

/// Files that somebody has a profile of: passphrases are held no longer than the keys.
static KEPT: Mutex<BTreeMap<PathBuf, (Stamp, Weak<OciConfig>)>> = Mutex::new(BTreeMap::new());

/// What a file holds, which looked like that before this call. To be held for as long as
/// its profile is in use.
pub fn read(path: &Path, stamp: Stamp) -> Result<Arc<OciConfig>, CredentialError> {
    // Held while reading: a thousand sources read it once. Files of this kind are small.
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let known = kept.get(path).filter(|(known, _)| known.is_some() && *known == stamp);
    if let Some(config) = known.and_then(|(_, config)| config.upgrade()) {
        return Ok(config);
    }
    kept.retain(|_, (_, config)| config.strong_count() > 0);
    let text = files::read_text(path, files::CREDENTIAL)
        .map_err(|source| CredentialError::Read { path: path.to_owned(), source })?;
    let config = OciConfig::parse(&text)
        .map_err(|source| CredentialError::OciConfig { path: path.to_owned(), source })?;
    let config = Arc::new(config);
    if is_settled(stamp) {
        kept.insert(path.to_owned(), (stamp, Arc::downgrade(&config)));
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, name: &str, changed: SystemTime) {
        std::fs::write(path, format!("[{name}]\nuser = x\n")).unwrap();
        std::fs::File::options().write(true).open(path).unwrap().set_modified(changed).unwrap();
    }

    fn names(config: &OciConfig) -> Vec<&str> {
        config.profile_names().collect()
    }

    #[test]
    fn a_file_is_parsed_once_until_it_changes_or_nobody_has_a_profile_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        write(&path, "A", long_ago);
        let first = read(&path, stamp(&path)).unwrap();
        assert!(Arc::ptr_eq(&first, &read(&path, stamp(&path)).unwrap()));
        write(&path, "B", long_ago + COARSEST);
        let second = read(&path, stamp(&path)).unwrap();
        assert_eq!((names(&first), names(&second)), (vec!["A"], vec!["B"]));
        let weak = Arc::downgrade(&second);
        drop(second);
        assert!(weak.upgrade().is_none(), "nobody has a profile of it");
    }

    #[test]
    fn a_file_that_was_just_changed_is_read_every_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        // Later than any clock of the test: as young as can be.
        let now = SystemTime::now() + Duration::from_secs(86_400);
        write(&path, "A", now);
        let first = read(&path, stamp(&path)).unwrap();
        write(&path, "B", now);
        assert_eq!(names(&read(&path, stamp(&path)).unwrap()), ["B"]);
        assert_eq!(names(&first), ["A"]);
    }
}
