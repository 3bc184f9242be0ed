//! Batches of several sources into the same files, at once.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::*;
use crate::planner::Schedule;
use crate::render::sample::sample_event;
use crate::render::{Format, Keep};
use crate::sinks::{FileSink, Health, Sink};
use crate::state::testing::committer;
use crate::state::{EmbeddedState, State as _, StreamKey, StreamState, Version};

/// Ends a test that hangs: two that wait for each other do so for ever.
const HANGS: Duration = Duration::from_secs(300);

/// Rounds of the two sources together.
const ROUNDS: usize = 1_000;

struct World {
    folder: tempfile::TempDir,
    state: Arc<EmbeddedState>,
    committer: Committer,
}

fn outlet(sink: Arc<dyn Sink>) -> Outlet {
    let telemetry = sink.id().into();
    Outlet { sink, keep: Keep::NOTHING, tells_owner: true, telemetry }
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = Arc::new(EmbeddedState::open(&folder.path().join("state")).unwrap());
        let committer = committer(state.clone());
        Self { folder, state, committer }
    }

    fn path(&self, id: &str) -> std::path::PathBuf {
        self.folder.path().join(id)
    }

    async fn file(&self, id: &str) -> Outlet {
        let (state, committer) = (self.state.clone(), self.committer.clone());
        let path = self.path(id);
        let sink = FileSink::open(id, &path, Format::Raw, None, state, committer).await;
        outlet(Arc::new(sink.unwrap()))
    }

    fn lines(&self, id: &str) -> usize {
        std::fs::read_to_string(self.path(id)).unwrap().lines().count()
    }
}

/// The first commit of a stream of its own.
fn commit(source: &str) -> Commit {
    static STREAMS: AtomicUsize = AtomicUsize::new(0);
    let schedule = Schedule::new(60, 3600, 86_400, &[0]).unwrap();
    let (source, fingerprint) = (source.to_owned(), "f".to_owned());
    let stream = STREAMS.fetch_add(1, Ordering::Relaxed).to_string();
    let key = StreamKey { source, fingerprint, stream };
    Commit::position(key, Version::NONE, StreamState::begin(0, 0, schedule.begin(0)))
}

fn event(id: String) -> SignOnEvent {
    SignOnEvent { native_id: id, ..sample_event() }
}

async fn hand_out(outlets: &[Outlet], id: String, source: &str) -> Result<Delivered, CollectError> {
    let owner = Arc::new(Owner::of_source(source));
    deliver(outlets, &[event(id)], &owner, "oam", &mut Probes::default()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sources_into_two_files_never_wait_for_each_other() {
    let world = World::new();
    let (a, b) = (world.file("a").await, world.file("b").await);
    let mut tasks = tokio::task::JoinSet::new();
    for (source, outlets) in [("one", [a.clone(), b.clone()]), ("other", [b, a])] {
        let committer = world.committer.clone();
        tasks.spawn(async move {
            for round in 0..ROUNDS / 2 {
                let delivered = hand_out(&outlets, format!("{source}-{round}"), source).await;
                delivered.unwrap().commit(commit(source), &committer).await.unwrap();
            }
        });
    }
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap()
        }
    };
    assert!(tokio::time::timeout(HANGS, all).await.is_ok(), "they wait for each other");
    for file in ["a", "b"] {
        assert_eq!(world.lines(file), ROUNDS);
        assert!(world.state.waiting(file).await.unwrap().is_empty(), "every line is committed");
    }
}

#[tokio::test]
async fn what_one_file_took_and_the_other_did_not_is_in_each_once_when_it_comes_again() {
    let world = World::new();
    let outlets = [world.file("a").await, world.file("b").await];
    // In the first file, and given up before the second.
    drop(hand_out(&outlets, "x".to_owned(), "s").await.unwrap());
    assert_eq!((world.lines("a"), world.lines("b")), (1, 0));
    let other = hand_out(&outlets, "y".to_owned(), "s").await.unwrap();
    other.commit(commit("s"), &world.committer).await.unwrap();
    // A restart in between changes nothing.
    drop(outlets);
    let outlets = [world.file("a").await, world.file("b").await];
    let again = hand_out(&outlets, "x".to_owned(), "s").await.unwrap();
    again.commit(commit("s"), &world.committer).await.unwrap();
    assert_eq!((world.lines("a"), world.lines("b")), (2, 2));
    assert!(world.state.waiting("a").await.unwrap().is_empty());
}

/// A sink that takes a batch when the other one has it, too.
#[derive(Debug)]
struct Together {
    id: &'static str,
    both: Arc<tokio::sync::Barrier>,
    health: Health,
}

struct Taken;

impl Receipt for Taken {
    fn settle(self: Box<Self>) {}
}

#[async_trait]
impl Sink for Together {
    fn id(&self) -> &str {
        self.id
    }
    fn format(&self) -> Format {
        Format::Raw
    }
    fn health(&self) -> &Health {
        &self.health
    }
    async fn deliver(&self, _: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        self.both.wait().await;
        Ok(Box::new(Taken))
    }
}

#[tokio::test]
async fn sinks_behind_servers_take_a_batch_at_the_same_time_and_files_after_them() {
    let world = World::new();
    let both = Arc::new(tokio::sync::Barrier::new(2));
    let server = |id| {
        let (both, health) = (both.clone(), Health::default());
        outlet(Arc::new(Together { id, both, health }))
    };
    let outlets = [world.file("a").await, server("one"), server("other")];
    let path = world.path("a");
    let handed = tokio::time::timeout(HANGS, hand_out(&outlets, "x".to_owned(), "s"));
    let delivered = handed.await.expect("one waits for the other").unwrap();
    assert!(is_empty(&path), "the file has its lines with the commit");
    delivered.commit(commit("s"), &world.committer).await.unwrap();
    assert_eq!(world.lines("a"), 1);
}

fn is_empty(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().len() == 0
}

/// A sink whose health is all that matters.
fn of_health(id: &'static str, health: &Health) -> Outlet {
    let both = Arc::new(tokio::sync::Barrier::new(1));
    outlet(Arc::new(Together { id, both, health: health.clone() }))
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_one_sink_keeps_nobody_from_trying_another() {
    let (one, other) = (Health::default(), Health::default());
    [&one, &other].into_iter().for_each(Health::failed);
    tokio::time::advance(Duration::from_secs(10)).await;
    let tried_by_somebody = other.try_probe().unwrap();
    let outlets = [of_health("one", &one), of_health("other", &other)];
    let mut probes = Probes::default();
    {
        let waits = probes.ready(&outlets, false);
        let waited = tokio::time::timeout(Duration::from_secs(600), waits).await;
        assert!(waited.is_err(), "the other is somebody else's to try");
    }
    drop(one.try_probe().expect("it is nobody's meanwhile"));
    drop(tried_by_somebody);
    probes.ready(&outlets, false).await.unwrap();
    assert!(one.try_probe().is_none() && other.try_probe().is_none(), "it may try both");
}

#[tokio::test(start_paused = true)]
async fn what_only_collects_once_gives_up_on_a_sink_that_was_tried_in_vain() {
    let health = Health::default();
    health.failed();
    tokio::time::advance(Duration::from_secs(10)).await;
    let outlets = [of_health("one", &health)];
    let given_up = Probes::default().ready(&outlets, true).await;
    assert!(matches!(given_up, Err(CollectError::Sink { .. })), "{given_up:?}");
}
