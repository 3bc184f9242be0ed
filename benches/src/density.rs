//! How much a process with thousands of sources takes: first all of them idle, then
//! all of them asking at once.
//!
//! A tenant has ten sources; each is a source of its own to the command, with its own
//! credential, egress and pool of connections. They all ask one simulator on loopback.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::served::{Served, Traffic};

/// The word with which this program is told to measure only this.
pub const WORD: &str = "density";

/// Sources unless said otherwise.
pub const SOURCES: usize = 10_000;

/// Sources of a tenant.
const OF_A_TENANT: usize = 10;

/// A process that computes less than this share of a core is idle.
const IDLE: f64 = 0.05;

/// Beyond this something hangs.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// A few records, so that there is something to read.
const TRAFFIC: Traffic = Traffic { records: 600, sign_ons: 0.05, hours: 24, page: 100, latency: 0 };

/// Tells what so many sources take, idle and all at once.
pub fn tell(signon: &Path, work: &Path, sources: usize) -> Outcome<()> {
    let served = Served::start(work.join("density"), TRAFFIC)?;
    eprintln!("density: {sources} sources of {} tenants", sources / OF_A_TENANT);
    let process = idle(signon, &served, sources)?;
    let started = process.started.elapsed().as_secs_f64();
    eprintln!("density: idle: {} after {started:.0} s", process.figures());
    drop(process);
    busy(signon, &served, sources)
}

/// Resident memory of so many idle sources, KiB each: what a process has more than
/// one with a single tenant.
#[expect(clippy::cast_precision_loss, reason = "some million kibibytes")]
pub fn kibibytes_of_a_source(signon: &Path, work: &Path, sources: usize) -> Outcome<f64> {
    let served = Served::start(work.join("density"), TRAFFIC)?;
    let resident = |sources: usize| {
        let process = idle(signon, &served, sources)?;
        Outcome::Ok(process.status("VmRSS:") as f64)
    };
    let few = resident(OF_A_TENANT)?;
    Ok((resident(sources)? - few) / (sources - OF_A_TENANT) as f64)
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
    fn start(command: &mut Command) -> Outcome<Self> {
        let started = Instant::now();
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = spawned.spawn()?;
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
    fn wait(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) -> Outcome<()> {
        while !holds(self) {
            if self.ended.load(Ordering::Relaxed) > 0 {
                return Err(format!("ended before {what}").into());
            }
            if self.started.elapsed() > PATIENCE {
                return Err(format!("waited in vain: {what}").into());
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
    fn settle(&self) -> Outcome<()> {
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

/// All sources idle: they start with what happens from now on, and look again in an
/// hour.
fn idle(signon: &Path, served: &Served, sources: usize) -> Outcome<Process> {
    let config = configuration(served, "idle", sources, "now")?;
    let process = Process::start(Command::new(signon).args(["run", "--config"]).arg(config))?;
    process.settle()?;
    Ok(process)
}

/// All sources ask at once: each has one range to read.
fn busy(signon: &Path, served: &Served, sources: usize) -> Outcome<()> {
    let config = configuration(served, "busy", sources, "20m ago")?;
    let process = Process::start(Command::new(signon).args(["run", "--config"]).arg(config))?;
    process.wait("the first was served", |process| process.read.load(Ordering::Relaxed) > 0)?;
    let first = process.started.elapsed().as_secs_f64();
    process
        .wait("the last was served", |process| process.read.load(Ordering::Relaxed) >= sources)?;
    let last = process.started.elapsed().as_secs_f64();
    let figures = process.figures();
    eprintln!(
        "density: all at once: first served after {first:.1} s, last after {last:.1} s; {figures}"
    );
    // Connections are kept for 50 seconds, threads for ten.
    std::thread::sleep(Duration::from_secs(60));
    process.settle()?;
    eprintln!("density: idle again: {}", process.figures());
    Ok(())
}

/// A configuration of many sources like the one that the simulator wrote.
fn configuration(served: &Served, name: &str, sources: usize, start: &str) -> Outcome<PathBuf> {
    let text = fs::read_to_string(served.path("signon.toml"))?;
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
    let folder = served.path(name);
    crate::served::empty(&folder)?;
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
    let path = served.path(&format!("{name}.toml"));
    File::create(&path)?.write_all(config.as_bytes())?;
    Ok(path)
}
