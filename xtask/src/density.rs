//! How much a process with thousands of sources takes: first all of them idle, then
//! all of them asking at once.
//!
//! A tenant has ten sources; each is a source of its own to the command, with its own
//! credential, door and pool of connections. They all ask one simulator on loopback.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::setup;
use crate::shell::{Failure, cannot_run, cargo, run, say, target};

/// Sources of a tenant.
const OF_A_TENANT: usize = 10;

/// A process that computes less than this share of a core is idle.
const IDLE: f64 = 0.05;

/// Beyond this something hangs.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// `cargo xtask density`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    let (mut sources, mut profile) = (10_000, "release".to_owned());
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let value = arguments.next();
        let value = value.ok_or_else(|| Failure::usage(format!("{argument} needs a value")))?;
        match argument.as_str() {
            "--sources" => {
                sources = value.parse().map_err(|_| Failure::usage("--sources needs a number"))?;
            }
            "--profile" => profile.clone_from(value),
            other => return Err(Failure::usage(format!("density does not know {other}"))),
        }
    }
    setup::guests()?;
    let build = ["build", "--package", "signon-host", "--bin", "signon", "--profile"];
    run(cargo(&build).arg(&profile))?;
    let folder = if profile == "dev" { "debug" } else { &profile };
    let signon = target().join(folder).join(format!("signon{}", std::env::consts::EXE_SUFFIX));
    let work = target().join("density");
    if work.exists() {
        fs::remove_dir_all(&work).map_err(at(&work))?;
    }
    fs::create_dir_all(&work).map_err(at(&work))?;
    let _simulator = simulate(&signon, &work)?;
    say(format!("density: {sources} sources of {} tenants", sources / OF_A_TENANT));
    idle(&signon, &work, sources)?;
    busy(&signon, &work, sources)
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> Failure + use<> {
    let path = path.display().to_string();
    move |error| Failure::new(format!("{path}: {error}"))
}

/// A process that ends with its value.
struct Process {
    child: Child,
    started: Instant,
    /// Ranges read so far, by its log.
    read: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(command: &mut Command) -> Result<Self, Failure> {
        let started = Instant::now();
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let spawned = spawned.spawn();
        let mut child = spawned.map_err(|error| cannot_run(command, &error))?;
        let (read, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        if let Some(stderr) = child.stderr.take() {
            let (read, ended) = (read.clone(), ended.clone());
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if line.contains("Range read.") {
                        read.fetch_add(1, Ordering::Relaxed);
                    } else if line.contains("WARN") || line.contains("ERROR") {
                        eprintln!("{line}");
                    }
                }
                ended.store(1, Ordering::Relaxed);
            });
        }
        Ok(Self { child, started, read, ended })
    }

    /// Waits until something holds, and fails if it never does.
    fn wait(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) -> Result<(), Failure> {
        while !holds(self) {
            if self.ended.load(Ordering::Relaxed) > 0 {
                return Err(Failure::new(format!("ended before {what}")));
            }
            if self.started.elapsed() > PATIENCE {
                return Err(Failure::new(format!("waited in vain: {what}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// A number of `/proc/<pid>/status`.
    fn status(&self, key: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// Seconds of computing so far.
    fn computed(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let text = text.unwrap_or_default();
        let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
        // User and system time, in hundredths of a second on every Linux there is.
        fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
    }

    fn figures(&self) -> String {
        let files = fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        format!(
            "{} MiB resident ({} at most), {} threads, {} files, {:.1} s computed",
            self.status("VmRSS:") >> 10,
            self.status("VmHWM:") >> 10,
            self.status("Threads:"),
            files.map_or(0, Iterator::count),
            self.computed(),
        )
    }

    /// Waits until it computes next to nothing.
    fn settle(&self) -> Result<(), Failure> {
        let span = Duration::from_secs(2);
        let mut before = -1.0;
        self.wait("it was idle", |process| {
            let now = process.computed();
            let idle = before >= 0.0 && now - before < IDLE * span.as_secs_f64();
            before = now;
            std::thread::sleep(span);
            idle
        })
    }
}

fn simulate(signon: &Path, work: &Path) -> Result<Process, Failure> {
    let mut command = Command::new(signon);
    command.args(["simulate", "--events", "600", "--write-config"]).arg(work);
    let process = Process::start(&mut command)?;
    process.wait("the simulator was there", |_| work.join("signon.toml").exists())?;
    Ok(process)
}

/// All sources idle: they start with what happens from now on, and look again in an
/// hour.
fn idle(signon: &Path, work: &Path, sources: usize) -> Result<(), Failure> {
    let config = configuration(work, "idle", sources, "now")?;
    let process = Process::start(Command::new(signon).args(["run", "--config"]).arg(config))?;
    process.settle()?;
    let started = process.started.elapsed().as_secs_f64();
    say(format!("density: idle: {} after {started:.0} s", process.figures()));
    Ok(())
}

/// All sources ask at once: each has one range to read.
fn busy(signon: &Path, work: &Path, sources: usize) -> Result<(), Failure> {
    let config = configuration(work, "busy", sources, "20m ago")?;
    let process = Process::start(Command::new(signon).args(["run", "--config"]).arg(config))?;
    process.wait("the first was served", |process| process.read.load(Ordering::Relaxed) > 0)?;
    let first = process.started.elapsed().as_secs_f64();
    process
        .wait("the last was served", |process| process.read.load(Ordering::Relaxed) >= sources)?;
    let last = process.started.elapsed().as_secs_f64();
    let figures = process.figures();
    say(format!(
        "density: all at once: first served after {first:.1} s, last after {last:.1} s; {figures}"
    ));
    // Connections are kept for 50 seconds, threads for ten.
    std::thread::sleep(Duration::from_secs(60));
    process.settle()?;
    say(format!("density: idle again: {}", process.figures()));
    Ok(())
}

/// A configuration of many sources like the one that the simulator wrote.
fn configuration(work: &Path, name: &str, sources: usize, start: &str) -> Result<PathBuf, Failure> {
    let written = work.join("signon.toml");
    let text = fs::read_to_string(&written).map_err(at(&written))?;
    let kept =
        ["type", "regions", "compartments", "endpoint", "allow_private_addresses", "credentials"];
    let like: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("[sources."))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| kept.iter().any(|key| line.starts_with(&format!("{key} = "))))
        .collect();
    let like = like.join("\n");
    let folder = work.join(name);
    let mut config = format!(
        "data_dir = {:?}\n\n[sinks.file]\ntype = \"file\"\ninputs = [\"*\"]\npath = {:?}\n",
        folder.join("state"),
        folder.join("events.ndjson"),
    );
    for number in 0..sources {
        let (tenant, source) = (number / OF_A_TENANT, number % OF_A_TENANT);
        config.push_str(&format!(
            "\n[sources.t{tenant}_{source}]\ntenant = \"t{tenant}\"\nstart = \"{start}\"\n\
             readings = [\"0s\"]\npoll_interval = \"1h\"\n{like}\n"
        ));
    }
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let path = work.join(format!("{name}.toml"));
    let mut file = File::create(&path).map_err(at(&path))?;
    std::io::Write::write_all(&mut file, config.as_bytes()).map_err(at(&path))?;
    Ok(path)
}
