//! Starting, asking and stopping a simulator.
//!
//! The invariant: when [`Simulator::start`] returns, everything is generated
//! and connections are answered; when the value is dropped, they end.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config_files::{self, ConfigFiles};
use crate::error::SimulatorError;
use crate::identity::{Caller, Certificates, Names};
use crate::injection::Injector;
use crate::oci_audit::{OciAudit, Settings};
use crate::options::Options;
use crate::server::{self, Services};
use crate::statistics::{Counters, Statistics};
use crate::traffic::{self, Traffic};
use crate::truth::Truth;

/// A running simulator. Dropping it stops it.
pub struct Simulator {
    address: SocketAddr,
    names: Names,
    ca_pem: String,
    first: i64,
    truth: Truth,
    services: Arc<Services>,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator")
            .field("address", &self.address)
            .field("records", &self.records())
            .finish_non_exhaustive()
    }
}

/// What takes a while: keys, certificates and records.
struct Prepared {
    caller: Caller,
    certificates: Certificates,
    traffic: Traffic,
}

impl Simulator {
    /// Generates what is to be served and serves it; must be called in a Tokio
    /// runtime. Making a key takes a fraction of a second, 100,000 records take
    /// about one.
    ///
    /// # Errors
    /// An option out of range, an address that is not loopback or not free, a
    /// records file that cannot be read.
    pub async fn start(options: Options) -> Result<Self, SimulatorError> {
        options.check()?;
        let listener = server::bind(options.listen).await?;
        let address = listener
            .local_addr()
            .map_err(|source| SimulatorError::Bind { address: options.listen, source })?;
        let clock = Clock::new(options.now, options.faults.skew_milliseconds());
        let names = Names::new(options.seed);
        let prepared = prepare(options.clone(), names.clone(), clock.start()).await?;
        let Traffic { shelves, truth, first } = prepared.traffic;
        let oci_audit = OciAudit::new(
            shelves,
            Settings {
                seed: options.seed,
                page_size: options.page_size,
                tenancy: names.tenancy.clone(),
                empty_compartment: names.empty_compartment.clone(),
                shuffle: options.faults.shuffle(),
                late: options.faults.late(),
                strict_minutes: options.faults.strict_minutes(),
            },
        );
        let services = Arc::new(Services {
            clock,
            caller: prepared.caller,
            regions: options.regions,
            oci_audit,
            injector: Injector::new(options.faults.clone(), options.seed),
            faults: options.faults,
            counters: Counters::default(),
        });
        let task = server::serve(listener, Arc::clone(&services), prepared.certificates.server);
        Ok(Self {
            address,
            names,
            ca_pem: prepared.certificates.ca_pem,
            first,
            truth,
            services,
            task,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS:PORT`, without a trailing slash.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `https://ADDRESS:PORT` on the same port; trust [`ca_pem`](Self::ca_pem).
    pub fn https_url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The authority that issued the server's certificate, PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// OCID of the tenancy, the root compartment: all records are listed there.
    pub fn tenancy(&self) -> &str {
        &self.names.tenancy
    }

    /// OCID of a compartment that exists and holds no records.
    pub fn empty_compartment(&self) -> &str {
        &self.names.empty_compartment
    }

    /// Ids of the sign-on events, marked when they were generated. For records
    /// from a file: those whose event type contains `identitysignon`.
    pub fn truth(&self) -> BTreeSet<String> {
        self.truth.ids().clone()
    }

    /// Number of records, also of those not yet visible.
    pub fn records(&self) -> usize {
        self.services.oci_audit.records()
    }

    /// Native ids of all records. Reads every record, so it is for tests.
    pub fn ids(&self) -> BTreeSet<String> {
        self.services.oci_audit.ids()
    }

    /// The simulator's time, Unix milliseconds.
    pub fn now(&self) -> i64 {
        self.services.clock.now()
    }

    /// A whole minute at or before the first record, Unix milliseconds.
    pub fn first_minute(&self) -> i64 {
        self.first - self.first.rem_euclid(60_000)
    }

    /// Writes the ids of the sign-on events, one a line, in order.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_truth(&self, path: &Path) -> Result<(), SimulatorError> {
        self.truth.write(path)
    }

    /// Writes what clients need into a directory (made if missing):
    /// `oci_config` with the profiles `DEFAULT` (API key) and `SESSION` (session
    /// token), `oci_key.pem` (PKCS#8, readable by the owner only),
    /// `session_token`, `ca.pem` and `signon.toml`.
    ///
    /// # Errors
    /// The directory or a file cannot be written, or its path cannot stand in a
    /// configuration file.
    pub fn write_config(&self, directory: &Path) -> Result<(), SimulatorError> {
        config_files::write(
            directory,
            &ConfigFiles {
                names: &self.names,
                caller: &self.services.caller,
                ca_pem: &self.ca_pem,
                regions: &self.services.regions,
                url: self.http_url(),
                start: self.first_minute(),
            },
        )
    }

    /// What was asked and answered so far.
    pub fn statistics(&self) -> Statistics {
        self.services.counters.snapshot()
    }

    /// Stops listening and ends all connections; when it returns, the port is
    /// free again.
    pub async fn shutdown(mut self) {
        self.task.abort();
        // The only outcome is the cancellation just asked for.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Keys and records, made side by side off the asynchronous threads.
async fn prepare(options: Options, names: Names, now: i64) -> Result<Prepared, SimulatorError> {
    let callers = names.clone();
    let caller = tokio::task::spawn_blocking(move || Caller::new(&callers));
    let traffic = tokio::task::spawn_blocking(move || match &options.oci_events {
        Some(path) => traffic::from_file(path, options.seed, options.regions.len(), now),
        None => Ok(traffic::generate(&options, &names, now)),
    });
    Ok(Prepared {
        certificates: Certificates::new()?,
        caller: caller.await.map_err(|_| SimulatorError::Task("key generation"))??,
        traffic: traffic.await.map_err(|_| SimulatorError::Task("record generation"))??,
    })
}
