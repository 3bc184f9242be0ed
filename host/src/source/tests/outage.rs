//! A state that is away, breaks off or refuses one of many, under the whole collector: the
//! clock is the test's own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::service::{Model, Record, Script};
use super::world::{BEGIN, HOUR, Shared};
use crate::config::{Config, Syntax};
use crate::limits::Limits;
use crate::pipeline::{CollectError, Outlet};
use crate::read::{StreamRun, Until};
use crate::render::{Format, Keep, event_id};
use crate::runtime::{LoadedComponent, Sandbox, SandboxError};
use crate::sinks::FileSink;
use crate::source::{Collector, Components, Orders};
use crate::state::testing::{Fate, Fated, Fates, OneByOne, committer};
use crate::state::{CommitGroup, EmbeddedState, State as _, StateError, StreamKey};

/// Streams that share the file and its transactions.
const STREAMS: usize = 6;

/// Records of each.
const RECORDS: usize = 30;

fn service(stream: usize) -> Model {
    let mut script = Script { now: BEGIN, retention: 24 * HOUR, page: 7, ..Script::default() };
    for number in 0..RECORDS {
        let at = BEGIN - HOUR + i64::try_from(number).unwrap() * 60_000;
        script.records.insert(format!("{stream}-{number}"), Record { at, shown_from: 0 });
    }
    Model::new(script)
}

/// Nothing can be written for half a minute, from the fourth transaction on.
#[derive(Debug, Default)]
struct HalfAMinute {
    asked: AtomicUsize,
    until: OnceLock<Instant>,
}

impl Fates for Arc<HalfAMinute> {
    fn fate(&self, _: &CommitGroup) -> Fate {
        if self.asked.fetch_add(1, Ordering::Relaxed) < 3 {
            return Fate::Written;
        }
        let now = Instant::now();
        let until = *self.until.get_or_init(|| now + Duration::from_secs(30));
        if now < until { Fate::Away } else { Fate::Written }
    }
}

/// Collects everything through a state with these fates, one by one.
async fn collect_through(fates: Vec<Fate>) {
    let all = Arc::new(OneByOne::new(fates.clone()));
    collect(all.clone()).await;
    assert_eq!(all.left(), 0, "all of it happened: {fates:?}");
}

/// Collects everything through a state with such fates; how long it took.
async fn collect(fates: impl Fates + Clone + std::fmt::Debug + 'static) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let state = Arc::new(EmbeddedState::open(&folder.path().join("state")).unwrap());
    let fated = Arc::new(Fated { state: state.clone(), fates: fates.clone() });
    let committer = committer(fated.clone());
    let path = folder.path().join("events.ndjson");
    let sink = FileSink::open("file", &path, Format::Raw, None, state.clone(), committer.clone());
    let sink = Arc::new(sink.await.unwrap());
    let shared = Shared::new(Arc::default(), fated);
    let (_stop, told) = watch::channel(false);
    let began = Instant::now();
    let mut streams = JoinSet::new();
    for number in 0..STREAMS {
        let outlet = Outlet {
            sink: sink.clone(),
            keep: Keep::DEFAULT,
            tells_owner: true,
            telemetry: "file".into(),
        };
        let context = shared.context("t", "s", &service(number), vec![outlet]);
        let key = key(number);
        shared.statuses.enter(&key, "t");
        let run = StreamRun::new(Arc::new(context), key, committer.clone());
        let told = told.clone();
        streams.spawn(async move { run.run(Until::Done, told).await });
    }
    while let Some(ended) = streams.join_next().await {
        let (counts, result) = ended.unwrap();
        result.unwrap();
        assert_eq!(counts.emitted, RECORDS as u64, "{fates:?}");
    }
    let took = began.elapsed();
    let text = std::fs::read_to_string(&path).unwrap();
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for line in text.lines() {
        *times.entry(event_id(line, Format::Raw).unwrap()).or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "twice: {fates:?}");
    assert_eq!(times.len(), STREAMS * RECORDS, "lost: {fates:?}");
    assert!(state.waiting("file").await.unwrap().is_empty(), "every line is committed");
    for number in 0..STREAMS {
        let links = state.ledger(&key(number)).await.unwrap();
        let emitted: u64 = links.iter().map(|link| link.entry.total().emitted).sum();
        assert_eq!(emitted, RECORDS as u64);
    }
    took
}

fn key(number: usize) -> StreamKey {
    let stream = number.to_string();
    StreamKey { source: "s".into(), fingerprint: "f".into(), stream }
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_away_for_half_a_minute_loses_nothing_and_repeats_nothing() {
    let took = collect(Arc::<HalfAMinute>::default()).await;
    assert!(took >= Duration::from_secs(30), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn commits_whose_outcome_is_unknown_lose_nothing_and_repeat_nothing() {
    for written in [true, false] {
        for before in [0, 1, 4, 9] {
            let mut fates = vec![Fate::Written; before];
            fates.extend([Fate::Unknown { written }, Fate::Away, Fate::Unknown { written }]);
            collect_through(fates).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_commit_that_is_stale_comes_again_and_its_neighbours_notice_nothing() {
    for before in [2, 5, 9] {
        let mut fates = vec![Fate::Written; before];
        fates.extend([Fate::Stale { place: 0 }, Fate::Written, Fate::Stale { place: 0 }]);
        collect_through(fates).await;
    }
}

struct NoBuiltIns;

impl Components for NoBuiltIns {
    fn built_in(&self, _: &str) -> Option<Result<LoadedComponent, SandboxError>> {
        None
    }
}

#[tokio::test]
async fn a_second_collector_over_the_same_state_is_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let state = Arc::new(EmbeddedState::open(&folder.path().join("state")).unwrap());
    let text = "data_dir = 'd'\nsources.acme = { type = 'oci_audit' }\n\
                sinks.a = { type = 'stdout', inputs = ['*'] }";
    let file = folder.path().join("signon.toml");
    let config = Config::parse(text, &file, Syntax::Toml, &|_| None).unwrap();
    let sandbox = Sandbox::new(&Limits::widest()).unwrap();
    let collector = || Collector::new(sandbox.clone(), Arc::new(NoBuiltIns), state.clone());
    let (first, second) = (collector(), collector());
    let (stop, told) = watch::channel(false);
    let (_reload, reloads) = mpsc::channel(1);
    let orders = Orders { stop: told.clone(), reload: reloads };
    let refused = async {
        // The other one is first asked, and so has it.
        tokio::task::yield_now().await;
        loop {
            match second.backfill(&config, told.clone()).await {
                Err(CollectError::State(error)) => break error,
                // Before the other one.
                _ => tokio::task::yield_now().await,
            }
        }
    };
    let run = first.run(&config, Until::Stopped, orders);
    tokio::pin!(run);
    tokio::select! {
        _ = &mut run => panic!("it runs until it is stopped"),
        error = refused => {
            assert!(matches!(&*error, StateError::Leased { .. }), "{error}");
        }
    }
    stop.send_replace(true);
    run.await.unwrap();
    // Then it is free again.
    second.backfill(&config, told).await.unwrap();
}
