//! The command line: what can be asked for, and what comes of it.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod backfill;
mod built_ins;
mod callers;
mod check;
mod conform;
mod coverage;
mod deadletter;
mod demo;
mod exit;
mod failure;
mod gzip;
mod hardening;
mod inspect;
mod log;
mod metrics;
mod normalize;
mod progress;
mod report;
mod run;
mod sandbox;
mod schema;
mod signals;
mod simulate;
mod timeline;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// Collects Oracle sign-on audit events through sandboxed WASM components, and
/// delivers them to any log pipeline with nothing lost.
#[derive(Debug, Parser)]
#[command(name = "signon", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything against a simulated Oracle, and check that nothing is lost.
    ///
    /// Starts the simulator, collects from it through the sandbox, prints the
    /// events to stdout and a summary to stderr. Exits with 1 unless every sign-on
    /// event of the simulator is in the output exactly once.
    Demo(demo::Arguments),
    /// Collect, for ever or what is due now.
    ///
    /// SIGTERM or Ctrl-C finishes the batch in hand, commits and ends, within twenty
    /// seconds. SIGHUP reads the configuration anew: sources come, go and change, the
    /// others go on. SIGUSR1 writes a copy of the state to state.backup.redb.
    Run(run::Arguments),
    /// Read the past of a source, in parallel, then end.
    ///
    /// Reads what no reading has covered yet, the oldest first, into the same sinks and
    /// the same ledger. Stopped and started again, it goes on where it was.
    Backfill(backfill::Arguments),
    /// Show which times are complete, open, a gap or unproven, and prove it.
    Coverage(coverage::Arguments),
    /// Turn a raw payload into events, offline, through the sandbox.
    ///
    /// Reads what an API, a stream or an archive delivered, plain or gzip: a JSON array,
    /// records one after another (NDJSON), an answer as it was saved. For OCI Audit also
    /// the output of `oci audit event list` and of the Python SDK, answers of Logging
    /// Search, messages of a stream as GetMessages gives them, what the Console exports,
    /// and what a function is handed. UTF-8 only.
    ///
    /// Writes NDJSON, and at the end on stderr how many records there were and what became
    /// of them: events, passed over (by type), unreadable. A record that could not be read
    /// is named by its number, from 0, and its line, from 1; the exit status is then 1.
    Normalize(normalize::Arguments),
    /// Show what a component imports, exports and says about itself.
    Inspect(inspect::Arguments),
    /// Hold a component against the contract, law by law.
    ///
    /// For whoever writes one. Exits with 1 if a law is broken; what is not tried says
    /// what it lacks.
    Conform(conform::Arguments),
    /// Show what may be written into a configuration, as JSON Schema.
    ///
    /// For editors, which then complete keys, show what they mean and mark mistakes:
    /// `signon schema > signon.schema.json`.
    Schema(schema::Arguments),
    /// Try a configuration: what is wrong, and what to do about it.
    Check(check::Arguments),
    /// Events that a sink's receiver refused while it took others.
    Deadletter(deadletter::Arguments),
    /// Answer from delivered lines: who signed on, from where, how often that failed.
    ///
    /// Reads files that sinks wrote, in whatever format, plain or gzip, once. Without
    /// --report and --search all reports but `export`; with `--output csv` or `columns`
    /// the export alone. Reports: users, applications, addresses, factors, domains,
    /// passwords, access, support, new-addresses, guessing, export.
    ///
    /// A line that is no event is passed over and counted; the exit status is 1 if a file
    /// could not be read to its end.
    Report(report::Arguments),
    /// Run the simulator alone, for any client.
    ///
    /// It verifies what Oracle verifies: signatures, clock, headers, parameters.
    Simulate(Box<simulate::Arguments>),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    exit::take_panics();
    let cli = Cli::parse();
    log::start(matches!(cli.command, Command::Run(_) | Command::Backfill(_)));
    hardening::give_up_core_files();
    hardening::take_descriptors();
    let runtime = match signon_host::limits::runtime() {
        Ok(runtime) => runtime,
        Err(error) => return exit::fail(Failure::failed(format!("cannot start: {error}"))),
    };
    let result = runtime.block_on(async {
        hardening::outlive_file_size_limit();
        match cli.command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Run(arguments) => run::run(arguments).await,
            Command::Backfill(arguments) => backfill::run(arguments).await,
            Command::Coverage(arguments) => coverage::run(arguments).await,
            Command::Normalize(arguments) => normalize::run(arguments).await,
            Command::Inspect(arguments) => inspect::run(arguments).await,
            Command::Conform(arguments) => conform::run(arguments).await,
            Command::Schema(arguments) => schema::run(arguments).await,
            Command::Check(arguments) => check::run(arguments).await,
            Command::Deadletter(arguments) => deadletter::run(arguments).await,
            Command::Report(arguments) => report::run(arguments).await,
            Command::Simulate(arguments) => simulate::run(*arguments).await,
        }
    });
    // A blocking read of stdin must not hold the end up.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => exit::fail(failure),
    }
}
