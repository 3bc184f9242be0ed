//! A tenant whose sink or service never answers keeps nobody else waiting.
//!
//! Nothing here is measured: what is stuck stays stuck for the whole test, and the other
//! tenant gets all its events meanwhile. The timeouts only end a test that hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::service::{Fault, Model, Record, Script};
use super::world::{BEGIN, HOUR, Shared};
use crate::contract::{Batch, BatchLimits};
use crate::limits::{FairShare, First};
use crate::pipeline::Outlet;
use crate::planner::Range;
use crate::read::{Session, SessionFactory, StreamRun, Until};
use crate::render::{Format, Keep};
use crate::runtime::SandboxError;
use crate::sinks::{FileSink, Health, Line, Receipt, Sink, SinkError};
use crate::state::testing::committer;
use crate::state::{Committer, EmbeddedState, StreamKey};

/// Ends a test that hangs.
const HANGS: Duration = Duration::from_secs(120);

/// Records of each source.
const RECORDS: usize = 40;

/// A sink that takes a batch and never answers.
#[derive(Debug, Default)]
struct Mute {
    health: Health,
    asked: AtomicUsize,
}

#[async_trait]
impl Sink for Mute {
    fn id(&self) -> &str {
        "mute"
    }
    fn format(&self) -> Format {
        Format::Raw
    }
    fn health(&self) -> &Health {
        &self.health
    }
    async fn deliver(&self, _: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

/// A service that never ends a page.
struct Endless(Arc<AtomicUsize>);

#[async_trait]
impl SessionFactory for Endless {
    async fn open(
        &self,
        _: &str,
        _: Range,
        _: Option<Vec<u8>>,
    ) -> Result<Box<dyn Session>, SandboxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Self(self.0.clone())))
    }
    fn service_now(&self) -> Option<i64> {
        Some(BEGIN)
    }
}

#[async_trait]
impl Session for Endless {
    async fn next(&mut self, _: BatchLimits) -> Result<Batch, SandboxError> {
        std::future::pending().await
    }
    fn requests(&self) -> u64 {
        1
    }
}

fn service() -> Model {
    let mut script = Script { now: BEGIN, retention: 24 * HOUR, page: 7, ..Script::default() };
    for number in 0..RECORDS {
        let at = BEGIN - HOUR + i64::try_from(number).unwrap() * 60_000;
        let record = Record { at, shown_from: 0 };
        script.records.insert(format!("r{number}"), record);
    }
    Model::new(script)
}

fn outlet(sink: Arc<dyn Sink>) -> Outlet {
    let telemetry = sink.id().into();
    Outlet { sink, keep: Keep::DEFAULT, tells_owner: true, telemetry }
}

/// One process with a healthy tenant and others.
struct Process {
    folder: tempfile::TempDir,
    shared: Shared,
    committer: Committer,
    state: Arc<EmbeddedState>,
    stop: watch::Sender<bool>,
    stuck: JoinSet<()>,
}

impl Process {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = Arc::new(EmbeddedState::open(&folder.path().join("state")).unwrap());
        let committer = committer(state.clone());
        let shared = Shared {
            places: FairShare::new(16, First::Waits),
            undelivered: FairShare::new(1 << 20, First::Always),
            ..Shared::new(Arc::default(), state.clone())
        };
        let stop = watch::channel(false).0;
        Self { folder, shared, committer, state, stop, stuck: JoinSet::new() }
    }

    fn stream(&self, source: &str, number: usize) -> StreamKey {
        let key = StreamKey {
            source: source.into(),
            fingerprint: "f".into(),
            stream: number.to_string(),
        };
        self.shared.statuses.enter(&key, source);
        key
    }

    /// Streams of a tenant that run until the end of the test.
    fn stuck(&mut self, tenant: &str, streams: usize, sink: &Arc<Mute>, mute_service: bool) {
        for number in 0..streams {
            let outlets = vec![outlet(sink.clone())];
            let mut context = self.shared.context(tenant, tenant, &service(), outlets);
            if mute_service {
                context.session_factory = Box::new(Endless(Arc::default()));
            }
            let key = self.stream(tenant, number);
            let run = StreamRun::new(Arc::new(context), key, self.committer.clone());
            let told = self.stop.subscribe();
            self.stuck.spawn(async move { drop(run.run(Until::Stopped, told).await) });
        }
    }

    /// The healthy tenant gets everything, while the others are stuck.
    async fn healthy_tenant_gets_everything(&mut self) {
        let path = self.folder.path().join("healthy.ndjson");
        let (state, committer) = (self.state.clone(), self.committer.clone());
        let sink = FileSink::open("healthy", &path, Format::Raw, None, state, committer).await;
        let outlets = vec![outlet(Arc::new(sink.unwrap()))];
        let context = Arc::new(self.shared.context("healthy", "healthy", &service(), outlets));
        let mut streams = JoinSet::new();
        for number in 0..8 {
            let key = self.stream("healthy", number);
            let run = StreamRun::new(context.clone(), key, self.committer.clone());
            let told = self.stop.subscribe();
            streams.spawn(async move { run.run(Until::Done, told).await.1 });
        }
        let all = async {
            while let Some(ended) = streams.join_next().await {
                ended.unwrap().unwrap();
            }
        };
        assert!(tokio::time::timeout(HANGS, all).await.is_ok(), "the healthy tenant waits");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 8 * RECORDS);
    }
}

