//! The simulator in a process of its own, so that serving takes no time from what is
//! measured beyond what a service on the same machine takes.
//!
//! Invariant: it ends with whoever started it, however that ends: it serves until its
//! standard input does.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use signon_simulator::{Faults, Options, Service, Simulator};

use crate::Outcome;

/// Every record is this old at least, so that one run reads all of them.
const QUIET: Duration = Duration::from_secs(120);

/// What is served.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    /// Records of OCI Audit.
    pub records: u64,
    /// Share of sign-ons among them.
    pub sign_ons: f64,
    /// Over how many hours before now.
    pub hours: u64,
    /// Records in a page.
    pub page: usize,
    /// How long every answer waits, milliseconds.
    pub latency: u64,
}

/// The word with which this program is told to serve.
pub const WORD: &str = "serve";

impl Traffic {
    fn arguments(&self) -> [String; 5] {
        let Self { records, sign_ons, hours, page, latency } = self;
        [
            records.to_string(),
            sign_ons.to_string(),
            hours.to_string(),
            page.to_string(),
            latency.to_string(),
        ]
    }

    fn read(arguments: &[String]) -> Outcome<Self> {
        let [records, sign_ons, hours, page, latency] = arguments else {
            return Err("serve takes a folder and five numbers".into());
        };
        Ok(Self {
            records: records.parse()?,
            sign_ons: sign_ons.parse()?,
            hours: hours.parse()?,
            page: page.parse()?,
            latency: latency.parse()?,
        })
    }
}

/// Serves until standard input ends.
pub fn serve(arguments: &[String]) -> Outcome<()> {
    let (folder, traffic) = arguments.split_first().ok_or("serve takes a folder")?;
    let (folder, traffic) = (Path::new(folder), Traffic::read(traffic)?);
    let faults = match traffic.latency {
        0 => Faults::default(),
        latency => Faults::parse_all([format!("latency={latency}")])?,
    };
    let options = Options {
        events: traffic.records,
        sign_on_share: traffic.sign_ons,
        span: Duration::from_secs(traffic.hours * 3600),
        quiet: QUIET,
        page_size: traffic.page,
        services: vec![Service::OciAudit],
        faults,
        ..Options::default()
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let simulator = Simulator::start(options).await?;
        simulator.write_config(folder)?;
        simulator.write_truth(&folder.join("truth"))?;
        println!(
            "{} {} {} {}",
            simulator.address(),
            simulator.tenancy(),
            simulator.first_minute(),
            simulator.now()
        );
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
        simulator.shutdown().await;
        Ok(())
    })
}

/// A simulator that serves.
pub struct Served {
    child: Child,
    /// With what clients need.
    pub folder: PathBuf,
    /// `127.0.0.1:PORT`
    pub host: String,
    /// The compartment that holds all records.
    pub tenancy: String,
    /// From the first record to the start of the simulator, Unix milliseconds.
    pub range: (i64, i64),
    /// Ids of all sign-ons.
    pub truth: Vec<String>,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts one with an empty folder of its own.
    pub fn start(folder: PathBuf, traffic: Traffic) -> Outcome<Self> {
        empty(&folder)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg(WORD)
            .arg(&folder)
            .args(traffic.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let [host, tenancy, start, end] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err("the simulator did not start".into());
        };
        let (host, tenancy) = (host.to_owned(), tenancy.to_owned());
        let range = (start.parse()?, end.parse()?);
        let truth = fs::read_to_string(folder.join("truth"))?;
        let truth = truth.lines().map(str::to_owned).collect();
        Ok(Self { child, folder, host, tenancy, range, truth })
    }

    /// A file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The configuration that it wrote, with further lines for its source.
    pub fn configuration(&self, name: &str, lines: &str) -> Outcome<PathBuf> {
        const SOURCE: &str = "type = \"oci_audit\"\n";
        let text = fs::read_to_string(self.path("signon.toml"))?;
        let text = text.replacen(SOURCE, &format!("{SOURCE}{lines}\n"), 1);
        let path = self.path(name);
        fs::write(&path, text)?;
        Ok(path)
    }
}

/// A folder with nothing in it.
pub fn empty(folder: &Path) -> Outcome<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}
