//! How much a process with thousands of sources takes: first all of them idle, then
//! all of them asking at once.
//!
//! A tenant has ten sources; each is a source of its own to the command, with its own
//! credential, egress and pool of connections. They all ask one simulator on loopback.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
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

/// For how long an idle process is watched: a hundredth of a second is the least that is
/// told.
const IDLE_SPAN: Duration = Duration::from_secs(20);

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
    let busy = all_at_once(signon, &served, sources)?;
    eprintln!(
        "density: all at once: first served after {:.1} s, last after {:.1} s; {}",
        busy.first,
        busy.last,
        busy.process.figures()
    );
    busy.process.a_minute_later()?;
    eprintln!("density: idle again: {}", busy.process.figures());
    Ok(())
}

/// When the first and the last of so many sources was served that are all due at the
/// start, in seconds.
pub fn served_at_once(signon: &Path, work: &Path, sources: usize) -> Outcome<(f64, f64)> {
    let served = Served::start(work.join("density"), TRAFFIC)?;
    let busy = all_at_once(signon, &served, sources)?;
    Ok((busy.first, busy.last))
}

/// Resident memory of so many sources, MiB: idle, and a minute after all of them have read.
pub fn before_and_after(signon: &Path, work: &Path, sources: usize) -> Outcome<(u64, u64)> {
    let served = Served::start(work.join("density"), TRAFFIC)?;
    let before = idle(signon, &served, sources)?.status("VmRSS:") >> 10;
    let process = all_at_once(signon, &served, sources)?.process;
    process.a_minute_later()?;
    Ok((before, process.status("VmRSS:") >> 10))
}

/// How long so many tenants with a source and a file sink each take to start, seconds.
pub fn started_with_sinks(signon: &Path, work: &Path, tenants: usize) -> Outcome<f64> {
    let served = Served::start(work.join("density"), TRAFFIC)?;
    let config = with_sinks(&served, tenants)?;
    let process = Process::start(Command::new(signon).args(["run", "--config"]).arg(config))?;
    process.wait("all had started", |process| process.sources_up() >= tenants)?;
    Ok(process.started.elapsed().as_secs_f64())
}

/// What a process with so many idle sources computes, in hundredths of a core.
pub fn computing_when_idle(signon: &Path, work: &Path, sources: usize) -> Outcome<f64> {
    let served = Served::start(work.join("density"), TRAFFIC)?;
    let process = idle(signon, &served, sources)?;
    let (began, before) = (Instant::now(), process.computed());
    std::thread::sleep(IDLE_SPAN);
    Ok(100.0 * (process.computed() - before) / began.elapsed().as_secs_f64())
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
    /// Where it serves its metrics, by its log.
    address: Arc<OnceLock<String>>,
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
        let address = Arc::new(OnceLock::new());
        if let Some(stderr) = child.stderr.take() {
            let (read, ended, address) = (read.clone(), ended.clone(), address.clone());
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if line.contains("Range read.") {
                        read.fetch_add(1, Ordering::Relaxed);
                    } else if let Some((_, served)) = line.split_once("are served. address=") {
                        // Said once.
                        let _ = address.set(served.trim().to_owned());
                    } else if line.contains("WARN") || line.contains("ERROR") {
                        eprintln!("{line}");
                    }
                }
                ended.store(1, Ordering::Relaxed);
            });
        }
        Ok(Self { child, started, read, address, ended })
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

    /// Sources that have started, by its metrics.
    fn sources_up(&self) -> usize {
        let ask = || -> std::io::Result<String> {
            let Some(address) = self.address.get() else { return Ok(String::new()) };
            let mut stream = TcpStream::connect(address)?;
            stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
            let mut text = String::new();
            stream.read_to_string(&mut text)?;
            Ok(text)
        };
        let text = ask().unwrap_or_default();
        text.lines().filter(|line| line.starts_with("signon_source_up{")).count()
    }

    /// Lets a minute pass: connections are kept for 50 seconds, threads for ten.
    fn a_minute_later(&self) -> Outcome<()> {
        std::thread::sleep(Duration::from_secs(60));
        self.settle()
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

/// Sources that all asked at once, and when the first and the last was served.
struct AllAtOnce {
    process: Process,
    first: f64,
    last: f64,
}

/// All sources ask at once: each has one range to read.
fn all_at_once(signon: &Path, served: &Served, sources: usize) -> Outcome<AllAtOnce> {
    let config = configuration(served, "busy", sources, "20m ago")?;
    let process = Process::start(Command::new(signon).args(["run", "--config"]).arg(config))?;
    process.wait("the first was served", |process| process.read.load(Ordering::Relaxed) > 0)?;
    let first = process.started.elapsed().as_secs_f64();
    process
        .wait("the last was served", |process| process.read.load(Ordering::Relaxed) >= sources)?;
    let last = process.started.elapsed().as_secs_f64();
    Ok(AllAtOnce { process, first, last })
}

/// Tenants with a source and a file of their own, and nothing to read.
fn with_sinks(served: &Served, tenants: usize) -> Outcome<PathBuf> {
    let path = configuration(served, "sinks", tenants * OF_A_TENANT, "now")?;
    let text = fs::read_to_string(&path)?;
    let is_kept = |table: &&str| table.starts_with("sources.t") && table.contains("_0]");
    let data_dir = text.lines().next().unwrap_or_default();
    let mut config = format!("{data_dir}\nmetrics_listen = \"127.0.0.1:0\"\n");
    for (tenant, table) in text.split("\n[").filter(is_kept).enumerate() {
        let file = served.path("sinks").join(format!("{tenant}.ndjson"));
        config.push_str(&format!(
            "\n[{table}\n[sinks.t{tenant}]\ntype = \"file\"\ninputs = [\"t{tenant}_*\"]\npath = {file:?}\n"
        ));
    }
    fs::write(&path, config)?;
    Ok(path)
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