/// Lets the others run into whatever they run into.
async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(HANGS, waiting).await.is_ok(), "they are never stuck");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_tenants_on_a_sink_that_never_answers_stop_nobody() {
    let mut process = Process::new();
    let mute = Arc::new(Mute::default());
    for tenant in 0..8 {
        process.stuck(&format!("dead-{tenant}"), 25, &mute, false);
    }
    // More than there are places.
    until(|| mute.asked.load(Ordering::SeqCst) > 32).await;
    process.healthy_tenant_gets_everything().await;
    assert_eq!(process.stuck.len(), 200, "the others are still stuck");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_tenants_on_a_service_that_never_ends_a_page_stop_nobody() {
    let mut process = Process::new();
    let mute = Arc::new(Mute::default());
    for tenant in 0..4 {
        process.stuck(&format!("slow-{tenant}"), 32, &mute, true);
    }
    let places = process.shared.places.clone();
    // All that they are ever given.
    until(|| places.held("slow-3") > 0).await;
    process.healthy_tenant_gets_everything().await;
    assert_eq!(process.stuck.len(), 128, "the others are still stuck");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_sink_is_bounded_and_the_rest_asks_nobody_for_anything() {
    let mut process = Process::new();
    process.shared.undelivered = FairShare::new(4 << 10, First::Always);
    let mute = Arc::new(Mute::default());
    process.stuck("dead", 50, &mute, false);
    let statuses = process.shared.statuses.clone();
    let parked = || {
        let blocked = crate::status::Phase::Blocked;
        statuses.streams().iter().filter(|(_, status)| status.phase == blocked).count()
    };
    until(|| parked() >= 40).await;
    let asked = mute.asked.load(Ordering::SeqCst);
    assert!(asked <= 10, "{asked} batches wait for the sink");
    process.healthy_tenant_gets_everything().await;
    assert_eq!(mute.asked.load(Ordering::SeqCst), asked, "who is parked tries nothing");
}

#[tokio::test]
async fn who_fails_at_its_service_keeps_nobody_from_trying_the_sink() {
    tokio::time::pause();
    let mut process = Process::new();
    let mute = Arc::new(Mute::default());
    mute.health.failed();
    tokio::time::advance(Duration::from_secs(10)).await;
    let model = service();
    // More often than it is asked in this test.
    model.script().faults.extend(std::iter::repeat_n(Fault::Unauthorized, 20_000));
    let outlets = vec![outlet(mute.clone())];
    let context = Arc::new(process.shared.context("denied", "denied", &model, outlets));
    let run = StreamRun::new(context, process.stream("denied", 0), process.committer.clone());
    let told = process.stop.subscribe();
    process.stuck.spawn(async move { drop(run.run(Until::Stopped, told).await) });
    let statuses = process.shared.statuses.clone();
    let is_denied = || {
        let paused = crate::status::Phase::Paused;
        statuses.streams().iter().any(|(_, status)| status.phase == paused)
    };
    until(is_denied).await;
    let probe = tokio::time::timeout(HANGS, mute.health.ready()).await;
    assert!(probe.is_ok_and(|probe| probe.is_some()), "the sink is never tried");
    assert!(process.stuck.try_join_next().is_none(), "it gave it back, and not by its end");
}
