//! Compiled code of components, kept on disk so that a start need not compile.
//!
//! Invariant: what is read as compiled code was written by this user, into a folder
//! that nobody else may look into, by this version of the compiler with these
//! settings, and is whole. Anything else is passed over and made anew. Whoever can
//! write into the folder as this user can already do whatever this process can.

use std::hash::{Hash as _, Hasher};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::contract::Descriptor;
use crate::permissions::{self, Readers};

/// What every file begins with; another layout is another text.
const MAGIC: &[u8; 20] = b"signon compiled 1.0\n";

/// Length of the digest behind it.
const DIGEST: usize = 32;

/// Compiled code, or the place for it, and what the component says about itself once it
/// was asked.
#[derive(Default)]
pub(super) struct Slot {
    pub component: Mutex<Option<Component>>,
    pub descriptor: Arc<OnceCell<Arc<Descriptor>>>,
}

/// What stands for a component compiled by an engine.
pub type Key = [u8; DIGEST];

/// Changes with the component, the compiler and its settings.
pub fn digest(engine: &Engine, component: &[u8]) -> Key {
    let mut settings = Digesting(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut settings);
    settings.0.update(env!("CARGO_PKG_VERSION"));
    settings.0.update(Sha256::digest(component));
    settings.0.finalize().into()
}

struct Digesting(Sha256);

impl Hasher for Digesting {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// A folder of compiled code.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Takes a folder, or makes it. `None` where it is not private.
    pub fn open(folder: &Path) -> Option<Self> {
        make(folder).ok()?;
        is_private(folder).then(|| Self { folder: folder.to_owned() })
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{}.cwasm", HEXLOWER.encode(key)))
    }

    /// The compiled code of a key, if it is there and whole.
    pub fn read(&self, engine: &Engine, key: &Key) -> Option<Component> {
        let path = self.path(key);
        if !is_private(&self.folder) || !is_own_file(&path) {
            return None;
        }
        let mut bytes = Vec::new();
        std::fs::File::open(&path).ok()?.read_to_end(&mut bytes).ok()?;
        let code = whole(&bytes)?;
        // SAFETY: `deserialize` wants bytes that `serialize` of the same engine made.
        // The folder belongs to this user and is closed to all others, checked above;
        // the digest says that the file is as it was written; the key in its name holds
        // the compiler's version and settings, and wasmtime compares those again. Bytes
        // from anywhere else never get here.
        #[allow(unsafe_code, reason = "compiled code is trusted as far as its folder is")]
        unsafe {
            Component::deserialize(engine, code).ok()
        }
    }

    /// Keeps compiled code. That it cannot be kept is no error: it was compiled.
    pub fn write(&self, component: &Component, key: &Key) {
        if let Ok(code) = component.serialize() {
            let _ = self.put(&self.path(key), &code);
        }
    }

    /// Whole or not at all: written beside and renamed.
    fn put(&self, path: &Path, code: &[u8]) -> std::io::Result<()> {
        let beside = self.folder.join(format!(".{}.new", std::process::id()));
        let _ = std::fs::remove_file(&beside);
        let mut file = permissions::new_file(&beside, Readers::Nobody)?;
        file.write_all(MAGIC)?;
        file.write_all(&Sha256::digest(code))?;
        file.write_all(code)?;
        std::fs::rename(&beside, path)
    }
}

/// The code of a file, if the file is what was written.
fn whole(bytes: &[u8]) -> Option<&[u8]> {
    let (digest, code) = bytes.strip_prefix(MAGIC)?.split_at_checked(DIGEST)?;
    (Sha256::digest(code).as_slice() == digest).then_some(code)
}

#[cfg(unix)]
fn make(folder: &Path) -> std::io::Result<()> {
    permissions::folder(folder, Readers::Nobody)
}

#[cfg(unix)]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::symlink_metadata(folder)
        .is_ok_and(|found| found.is_dir() && found.uid() == us() && found.mode() & 0o077 == 0)
}

#[cfg(unix)]
fn is_own_file(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_file() && found.uid() == us() && found.mode() & 0o022 == 0)
}

#[cfg(unix)]
fn us() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Elsewhere nobody can tell whose a folder is, so nothing is kept.
#[cfg(not(unix))]
fn make(_folder: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn is_private(_folder: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn is_own_file(_path: &Path) -> bool {
    false
}
