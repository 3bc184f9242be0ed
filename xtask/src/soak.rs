//! `cargo xtask test --soak N`: the tests again and again beside busy processes, to
//! find those whose verdict hangs on how fast the machine is.
//!
//! Invariant: what is run, and how, is what a single `cargo xtask test` runs; only
//! its output goes to a file for each round, for what is worth reading is what fails.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::load::Load;
use crate::shell::{Failure, cannot_run, run, say, target};

/// Busy processes where none are asked for: twice the cores of the smallest machine
/// that builds the project in bearable time.
const BUSY: usize = 4;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Soak {
    rounds: usize,
    busy: usize,
}

impl Soak {
    /// Takes `--soak N` and `--busy B` out of the arguments before `--`, which are
    /// the tests' own.
    pub fn take_from(arguments: &mut Vec<String>) -> Result<Option<Self>, Failure> {
        let rounds = take_number(arguments, "--soak")?;
        let busy = take_number(arguments, "--busy")?;
        match (rounds, busy) {
            (Some(0), _) => Err(Failure::usage("--soak needs a round at least")),
            (Some(rounds), busy) => Ok(Some(Self { rounds, busy: busy.unwrap_or(BUSY) })),
            (None, Some(_)) => Err(Failure::usage("--busy goes with --soak")),
            (None, None) => Ok(None),
        }
    }

    /// Runs the tests that `tests` makes a command for, round by round. Builds them
    /// first, while the machine has nothing else to do.
    pub fn run(&self, tests: &dyn Fn(&[&str]) -> Command) -> Result<(), Failure> {
        run(&mut tests(&["--no-run"]))?;
        let folder = target().join("soak");
        fs::create_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
        say(format!(
            "{} rounds beside {} busy processes; what the tests say goes to {}",
            self.rounds,
            self.busy,
            folder.display()
        ));
        let load = Load::start(self.busy)?;
        let started = Instant::now();
        let mut tally = Tally::default();
        for number in 1..=self.rounds {
            let log = folder.join(format!("round-{number}.log"));
            let round = Round::run(&mut tests(&["--no-fail-fast"]), &log)?;
            say(format!("round {number} of {}: {round}", self.rounds));
            tally.add(&round, &log);
        }
        drop(load);
        say(format!("soak: {} s in all", started.elapsed().as_secs()));
        tally.verdict()
    }
}

/// Takes `name N` or `name=N` out of the arguments before `--`.
fn take_number(arguments: &mut Vec<String>, name: &str) -> Result<Option<usize>, Failure> {
    let ours = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let with_value = format!("{name}=");
    let is_it = |argument: &String| argument == name || argument.starts_with(&with_value);
    let Some(place) = arguments[..ours].iter().position(is_it) else { return Ok(None) };
    let argument = arguments.remove(place);
    let value = match argument.strip_prefix(&with_value) {
        Some(value) => Some(value.to_owned()),
        None if place < ours - 1 => Some(arguments.remove(place)),
        None => None,
    };
    let number = value.and_then(|value| value.parse().ok());
    number.map(Some).ok_or_else(|| Failure::usage(format!("{name} needs a number")))
}

/// What became of the tests of a round.
#[derive(Debug, Default)]
struct Round {
    time: Duration,
    passed: u64,
    failed: Vec<String>,
}

impl Round {
    fn run(command: &mut Command, log: &Path) -> Result<Self, Failure> {
        let mut file = File::create(log).map_err(|error| cannot_write(log, &error))?;
        // One pipe for both streams: cargo names the binary on one of them, the binary
        // its tests on the other.
        let (read, write) = std::io::pipe().map_err(Failure::new)?;
        let other = write.try_clone().map_err(Failure::new)?;
        let started = Instant::now();
        let mut child =
            command.stdout(write).stderr(other).spawn().map_err(|e| cannot_run(command, &e))?;
        // Our copies of the pipe's other end are gone with these.
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut reading = Reading::default();
        for line in BufReader::new(read).split(b'\n') {
            let line = line.map_err(Failure::new)?;
            file.write_all(&line)
                .and_then(|()| file.write_all(b"\n"))
                .map_err(|error| cannot_write(log, &error))?;
            reading.line(&String::from_utf8_lossy(&line));
        }
        let status = child.wait().map_err(Failure::new)?;
        let mut round = reading.round;
        round.time = started.elapsed();
        if !status.success() && round.failed.is_empty() {
            round.failed.push(format!("{} (it names no test)", reading.binary));
        }
        Ok(round)
    }
}

