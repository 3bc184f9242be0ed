//! Where the attacks take place: one sandbox, the hostile component, and an honest
//! tenant that reads a simulated service meanwhile.
//!
//! One attack at a time: what delays the honest tenant is the attack, not another
//! test. How long it is delayed is measured in work, not in time: whoever starves waits
//! while others compute, on an idle machine as on a busy one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use signon_host::contract::{
    AccessRule, Batch, BatchLimits, EventClasses, Progress, ReadOptions, Selection, TimeRange,
};
use signon_host::credentials::{Credential, OciSignature};
use signon_host::egress::{Egress, Grant};
use signon_host::limits::Limits;
use signon_host::net::{HttpClient, PrivateAddresses};
use signon_host::runtime::{LoadedComponent, Sandbox, SandboxError};
use signon_host::runtime::{SessionInstance, SessionRequest};
use signon_simulator::{Options, Simulator};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// The stated bound: until the honest tenant is served beside an attack, each core that
/// attackers can keep busy computes at most this many times as much as the whole process
/// does without one. Who is starved is served after thousands of times as much.
const MOST_WORK: u32 = 20;

/// The same beside a crowd, each of whom computes for a while before it has to take turns:
/// forty to sixty times were seen beside 32, on a quiet machine and on a busy one.
const MOST_WORK_IN_A_CROWD: u32 = 200;

/// Beyond this something hangs: a run takes a fraction of a second on an idle machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs of the honest tenant, alone and beside.
const RUNS: usize = 3;

/// Everything the tests share.
pub struct Stage {
    pub runtime: Runtime,
    pub sandbox: Sandbox,
    pub hostile: LoadedComponent,
    honest: Arc<Honest>,
}

/// The stage, for one test at a time.
pub fn stage() -> MutexGuard<'static, Stage> {
    static STAGE: LazyLock<Mutex<Stage>> = LazyLock::new(|| Mutex::new(Stage::build()));
    // A test that failed left nothing behind that the next one would trip over.
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stage {
    fn build() -> Self {
        let runtime = signon_host::limits::runtime().unwrap();
        let sandbox = Sandbox::new(&Limits::widest()).unwrap();
        let hostile = sandbox.load("hostile.wasm", hostile_components::HOSTILE).unwrap();
        let honest = Arc::new(runtime.block_on(Honest::start(&sandbox)));
        Self { runtime, sandbox, hostile, honest }
    }

    /// An attack by the source `hostile`, with the default limits and no way out
    /// to all but loopback origins that the order names.
    pub fn attack(&self, order: Value) -> Attack {
        Attack {
            sandbox: self.sandbox.clone(),
            component: self.hostile.clone(),
            limits: Limits::default(),
            private: true,
            egress: None,
            credential: None,
            order,
            pause: Duration::ZERO,
        }
    }

    /// Attacks again and again while the honest tenant works, and tells what became
    /// of the first. Fails the test if too much is computed until the tenant is served.
    pub fn beside(&self, attack: &Attack) -> Result<Batch, SandboxError> {
        self.all_beside(std::slice::from_ref(attack)).remove(0)
    }

    /// The same with several attackers at once: the first outcome of each.
    pub fn all_beside(&self, attacks: &[Attack]) -> Vec<Result<Batch, SandboxError>> {
        self.runtime.block_on(async {
            let alone = self.honest.work().await.into_iter().max().unwrap();
            let over = Arc::new(AtomicBool::new(false));
            let mut outcomes = Vec::new();
            let mut attacking = Vec::new();
            for attack in attacks {
                let (first, outcome) = oneshot::channel();
                outcomes.push(outcome);
                attacking.push(tokio::spawn(attack.clone().again_and_again(first, over.clone())));
            }
            // When it is measured they have all been at it for a while.
            let mut ended = Vec::new();
            for outcome in outcomes {
                ended.push(outcome.await.unwrap());
            }
            let mut beside = self.honest.work().await;
            over.store(true, Ordering::Relaxed);
            beside.sort_unstable();
            for attacker in attacking {
                attacker.await.unwrap();
            }
            let cores = std::thread::available_parallelism().unwrap().get();
            let busy = u32::try_from(cores.min(attacks.len() + 1)).unwrap();
            println!("until it is served: alone {alone:?}, beside {:?}", beside[RUNS / 2]);
            let most = if attacks.len() > 1 { MOST_WORK_IN_A_CROWD } else { MOST_WORK };
            assert!(
                beside[RUNS / 2] <= alone * most * busy,
                "until the honest tenant was served {beside:?} were computed, alone {alone:?}"
            );
            ended
        })
    }

    /// Fails the test if the honest tenant is served only when one of these attackers,
    /// who all wait for ever once `they_wait`, has ended.
    pub fn beside_waiting(&self, attacks: &[Attack], they_wait: impl Fn() -> bool) {
        self.runtime.block_on(async {
            let attack = |attack: &Attack| {
                let attack = attack.clone();
                tokio::spawn(async move { attack.run().await.map(drop) })
            };
            let attacking: Vec<_> = attacks.iter().map(attack).collect();
            while !they_wait() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.honest.work().await;
            for attacker in attacking {
                assert!(!attacker.is_finished(), "it did not wait: {:?}", attacker.await);
                attacker.abort();
            }
        });
    }

    /// The message with which an attack ends that exceeds a limit. Fails the test
    /// unless it names the limit, the source and the setting.
    pub fn exceeds(&self, attack: &Attack, limit: &str) -> String {
        let error = self.beside(attack).unwrap_err();
        assert!(matches!(error, SandboxError::LimitExceeded { .. }), "{error}");
        let message = error.to_string();
        for part in ["source hostile", &format!("limit {limit} "), &format!("limits.{limit}")] {
            assert!(message.contains(part), "no {part:?} in: {message}");
        }
        message
    }

    /// What the attacker saw, text by text.
    pub fn sees(&self, attack: &Attack) -> Vec<String> {
        let batch = self.beside(attack).unwrap();
        batch.findings.into_iter().map(|finding| finding.problem).collect()
    }
}

