//! From bytes to a component that may be instantiated: held against the digest its
//! operator names and its size, compiled once, its imports held against the
//! allow-list, linked, its exports checked.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;
use wasmtime::component::Component;

use super::engine::Sandbox;
use super::error::SandboxError;
use super::guest::Guest;
use super::imports::Imports;
use super::{cache, weight};
use crate::contract::{Descriptor, SignonSourcePre};
use crate::files;
use crate::limits::Limits;

/// A component that was loaded and may be opened any number of times.
#[derive(Clone)]
pub struct LoadedComponent {
    pub(super) name: Arc<str>,
    pub(super) linked: SignonSourcePre<Guest>,
    imports: Arc<[String]>,
    exports: Arc<[String]>,
    /// What it says about itself, once it was asked: the same for all of its bytes.
    pub(super) descriptor: Arc<OnceCell<Arc<Descriptor>>>,
    /// Requests that its calls without a way out asked for.
    pub(super) asked_in_vain: Arc<AtomicU64>,
}

impl std::fmt::Debug for LoadedComponent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedComponent").field("name", &self.name).finish_non_exhaustive()
    }
}

impl LoadedComponent {
    /// The name it was loaded by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it imports, in its own order.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// What it exports, in its own order.
    pub fn exports(&self) -> &[String] {
        &self.exports
    }

    /// The same component, whose calls are counted apart from those of all others.
    #[must_use]
    pub fn counted_apart(&self) -> Self {
        Self { asked_in_vain: Arc::default(), ..self.clone() }
    }

    /// Requests that its calls without a way out asked for, pure ones and those of the
    /// normalizer.
    pub fn asked_in_vain(&self) -> u64 {
        self.asked_in_vain.load(Ordering::Relaxed)
    }
}

/// A component file and what its operator says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentFile {
    /// Where it is.
    pub path: PathBuf,
    /// The only digest it may have.
    pub sha256: Option<[u8; 32]>,
    /// What it may import.
    pub imports: Imports,
}

impl ComponentFile {
    /// A file with the usual imports, whatever is in it.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), sha256: None, imports: Imports::default() }
    }
}

/// Compiled code, and the place for what it says about itself.
type Compiled = (Component, Arc<OnceCell<Arc<Descriptor>>>);

impl Sandbox {
    /// Loads a component from a file.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::load`], or when the file cannot be read.
    pub fn load_file(&self, path: &Path) -> Result<LoadedComponent, SandboxError> {
        self.load_file_as(&ComponentFile::at(path), &Limits::default())
    }

    /// Loads a component from a file that has to be what its operator says.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::load_file`], or when it is larger than the limits allow, or has
    /// another digest.
    pub fn load_file_as(
        &self,
        file: &ComponentFile,
        limits: &Limits,
    ) -> Result<LoadedComponent, SandboxError> {
        let name = file.path.display().to_string();
        let bytes = read(&file.path, limits.component_bytes)
            .map_err(|source| SandboxError::Read { path: file.path.clone(), source })?;
        if bytes.len() as u64 > limits.component_bytes {
            return Err(SandboxError::TooLarge { name, most: limits.component_bytes });
        }
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        match file.sha256 {
            Some(expected) if expected != digest => Err(SandboxError::WrongDigest {
                name,
                expected: HEXLOWER.encode(&expected),
                found: HEXLOWER.encode(&digest),
            }),
            _ => self.load_as(&name, &bytes, file.imports),
        }
    }

    /// Loads a component. Compiles it, which takes a second, unless this sandbox or
    /// its cache has compiled it before: do it once, off the path of requests.
    ///
    /// # Errors
    ///
    /// When the bytes are no component, ask for more than the sandbox gives, or do
    /// not offer the `source` interface.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<LoadedComponent, SandboxError> {
        self.load_as(name, bytes, Imports::default())
    }

    fn load_as(
        &self,
        name: &str,
        bytes: &[u8],
        allowed: Imports,
    ) -> Result<LoadedComponent, SandboxError> {
        let (component, descriptor) = self.compile(name, bytes)?;
        let kind = component.component_type();
        let imports: Vec<String> =
            kind.imports(&self.engine).map(|(name, _)| name.to_owned()).collect();
        let exports: Vec<String> =
            kind.exports(&self.engine).map(|(name, _)| name.to_owned()).collect();
        let forbidden: Vec<String> =
            imports.iter().filter(|import| !allowed.allows(import)).cloned().collect();
        if !forbidden.is_empty() {
            return Err(SandboxError::forbidden_imports(name, forbidden, allowed));
        }
        let wrong_world = |error: wasmtime::Error| SandboxError::WrongWorld {
            name: name.to_owned(),
            problem: first_line(&format!("{error:#}")),
        };
        let linker = match allowed {
            Imports::Wasi => &self.linker,
            Imports::VoidCli => &self.void_cli,
        };
        let linked = linker
            .instantiate_pre(&component)
            .and_then(SignonSourcePre::new)
            .map_err(wrong_world)?;
        Ok(LoadedComponent {
            name: Arc::from(name),
            linked,
            imports: imports.into(),
            exports: exports.into(),
            descriptor,
            asked_in_vain: Arc::default(),
        })
    }

    /// Compiled code for these bytes: at hand, from the cache, or made now; and the place
    /// for what it says about itself.
    fn compile(&self, name: &str, bytes: &[u8]) -> Result<Compiled, SandboxError> {
        // Text would be taken for WAT or yield a puzzling message.
        if !bytes.starts_with(b"\0asm") {
            let problem = "it does not begin with \\0asm".to_owned();
            return Err(SandboxError::NotAComponent { name: name.to_owned(), problem });
        }
        let digest = cache::digest(&self.engine, bytes);
        let slot = {
            let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            compiled.entry(digest).or_default().clone()
        };
        // Held while compiling: a thousand sources with one component compile it once, and
        // those with another do not wait for it.
        let descriptor = slot.descriptor.clone();
        let mut held = slot.component.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(component) = held.as_ref() {
            return Ok((component.clone(), descriptor));
        }
        let kept = self.cache.as_ref().and_then(|cache| cache.read(&self.engine, &digest));
        let component = match kept {
            Some(component) => component,
            None => {
                if let Some(problem) = weight::too_heavy(bytes) {
                    return Err(SandboxError::TooHeavy { name: name.to_owned(), problem });
                }
                let component = Component::from_binary(&self.engine, bytes)
                    .map_err(|error| refusal(name, &format!("{error:#}")))?;
                if let Some(cache) = &self.cache {
                    cache.write(&component, &digest);
                }
                component
            }
        };
        *held = Some(component.clone());
        Ok((component, descriptor))
    }
}

/// Reads a file, but not more than one byte beyond `most`.
fn read(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    files::check_regular(path)?;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the compiler says, as an error of ours. Memories and tables are held against
/// what the process can give while compiling.
fn refusal(name: &str, problem: &str) -> SandboxError {
    let name = name.to_owned();
    let limit = match problem {
        text if !text.contains("pooling allocator") => None,
        text if text.contains("memory") => Some("memory_bytes"),
        text if text.contains("table") => Some("table_elements"),
        _ => None,
    };
    match limit {
        Some(limit) => SandboxError::DeclaresTooMuch { name, limit, problem: first_line(problem) },
        None => SandboxError::NotAComponent { name, problem: first_line(problem) },
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}