impl std::fmt::Display for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} s, {} passed", self.time.as_secs_f64(), self.passed)?;
        match self.failed.as_slice() {
            [] => Ok(()),
            failed => write!(f, ", FAILED: {}", failed.join(", ")),
        }
    }
}

/// The output of `cargo test`, line by line.
#[derive(Debug, Default)]
struct Reading {
    /// The one whose tests are running.
    binary: String,
    round: Round,
}

impl Reading {
    fn line(&mut self, line: &str) {
        let line = line.trim();
        if let Some(binary) = binary_of(line) {
            self.binary = binary;
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED"))
        {
            self.round.failed.push(format!("{}: {name}", self.binary));
        } else if let Some(result) = line.strip_prefix("test result: ") {
            let passed = result.split("; ").find_map(|part| part.strip_suffix(" passed"));
            let passed = passed.and_then(|part| part.rsplit(' ').next()?.parse::<u64>().ok());
            self.round.passed += passed.unwrap_or(0);
        }
    }
}

/// `e2e` of `Running tests/e2e/main.rs (target/debug/deps/e2e-0123456789abcdef)`.
fn binary_of(line: &str) -> Option<String> {
    if let Some(package) = line.strip_prefix("Doc-tests ") {
        return Some(format!("documentation of {package}"));
    }
    let (_, path) = line.strip_prefix("Running ")?.split_once(" (")?;
    let name = Path::new(path.strip_suffix(')')?).file_name()?.to_str()?;
    Some(name.rsplit_once('-').map_or(name, |(name, _)| name).to_owned())
}

/// All rounds.
#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    /// Of each test that failed, where it is told why.
    failed: BTreeMap<String, Vec<PathBuf>>,
}

impl Tally {
    fn add(&mut self, round: &Round, log: &Path) {
        self.passed += round.passed;
        for name in &round.failed {
            self.failed.entry(name.clone()).or_default().push(log.to_owned());
        }
    }

    fn verdict(self) -> Result<(), Failure> {
        for (name, logs) in &self.failed {
            let logs: Vec<String> = logs.iter().map(|log| log.display().to_string()).collect();
            say(format!("failed {} times: {name}: {}", logs.len(), logs.join(", ")));
        }
        match (self.failed.len(), self.passed) {
            (0, 0) => Err(Failure::new("no test was run: is the filter right?")),
            (0, _) => Ok(()),
            (failed, _) => Err(Failure::new(format!("{failed} tests failed in some round"))),
        }
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_behind_the_dashes_belongs_to_the_tests() {
        let mut arguments = words("--soak 10 -p signon-host --busy=2 -- --soak 3 running_process");
        let soak = Soak::take_from(&mut arguments).unwrap();
        assert_eq!(soak, Some(Soak { rounds: 10, busy: 2 }));
        assert_eq!(arguments, words("-p signon-host -- --soak 3 running_process"));
        assert_eq!(Soak::take_from(&mut words("-- --soak 3")).unwrap(), None);
        let default = Soak::take_from(&mut words("--soak 1")).unwrap();
        assert_eq!(default, Some(Soak { rounds: 1, busy: BUSY }));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in ["--soak", "--soak x", "--soak 0", "--busy 3", "--soak 3 --busy", "--soak -- 3"]
        {
            assert!(Soak::take_from(&mut words(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_test_that_failed_is_told_with_its_binary() {
        let text = "   Compiling x\n     Running tests/e2e/main.rs (target/debug/deps/e2e-0a1b2c)\n\
                    running 2 tests\ntest run::one ... ok\ntest run::two ... FAILED\n\
                    test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured\n   \
                    Doc-tests signon_kit\ntest src/lib.rs - door (line 3) ... FAILED\n\
                    test result: FAILED. 12 passed; 1 failed; 0 ignored\n";
        let mut reading = Reading::default();
        text.lines().for_each(|line| reading.line(line));
        assert_eq!(reading.round.passed, 13);
        assert_eq!(
            reading.round.failed,
            ["e2e: run::two", "documentation of signon_kit: src/lib.rs - door (line 3)"]
        );
    }

    #[test]
    fn no_test_at_all_is_no_good_end() {
        assert!(Tally::default().verdict().is_err());
        let mut tally = Tally::default();
        tally.add(&Round { passed: 1, ..Round::default() }, Path::new("a"));
        assert!(tally.verdict().is_ok());
        let mut tally = Tally::default();
        let failed = Round { passed: 1, failed: vec!["e2e: x".to_owned()], ..Round::default() };
        tally.add(&failed, Path::new("a"));
        assert!(tally.verdict().is_err());
    }
}
