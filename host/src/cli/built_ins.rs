//! The bundled components, loaded once each.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Mutex;

use signon_host::runtime::{LoadedComponent, Sandbox, SandboxError};
use signon_host::source::Components;

use super::failure::Failure;

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
    pub fn open(&self, name_or_path: &str) -> Result<LoadedComponent, Failure> {
        let loaded = self
            .built_in(name_or_path)
            .unwrap_or_else(|| self.sandbox.load_file(Path::new(name_or_path)));
        loaded.map_err(|error| match &error {
            SandboxError::Read { source, .. } if source.kind() == ErrorKind::NotFound => {
                let known = signon_bundle::BUILT_INS.map(|built_in| built_in.name).join(", ");
                Failure::failed(format!("{error}; components built in are {known}"))
            }
            _ => Failure::failed(error),
        })
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