/// What became of the first attack.
type Outcome = oneshot::Sender<Result<Batch, SandboxError>>;

/// One attacker.
#[derive(Clone)]
pub struct Attack {
    pub sandbox: Sandbox,
    component: LoadedComponent,
    pub limits: Limits,
    /// Whether the operator granted private addresses.
    pub private: bool,
    egress: Option<Egress>,
    credential: Option<Arc<Credential>>,
    order: Value,
    pause: Duration,
}

impl Attack {
    /// Paused after a failure as the collector pauses it, twice as long each time.
    pub fn paused(mut self) -> Self {
        self.pause = Duration::from_millis(250);
        self
    }

    /// With other limits.
    pub fn limited(mut self, set: impl FnOnce(&mut Limits)) -> Self {
        set(&mut self.limits);
        self
    }

    /// Through this egress, which several attackers may share.
    pub fn through(mut self, egress: Egress) -> Self {
        self.egress = Some(egress);
        self
    }

    /// Its requests are signed.
    pub fn signed(mut self, credential: Credential) -> Self {
        self.credential = Some(Arc::new(credential));
        self
    }

    /// The operator grants no private addresses.
    pub fn without_private_addresses(mut self) -> Self {
        self.private = false;
        self
    }

    /// With another component.
    pub fn of(mut self, component: LoadedComponent) -> Self {
        self.component = component;
        self
    }

    /// The egress an operator gives: all of what `origins` of the order name.
    pub fn egress(&self) -> Egress {
        let private = PrivateAddresses { everywhere: self.private, origins: Vec::new() };
        self.door_with(HttpClient::new(HttpClient::trust(None).unwrap(), private))
    }

    /// The same through a client of the test's own.
    pub fn door_with(&self, client: HttpClient) -> Egress {
        let origins = self.order["origins"].as_array().cloned().unwrap_or_default();
        let path_prefix = self.order["prefix"].as_str().unwrap_or("/");
        let grants = origins.iter().map(|origin| {
            let rule = AccessRule {
                origin: origin.as_str().unwrap().to_owned(),
                methods: vec!["GET".to_owned(), "POST".to_owned()],
                path_prefix: path_prefix.to_owned(),
            };
            Grant::new(&rule, self.credential.clone()).unwrap()
        });
        Egress::open("hostile", grants.collect(), client, self.limits.clone())
    }

    /// Opens a session.
    pub async fn open(&self) -> Result<SessionInstance, SandboxError> {
        let egress = self.egress.clone().unwrap_or_else(|| self.egress());
        let request = SessionRequest {
            config: self.order.to_string(),
            stream: "s0".to_owned(),
            selection: Selection::Range(TimeRange { start: 0, end: 3_600_000 }),
            cursor: None,
            options: ReadOptions {
                classes: EventClasses::DEFAULT,
                keep_raw: true,
                text_limit: 16 << 10,
            },
        };
        SessionInstance::open(&self.sandbox, &self.component, &self.limits, egress, &request).await
    }

