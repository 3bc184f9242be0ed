//! The project's own commands, `cargo xtask ...`. Each makes the machine ready by
//! itself, says on stderr what it does, and ends with the exit status of what it
//! ran; stdout belongs to data.

mod bench;
mod components;
mod crash;

mod lint;
mod load;
mod node;
mod python;
mod repository;
mod rooms;
mod setup;
mod shell;
mod soak;
mod test;

use std::process::ExitCode;

use shell::{Failure, cargo, run};

const HELP: &str = "\
The project's own commands. Each sets up what it needs, and says what it does.

Usage: cargo xtask <COMMAND> [ARGUMENTS]

Commands:
  setup [--with-python] [--with-node]
                                   find (or get) what compiles the components for WebAssembly;
                                   quick when there is nothing to do
  demo [ARGUMENTS]                 build and run `signon demo`; arguments go to it
                                   (cargo xtask demo --help shows them)
  test [--with-python] [--with-node] [--soak N [--busy B]] [ARGUMENTS]
                                   run every test; arguments go to `cargo test`. With --soak N
                                   times beside B busy processes (default: 4), and tell which
                                   tests failed how often; `-- NAME` runs those of that name
  lint                             format, clippy for host and guests, documentation, links
  mapping                          write docs/mapping.md anew from the components' tables
  configuration                    write docs/configuration.md anew from the tables of keys
  components [DIR]                 write the components as files (default: target/components)
  crash [--kills N] [--seed S] [--sinks file|http|all]
                                   kill the command at every commit boundary and at random
                                   moments (default: 300 times), and count what is lost
  bench [--quick] [--json] [ROW...]
                                   how fast it is, beside what it is measured against, all rows
                                   or those with a word in their name (benches/README.md)
  density [N]                      what N sources (default: 10,000) take, idle and all at once
                                   (Linux)

  --with-python  put the official Oracle SDK (PyPI: oci), other clients and wasmtime into
                 target/python, for the tests that hold us against them
  --with-node    put the packages of examples/node into it, for the test that runs it

Environment:
  SIGNON_GUEST_RUSTC   a rustc for the components, looked at before all others
  SIGNON_COMPONENTS    a folder with finished components: none are built
  SIGNON_TEST_PYTHON   a Python with the package `oci`
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    if command.as_deref() == Some(load::ARGUMENT) {
        return load::be_busy();
    }
    let arguments: Vec<String> = arguments.collect();
    let asks_for_help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let result = match command.as_deref() {
        Some("demo") => demo(&arguments),
        Some(
            "setup" | "test" | "lint" | "mapping" | "configuration" | "components" | "bench"
            | "crash" | "density",
        ) if asks_for_help => help(),
        Some("setup") => setup::command(&arguments),
        Some("test") => test::command(&arguments),
        Some("lint") => lint::command(&arguments),
        Some("mapping") => page("mapping", &arguments),
        Some("configuration") => page("configuration", &arguments),
        Some("components") => components::command(&arguments),
        Some("crash") => crash::command(&arguments),
        Some("bench") => bench::command(&arguments),
        Some("density") => bench::density(&arguments),
        Some("help" | "--help" | "-h") => help(),
        None => Err(Failure::usage("which command?")),
        Some(other) => Err(Failure::usage(format!("there is no command {other}"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn help() -> Result<(), Failure> {
    print!("{HELP}");
    Ok(())
}

fn demo(arguments: &[String]) -> Result<(), Failure> {
    setup::guests()?;
    let arguments = arguments.strip_prefix(&["--".to_owned()]).unwrap_or(arguments);
    let mut command = cargo(&["run", "--package", "signon-host", "--bin", "signon", "--", "demo"]);
    run(command.args(arguments))
}

/// A test writes the page, since only the tests see the components' tables and the
/// renderings at once.
fn page(name: &str, arguments: &[String]) -> Result<(), Failure> {
    if !arguments.is_empty() {
        return Err(Failure::usage(format!("{name} does not know {}", arguments.join(" "))));
    }
    setup::guests()?;
    let tests = format!("{name}::");
    let mut test = cargo(&["test", "--package", "signon-host", "--test", "e2e", &tests]);
    run(test.env("SIGNON_REGENERATE_GOLDEN", "1"))
}
