//! Starting, asking and stopping a simulator.
//!
//! The invariant: when [`Simulator::start`] returns, everything is generated
//! and connections are answered; when the value is dropped, they end.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::api::Api;
use crate::client_files::{self, ServiceFiles};
use crate::clock::Clock;
use crate::error::SimulatorError;
use crate::faults::Fault;
use crate::gate::Gate;
use crate::idcs::{self, Idcs, IdcsClient};
use crate::identity::{Caller, Certificates, Names};
use crate::injection::Injector;
use crate::instance::Instance;
use crate::oam::{self, Oam, OamUser};
use crate::oci_audit::{OciAudit, Settings};
use crate::options::Options;
use crate::server::{self, Services};
use crate::service::Service;
use crate::statistics::{Counters, Statistics};
use crate::tenancy::Tenancy;
use crate::traffic::{self, Records, Traffic};
use crate::truth::{self, Truth};

/// A running simulator. Dropping it stops it.
pub struct Simulator {
    address: SocketAddr,
    names: Names,
    ca_pem: String,
    /// Of each service: time of the first event, and the events to be delivered.
    events: BTreeMap<Service, (i64, Truth)>,
    /// Id and certificate of the identity domain's application, if there is one.
    idcs_client: Option<(String, &'static str)>,
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
    idcs_client: Option<IdcsClient>,
    certificates: Certificates,
    history: History,
}

/// The records of all services.
struct History {
    oci: Traffic,
    idcs: Records<idcs::Row>,
    oam: Records<oam::Row>,
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
        Self::serve(listener, options).await
    }

    /// The same on a listener that is there already, such as another simulator's
    /// before: its port is nobody else's in between. What `options.listen` says is
    /// not looked at.
    ///
    /// # Errors
    /// An option out of range, a listener that cannot be used, a records file that
    /// cannot be read.
    pub async fn start_on(
        listener: std::net::TcpListener,
        options: Options,
    ) -> Result<Self, SimulatorError> {
        options.check()?;
        let failed = |source| SimulatorError::Bind { address: options.listen, source };
        listener.set_nonblocking(true).map_err(failed)?;
        let listener = TcpListener::from_std(listener).map_err(failed)?;
        Self::serve(listener, options).await
    }