    /// One session to its end.
    pub async fn run(&self) -> Result<Batch, SandboxError> {
        let mut session = self.open().await?;
        loop {
            let batch = session.next(LIMITS).await?;
            if batch.progress == Progress::Finished {
                return Ok(batch);
            }
        }
    }

    async fn again_and_again(mut self, first: Outcome, over: Arc<AtomicBool>) {
        // One source: one egress, whatever it does.
        self.egress = Some(self.egress.clone().unwrap_or_else(|| self.egress()));
        // Whoever waits for it is there until the attackers are done.
        let _ = first.send(self.run().await);
        while !over.load(Ordering::Relaxed) {
            tokio::time::sleep(self.pause).await;
            self.pause *= 2;
            let _ = self.run().await;
            tokio::task::yield_now().await;
        }
    }
}

const LIMITS: BatchLimits = BatchLimits { events: 1_000, bytes: 8 << 20, soft_deadline_ms: 2_000 };

/// Tenants that do what they should: a built-in on a simulated service, with signed
/// requests. Every run is another tenant's, as in a process with thousands of them.
struct Honest {
    sandbox: Sandbox,
    component: LoadedComponent,
    grants: Vec<Grant>,
    request: SessionRequest,
    events: usize,
    // Both end with the stage.
    _simulator: Simulator,
    _folder: TempDir,
}

impl Honest {
    async fn start(sandbox: &Sandbox) -> Self {
        let options = Options {
            events: 600,
            sign_on_share: 0.1,
            span: Duration::from_secs(6 * 3600),
            quiet: Duration::from_secs(120),
            page_size: 50,
            ..Options::default()
        };
        let simulator = Simulator::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        simulator.write_config(folder.path()).unwrap();
        let bytes = signon_bundle::find("oci_audit").unwrap().bytes;
        let component = sandbox.load("oci_audit", bytes).unwrap();
        let config = json!({
            "regions": ["us-ashburn-1"],
            "compartments": [simulator.tenancy()],
            "endpoint": format!("{}/{{region}}", simulator.http_url()),
        })
        .to_string();
        let limits = Limits::default();
        let profile =
            OciSignature::from_profile(&folder.path().join("oci_config"), "DEFAULT", None);
        let credential = Arc::new(Credential::Oci(Box::new(profile.unwrap())));
        let rules = sandbox.access(&component, &limits, &config).await.unwrap();
        let grants =
            rules.iter().map(|rule| Grant::new(rule, Some(credential.clone())).unwrap()).collect();
        let stream = sandbox.streams(&component, &limits, &config).await.unwrap().remove(0).id;
        let now = simulator.now();
        let range =
            TimeRange { start: simulator.first_minute(), end: now - now.rem_euclid(60_000) };
        let request = SessionRequest {
            config,
            stream,
            selection: Selection::Range(range),
            cursor: None,
            options: ReadOptions {
                classes: EventClasses::DEFAULT,
                keep_raw: true,
                text_limit: 16 << 10,
            },
        };
        let events = simulator.truth().len();
        Self {
            sandbox: sandbox.clone(),
            component,
            grants,
            request,
            events,
            _simulator: simulator,
            _folder: folder,
        }
    }

    /// What the whole process computes until each of some runs is served. Every one has
    /// to bring all its events.
    async fn work(&self) -> Vec<Duration> {
        let mut work = Vec::new();
        for _ in 0..RUNS {
            let before = computed();
            let read = tokio::time::timeout(PATIENCE, self.read()).await;
            let read = read.expect("the honest tenant is never served");
            assert_eq!(read, self.events, "the honest tenant lost events");
            work.push(computed() - before);
        }
        work
    }

    async fn read(&self) -> usize {
        let limits = Limits::default();
        let private = PrivateAddresses { everywhere: true, origins: Vec::new() };
        let client = HttpClient::new(HttpClient::trust(None).unwrap(), private);
        let egress = Egress::open("honest", self.grants.clone(), client, limits.clone());
        let session =
            SessionInstance::open(&self.sandbox, &self.component, &limits, egress, &self.request);
        let mut session = session.await.unwrap();
        let mut events = 0;
        loop {
            let batch = session.next(LIMITS).await.unwrap();
            events += batch.events.len();
            if batch.progress == Progress::Finished {
                return events;
            }
        }
    }
}

/// Time for which this process has computed, on all its threads.
fn computed() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
        seconds + Duration::from_nanos(time.tv_nsec.unsigned_abs())
    }
    // Elsewhere what others compute is measured, too.
    #[cfg(not(unix))]
    {
        static STARTED: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
        STARTED.elapsed()
    }
}
