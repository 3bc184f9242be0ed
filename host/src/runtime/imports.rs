//! What a component may import, and what stands behind it.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::WasiHttpView as _;

use super::guest::Guest;

/// The WASI 0.2 interfaces a component may import, without version. They give it
/// requests (through the egress), waiting, the time and random bytes; no files, no
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

/// What other tool chains import whether a component needs it or not. Nothing is
/// behind it: no variable, no argument, no file, no terminal; what is written to
/// stdout and stderr goes to the log.
const VOID_CLI_IMPORTS: [&str; 12] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
];

/// The interface as the HTTP library names it.
const HTTP_TYPES: &str = "wasi:http/types@0.2.12";

/// What a component may import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Imports {
    /// `wasi:http`, `wasi:io`, `wasi:clocks`, `wasi:random`.
    #[default]
    Wasi,
    /// Also `wasi:cli` and `wasi:filesystem` with nothing in them, for components of
    /// other tool chains.
    VoidCli,
}

impl Imports {
    /// Whether an interface, with its version, may be imported.
    pub fn allows(self, import: &str) -> bool {
        let (interface, version) = import.split_once('@').unwrap_or((import, ""));
        let listed = ALLOWED_IMPORTS.contains(&interface)
            || (self == Self::VoidCli && VOID_CLI_IMPORTS.contains(&interface));
        listed && version.starts_with("0.2.")
    }
}

/// Provides exactly what [`ALLOWED_IMPORTS`] lists.
pub fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
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

/// Provides what [`VOID_CLI_IMPORTS`] lists, too.
pub fn link_void_cli(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    use wasmtime_wasi::cli::{WasiCli, WasiCliView};
    use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
    use wasmtime_wasi::p2::bindings::{cli, filesystem};
    link(linker)?;
    cli::environment::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    cli::exit::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    cli::stdin::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    cli::stdout::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    cli::stderr::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    cli::terminal_input::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    cli::terminal_output::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    cli::terminal_stdin::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    cli::terminal_stdout::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    cli::terminal_stderr::add_to_linker::<Guest, WasiCli>(linker, WasiCliView::cli)?;
    filesystem::types::add_to_linker::<Guest, WasiFilesystem>(
        linker,
        WasiFilesystemView::filesystem,
    )?;
    filesystem::preopens::add_to_linker::<Guest, WasiFilesystem>(
        linker,
        WasiFilesystemView::filesystem,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_interfaces_of_wasi_0_2_are_allowed() {
        let allows = |import| Imports::Wasi.allows(import);
        assert!(allows("wasi:http/types@0.2.12"));
        assert!(!allows("wasi:http/types@0.3.0"));
        assert!(!allows("wasi:http/types"));
        assert!(!allows("wasi:filesystem/types@0.2.0"));
        assert!(!allows("wasi:cli/environment@0.2.0"));
        assert!(!allows("evil:http/types@0.2.0"));
    }

    #[test]
    fn a_void_command_line_is_no_network() {
        let allows = |import| Imports::VoidCli.allows(import);
        assert!(allows("wasi:cli/environment@0.2.0") && allows("wasi:filesystem/types@0.2.3"));
        assert!(!allows("wasi:sockets/tcp@0.2.0"));
        assert!(!allows("wasi:cli/run@0.2.0"));
    }
}
