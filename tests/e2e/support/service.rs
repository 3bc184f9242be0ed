//! A simulated service with a folder of its own, and the usual things done with it.
//!
//! Invariant: nothing is in flight unless a test asks for it. Every record was
//! processed two minutes ago or earlier, so that one run can read them all.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use signon_simulator::{Faults, Options, Service as Simulated, Simulator};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{ConfigFile, Finished, Output, signon};

/// An hour.
pub const HOUR: Duration = Duration::from_secs(3600);

/// 600 records, a tenth of them sign-ons, over six hours, in pages of 50: a few
/// pages an hour, so that tokens, seams and last pages all take part.
pub fn options() -> Options {
    Options {
        events: 600,
        sign_on_share: 0.1,
        span: 6 * HOUR,
        quiet: Duration::from_secs(120),
        page_size: 50,
        ..Options::default()
    }
}

/// The same times and pages with the services named. What they have in common is
/// generated from the sign-ons of OCI Audit, served or not.
pub fn options_of(services: &[Simulated]) -> Options {
    Options { services: services.to_vec(), ..options() }
}

/// A running simulator and the folder with its files.
pub struct Service {
    /// The simulator itself.
    pub simulator: Simulator,
    /// Ours as long as the service lives, so that its port is nobody else's while one
    /// simulator takes another's place.
    listener: TcpListener,
    folder: TempDir,
    runtime: Runtime,
}

impl Service {
    /// Starts one and lets it write its configuration.
    pub fn start(options: Options) -> Self {
        let listener = TcpListener::bind(options.listen).unwrap();
        Self::start_in(tempfile::tempdir().unwrap(), listener, options)
    }

    /// One in which these things go wrong.
    pub fn with_faults(options: Options, faults: &[&str]) -> Self {
        let faults = Faults::parse_all(faults).unwrap();
        Self::start(Options { faults, ..options })
    }

    fn start_in(folder: TempDir, listener: TcpListener, options: Options) -> Self {
        let runtime = Runtime::new().unwrap();
        let taken = listener.try_clone().unwrap();
        let simulator = runtime.block_on(Simulator::start_on(taken, options)).unwrap();
        simulator.write_config(folder.path()).unwrap();
        Self { simulator, listener, folder, runtime }
    }

    /// The same folder and port, served by another simulator from now on.
    pub fn restart(self, options: Options) -> Self {
        let Self { simulator, listener, folder, runtime } = self;
        runtime.block_on(simulator.shutdown());
        Self::start_in(folder, listener, options)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The configuration the simulator wrote.
    pub fn config(&self) -> ConfigFile {
        ConfigFile::read(self.folder())
    }

    /// What a run with that configuration writes.
    pub fn events(&self) -> PathBuf {
        self.path("events.ndjson")
    }

    /// `signon run --once` with a configuration.
    pub fn once(&self, config: &Path) -> Finished {
        Finished::of(&mut run(config, true))
    }

    /// `signon run --once` with the configuration the simulator wrote, to a good
    /// end.
    pub fn collect(&self) -> Finished {
        self.once(&self.path("signon.toml")).success()
    }

    /// `signon coverage` with a configuration.
    pub fn coverage(&self, config: &Path, arguments: &[&str]) -> Finished {
        let mut command = signon(["coverage", "--config"]);
        command.arg(config).args(arguments);
        Finished::of(&mut command)
    }

    /// The ids of everything that these services have to deliver.
    pub fn truth_of(&self, services: &[Simulated]) -> BTreeSet<String> {
        let truth = services.iter().flat_map(|service| self.simulator.truth_of(*service));
        let truth: BTreeSet<String> = truth.collect();
        assert!(!truth.is_empty(), "a test without events proves nothing");
        truth
    }

    /// Fails the test unless the output holds every event of these services exactly
    /// once.
    pub fn assert_holds(&self, services: &[Simulated]) {
        Output::read(&self.events()).assert_holds(&self.truth_of(services));
    }

    /// Fails the test unless the output holds every sign-on exactly once.
    pub fn assert_complete(&self) {
        let truth = self.simulator.truth();
        assert!(!truth.is_empty(), "a test without sign-ons proves nothing");
        Output::read(&self.events()).assert_holds(&truth);
    }
}

/// `signon run` with a configuration.
pub fn run(config: &Path, once: bool) -> Command {
    let mut command = signon(["run", "--config"]);
    command.arg(config);
    if once {
        command.arg("--once");
    }
    command
}
