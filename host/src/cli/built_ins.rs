//! The bundled components, loaded once each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use signon_host::runtime::{LoadedComponent, Sandbox, SandboxError};
use signon_host::source::Components;

/// Loads bundled components when they are first asked for.
pub struct BuiltIns {
    sandbox: Sandbox,
    loaded: Mutex<BTreeMap<&'static str, LoadedComponent>>,
}

impl BuiltIns {
    /// Nothing loaded yet.
    pub fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, loaded: Mutex::new(BTreeMap::new()) }
    }

    /// A built-in by name, or else a component file.
    pub fn open(&self, name_or_path: &str) -> Result<LoadedComponent, SandboxError> {
        match self.built_in(name_or_path) {
            Some(loaded) => loaded,
            None => self.sandbox.load_file(Path::new(name_or_path)),
        }
    }
}

impl Components for BuiltIns {
    fn built_in(&self, name: &str) -> Option<Result<LoadedComponent, SandboxError>> {
        let built_in = signon_bundle::find(name)?;
        // Held while compiling: two sources of one kind compile it once.
        let mut loaded = match self.loaded.lock() {
            Ok(loaded) => loaded,
            Err(poisoned) => poisoned.into_inner(),
        };
        if let Some(component) = loaded.get(built_in.name) {
            return Some(Ok(component.clone()));
        }
        let component = self.sandbox.load(built_in.name, built_in.bytes);
        if let Ok(component) = &component {
            loaded.insert(built_in.name, component.clone());
        }
        Some(component)
    }
}