    async fn serve(listener: TcpListener, options: Options) -> Result<Self, SimulatorError> {
        let address = listener
            .local_addr()
            .map_err(|source| SimulatorError::Bind { address: options.listen, source })?;
        let clock = Clock::new(options.now, options.faults.skew_milliseconds());
        let names = Names::new(options.seed);
        let prepared = prepare(options.clone(), names.clone(), clock.start()).await?;
        let History { oci, idcs, oam } = prepared.history;
        let Options { seed, faults, regions, services: served, .. } = options;
        let lifetime = options.token_lifetime.as_secs();
        let instance = Instance::new(&names, &prepared.caller.key_pem, lifetime)?;
        let tenancy = Tenancy { names: names.clone(), caller: prepared.caller, instance, regions };
        let settings = Settings {
            seed,
            page_size: options.page_size,
            shuffle: faults.shuffle(),
            late: faults.late(),
            strict_minutes: faults.strict_minutes(),
            html: faults.html(clock.start()),
        };
        let idcs_client =
            prepared.idcs_client.as_ref().map(|client| (client.id.clone(), client.key_id));
        let mut apis: BTreeMap<Service, Box<dyn Api>> = BTreeMap::new();
        apis.insert(Service::OciAudit, Box::new(OciAudit::new(tenancy, oci.stores, settings)));
        if let Some(client) = prepared.idcs_client {
            let idcs = Idcs::new(client, idcs.rows, seed, lifetime, &faults);
            apis.insert(Service::Idcs, Box::new(idcs));
        }
        apis.insert(Service::Oam, Box::new(Oam::new(oam.rows, seed, &faults)));
        let services = Arc::new(Services {
            clock,
            apis,
            served,
            injector: Injector::new(faults.clone(), seed),
            faults,
            counters: Counters::default(),
            gate: Gate::default(),
        });
        let task = server::serve(listener, Arc::clone(&services), prepared.certificates.server);
        Ok(Self {
            address,
            names,
            ca_pem: prepared.certificates.ca_pem,
            events: BTreeMap::from([
                (Service::OciAudit, (oci.first, oci.truth)),
                (Service::Idcs, (idcs.first, idcs.truth)),
                (Service::Oam, (oam.first, oam.truth)),
            ]),
            idcs_client,
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
        self.truth_of(Service::OciAudit)
    }

    /// Native ids of the events of a service that are to be delivered, marked
    /// when they were generated: the sign-ons of OCI Audit, every event of the
    /// others. An identity domain that is retired has none, nor has a sign-in
    /// audit whose events have no ids.
    pub fn truth_of(&self, service: Service) -> BTreeSet<String> {
        self.events.get(&service).map(|(_, truth)| truth.ids().clone()).unwrap_or_default()
    }

    /// Number of OCI Audit's records, also of those not yet visible.
    pub fn records(&self) -> usize {
        self.records_of(Service::OciAudit)
    }

    /// Number of a service's records, also of those not yet visible.
    pub fn records_of(&self, service: Service) -> usize {
        self.services.apis.get(&service).map_or(0, |api| api.records())
    }

    /// Native ids of all of OCI Audit's records. Reads every record, so it is
    /// for tests.
    pub fn ids(&self) -> BTreeSet<String> {
        self.ids_of(Service::OciAudit)
    }

    /// Native ids of all of a service's records that have one.
    pub fn ids_of(&self, service: Service) -> BTreeSet<String> {
        self.services.apis.get(&service).map(|api| api.ids()).unwrap_or_default()
    }

    /// The simulator's time, Unix milliseconds.
    pub fn now(&self) -> i64 {
        self.services.clock.now()
    }

    /// A whole minute at or before OCI Audit's first record, Unix milliseconds.
    pub fn first_minute(&self) -> i64 {
        self.first_minute_of(Service::OciAudit)
    }

    /// A whole minute at or before a service's first event, Unix milliseconds.
    pub fn first_minute_of(&self, service: Service) -> i64 {
        let first = self.events.get(&service).map_or(0, |(first, _)| *first);
        first - first.rem_euclid(60_000)
    }

    /// Metadata service of an instance in the home region.
    pub fn metadata_url(&self) -> String {
        format!("{}/opc/v2", self.http_url())
    }

    /// Where the instance exchanges its certificate for a token.
    pub fn federation_url(&self) -> String {
        format!("{}/v1/x509", self.http_url())
    }

    /// URL of the identity domain: what stands before `/oauth2` and `/admin`.
    pub fn idcs_url(&self) -> String {
        format!("{}/idcs", self.http_url())
    }

    /// Client id of the application that may ask the identity domain for
    /// tokens; secret and key are in the files of
    /// [`write_config`](Self::write_config). Empty without an identity domain.
    pub fn idcs_client_id(&self) -> &str {
        self.idcs_client.as_ref().map_or("", |(id, _)| id)
    }

    /// Alias of the application's certificate: `kid` of its assertions. Empty
    /// without an identity domain.
    pub fn idcs_key_id(&self) -> &str {
        self.idcs_client.as_ref().map_or("", |(_, key_id)| key_id)
    }

    /// The user that may read the sign-in audit of Fusion; the password is in
    /// the files of [`write_config`](Self::write_config).
    pub fn oam_username(&self) -> &str {
        OamUser::NAME
    }

    /// Writes the ids of the events to be delivered of all services served, one
    /// a line, in order.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_truth(&self, path: &Path) -> Result<(), SimulatorError> {
        let ids = self.services.served.iter().flat_map(|service| self.truth_of(*service));
        truth::write(&ids.collect(), path)
    }

    /// Writes what clients need into a directory (made if missing):
    /// `oci_config` with the profiles `DEFAULT` (API key) and `SESSION` (session
    /// token), `oci_key.pem` (PKCS#8, readable by the owner only),
    /// `session_token`, `ca.pem` and `signon.toml` with a source for each
    /// service served; for an identity domain `idcs_client_secret` and
    /// `idcs_client_key.pem`, for Fusion `oam_password`.
    ///
    /// # Errors
    /// The directory or a file cannot be written, or its path cannot stand in a
    /// configuration file.
    pub fn write_config(&self, directory: &Path) -> Result<(), SimulatorError> {
        let Services { apis, served, .. } = &*self.services;
        client_files::write(directory, &self.http_url(), &self.ca_pem, |at| {
            // Keys of the tenancy are there whatever is served.
            let others = [Service::OciAudit].into_iter().filter(|one| !served.contains(one));
            let all = served.iter().map(|one| (*one, Some(self.first_minute_of(*one))));
            all.chain(others.map(|one| (one, None)))
                .filter_map(|(service, start)| {
                    let files = apis.get(&service)?.client_files(at);
                    Some(ServiceFiles { service, start, files })
                })
                .collect()
        })
    }

    /// What was asked and answered so far.
    pub fn statistics(&self) -> Statistics {
        self.services.counters.snapshot()
    }

    /// From now on answers so many requests, counted from the first ever made; the
    /// others wait until more may be answered.
    pub fn answer_at_most(&self, requests: u64) {
        self.services.gate.open_for(requests);
    }

    /// From now on answers every request, also those that wait.
    pub fn answer_all(&self) {
        self.services.gate.open_for(u64::MAX);
    }

    /// Its clock moves on by so much, at once.
    pub fn pass(&self, time: Duration) {
        self.services.clock.pass(time);
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
    let seed = options.seed;
    let with_client = options.services.contains(&Service::Idcs);
    let caller = tokio::task::spawn_blocking(move || Caller::new(&callers));
    let idcs_client =
        tokio::task::spawn_blocking(move || with_client.then(|| IdcsClient::new(seed)).transpose());
    let history = tokio::task::spawn_blocking(move || history(&options, &names, now));
    Ok(Prepared {
        certificates: Certificates::new()?,
        caller: caller.await.map_err(|_| SimulatorError::Task("key generation"))??,
        idcs_client: idcs_client.await.map_err(|_| SimulatorError::Task("key generation"))??,
        history: history.await.map_err(|_| SimulatorError::Task("record generation"))??,
    })
}

/// What happened, as each service that is served tells it.
fn history(options: &Options, names: &Names, now: i64) -> Result<History, SimulatorError> {
    let oci = match &options.oci_events {
        Some(path) => traffic::from_file(path, options.seed, options.regions.len(), now)?,
        None => traffic::generate(options, names, now),
    };
    let mut history = History { oci, idcs: Records::none(now), oam: Records::none(now) };
    if options.services.contains(&Service::Idcs) {
        history.idcs = match &options.idcs_events {
            Some(path) => traffic::domain_from_file(path, now)?,
            None => traffic::generate_domain(options, names, now, &history.oci.stories),
        };
        if options.faults.has(Fault::IdcsRetired) {
            history.idcs.truth = Truth::default();
        }
    }
    if options.services.contains(&Service::Oam) {
        let no_ids = options.faults.has(Fault::OamNoIds);
        history.oam = match &options.oam_events {
            Some(path) => traffic::oam_from_file(path, now, no_ids)?,
            None => traffic::generate_oam(options, names, now, &history.oci.stories),
        };
    }
    Ok(history)
}
