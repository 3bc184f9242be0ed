//! From bytes to a component that may be instantiated: parsed, its imports held
//! against the allow-list, linked, its exports checked.

use std::path::Path;
use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::{Component, Linker, Resource};
use wasmtime_wasi_http::WasiHttpView as _;

use super::Sandbox;
use super::error::SandboxError;
use super::guest::Guest;
use crate::contract::{Descriptor, Shape, SignonSourcePre};

/// The WASI 0.2 interfaces a component may import, without version. They give it
/// requests (through the door), waiting, the time and random bytes; no files, no
/// environment, no sockets.
const ALLOWED_IMPORTS: [&str; 10] = [
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// The interface as the HTTP library names it.
const HTTP_TYPES: &str = "wasi:http/types@0.2.12";

/// A component that was loaded and may be opened any number of times.
#[derive(Clone)]
pub struct LoadedComponent {
    pub(super) name: Arc<str>,
    pub(super) linked: SignonSourcePre<Guest>,
    imports: Arc<[String]>,
    exports: Arc<[String]>,
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
}

impl Sandbox {
    /// Loads a component from a file.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::load`], or when the file cannot be read.
    pub fn load_file(&self, path: &Path) -> Result<LoadedComponent, SandboxError> {
        let bytes = std::fs::read(path)
            .map_err(|source| SandboxError::Read { path: path.to_owned(), source })?;
        self.load(&path.display().to_string(), &bytes)
    }

    /// Loads a component. Compiles it, which takes a second: do it once, off the
    /// path of requests.
    ///
    /// # Errors
    ///
    /// When the bytes are no component, ask for more than the sandbox gives, or do
    /// not offer the `source` interface.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<LoadedComponent, SandboxError> {
        let not_a_component = |problem: String| SandboxError::NotAComponent {
            name: name.to_owned(),
            problem: first_line(&problem),
        };
        // Text would be taken for WAT or yield a puzzling message.
        if !bytes.starts_with(b"\0asm") {
            return Err(not_a_component("it does not begin with \\0asm".to_owned()));
        }
        let component = Component::from_binary(&self.engine, bytes)
            .map_err(|error| refusal(name, &format!("{error:#}")))?;
        let kind = component.component_type();
        let imports: Vec<String> =
            kind.imports(&self.engine).map(|(name, _)| name.to_owned()).collect();
        let exports: Vec<String> =
            kind.exports(&self.engine).map(|(name, _)| name.to_owned()).collect();
        let forbidden: Vec<String> =
            imports.iter().filter(|import| !is_allowed(import)).cloned().collect();
        if !forbidden.is_empty() {
            return Err(SandboxError::ForbiddenImports {
                name: name.to_owned(),
                imports: forbidden,
            });
        }
        let wrong_world = |error: wasmtime::Error| SandboxError::WrongWorld {
            name: name.to_owned(),
            problem: first_line(&format!("{error:#}")),
        };
        let linked = self
            .linker
            .instantiate_pre(&component)
            .and_then(SignonSourcePre::new)
            .map_err(wrong_world)?;
        Ok(LoadedComponent {
            name: Arc::from(name),
            linked,
            imports: imports.into(),
            exports: exports.into(),
        })
    }
}

/// Provides exactly what [`ALLOWED_IMPORTS`] lists.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    use wasmtime_wasi::p2::bindings::random;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    refuse_odd_methods(linker)?;
    wasmtime_wasi::p2::bindings::clocks::wall_clock::add_to_linker::<
        Guest,
        wasmtime_wasi::clocks::WasiClocks,
    >(linker, wasmtime_wasi::clocks::WasiClocksView::clocks)?;
    wasmtime_wasi::p2::bindings::clocks::monotonic_clock::add_to_linker::<
        Guest,
        wasmtime_wasi::clocks::WasiClocks,
    >(linker, wasmtime_wasi::clocks::WasiClocksView::clocks)?;
    random::random::add_to_linker::<Guest, wasmtime_wasi::random::WasiRandom>(linker, |guest| {
        guest.random()
    })?;
    random::insecure::add_to_linker::<Guest, wasmtime_wasi::random::WasiRandom>(linker, |guest| {
        guest.random()
    })?;
    random::insecure_seed::add_to_linker::<Guest, wasmtime_wasi::random::WasiRandom>(
        linker,
        |guest| guest.random(),
    )?;
    wasmtime_wasi_io::add_to_linker_async(linker)
}

/// `set-method` keeps whatever text it is given, in the host's memory, for each of
/// the requests a guest holds. Methods with a name of their own are enough.
fn refuse_odd_methods(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    use wasmtime_wasi_http::p2::bindings::http::types::{HostOutgoingRequest as _, Method};
    use wasmtime_wasi_http::p2::types::HostOutgoingRequest;
    linker.allow_shadowing(true);
    linker.instance(HTTP_TYPES)?.func_wrap(
        "[method]outgoing-request.set-method",
        |mut store: StoreContextMut<'_, Guest>,
         (request, method): (Resource<HostOutgoingRequest>, Method)| {
            if matches!(method, Method::Other(_)) {
                return Ok((Err(()),));
            }
            Ok((store.data_mut().http().set_method(request, method)?,))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

fn is_allowed(import: &str) -> bool {
    let (interface, version) = import.split_once('@').unwrap_or((import, ""));
    ALLOWED_IMPORTS.contains(&interface) && version.starts_with("0.2.")
}

/// Holds a descriptor against the contract.
pub(super) fn check_descriptor(name: &str, descriptor: &Descriptor) -> Result<(), SandboxError> {
    let bad = |problem: String| Err(SandboxError::BadDescriptor { name: name.to_owned(), problem });
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if descriptor.name.is_empty() || !descriptor.name.chars().all(plain) {
        return bad(format!("the name {:?} is not lower case with dashes", descriptor.name));
    }
    if let Err(error) = serde_json::from_str::<serde_json::Value>(&descriptor.config_schema) {
        return bad(format!("the configuration schema is not JSON: {error}"));
    }
    if let Shape::Windowed(windowed) = &descriptor.shape {
        if windowed.granularity_seconds == 0 {
            return bad("a granularity of 0 seconds".to_owned());
        }
        if windowed.longest_range_seconds < windowed.granularity_seconds
            || windowed.longest_range_seconds % windowed.granularity_seconds != 0
        {
            return bad("the longest range is no multiple of the granularity".to_owned());
        }
        if windowed.readings_seconds.is_empty() || !windowed.readings_seconds.is_sorted() {
            return bad("the readings are none, or not rising".to_owned());
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_interfaces_of_wasi_0_2_are_allowed() {
        assert!(is_allowed("wasi:http/types@0.2.12"));
        assert!(!is_allowed("wasi:http/types@0.3.0"));
        assert!(!is_allowed("wasi:http/types"));
        assert!(!is_allowed("wasi:filesystem/types@0.2.0"));
        assert!(!is_allowed("wasi:cli/environment@0.2.0"));
        assert!(!is_allowed("evil:http/types@0.2.0"));
    }
}
