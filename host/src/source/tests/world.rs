//! A collector over the scripted service, with a real state, and the laws that hold
//! after every step.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use super::service::{Model, Script};
use crate::config::{BackfillConfig, FilterConfig, Start};
use crate::contract::EventClasses;
use crate::egress::ServiceClock;
use crate::ledger::{Closing, HEAD_TYPE, Late, Segment, verify};
use crate::limits::{FairShare, First};
use crate::pipeline::{Acceptance, Claims, Filter, Outlet, Preferences};
use crate::planner::{Schedule, Spans};
use crate::read::SourceContext;
use crate::read::StreamRun;
use crate::read::Until;
use crate::render::{Format, Keep, Owner};
use crate::sinks::{Health, Line, Receipt, Sink, SinkError};
use crate::state::testing::{Fate, Fated, Fates, answer, committer};
use crate::state::{
    CommitGroup, EmbeddedState, Outcomes, Question, State, StreamKey, StreamState, report,
};
use crate::status::StatusRegistry;
use crate::testing::Disk;

/// When the tests begin: any time does that lies on no edge.
pub const BEGIN: i64 = 1_770_000_123_456;

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;

/// Lets commits fail, before or after they are written, and knows what must not be
/// committed again.
#[derive(Clone)]
struct Watched(Model);

impl Fates for Watched {
    fn fate(&self, _: &CommitGroup) -> Fate {
        let mut fails = None;
        if let Some((left, written)) = &mut self.0.script().state_fails {
            *left = left.saturating_sub(1);
            fails = (*left == 0).then_some(*written);
        }
        fails.map_or(Fate::Written, |written| Fate::Damaged { written })
    }

    fn written(&self, group: &CommitGroup, outcomes: &Outcomes) {
        let mut script = self.0.script();
        for (commit, outcome) in group.commits.iter().zip(outcomes) {
            for id in commit.delivered.iter().filter(|_| outcome.is_ok()) {
                let before = script.committed.insert(id.clone(), commit.fetched.end);
                assert!(before.is_none(), "{id} was committed twice");
            }
        }
    }
}

/// A sink that refuses at times and knows what it must never see (again).
struct Watching {
    model: Model,
    health: Health,
}

impl std::fmt::Debug for Watching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watching")
    }
}

struct Taken;

impl Receipt for Taken {
    fn settle(self: Box<Self>) {}
}

#[async_trait]
impl Sink for Watching {
    fn id(&self) -> &str {
        "watching"
    }
    fn format(&self) -> Format {
        Format::Raw
    }
    fn health(&self) -> &Health {
        &self.health
    }
    async fn deliver(&self, lines: &[Line]) -> Result<Box<dyn Receipt>, SinkError> {
        self.model.place().await;
        {
            let mut script = self.model.script();
            if script.refusals > 0 {
                script.refusals -= 1;
                let problem = "503".to_owned();
                let uri = "http://watching".to_owned();
                return Err(SinkError::Unavailable { uri, problem, tried: Duration::ZERO });
            }
            for line in lines {
                if line.id.starts_with(HEAD_TYPE) {
                    script.heads.push(line.text.clone());
                    continue;
                }
                assert!(script.records.contains_key(&line.id), "{} is no record", line.id);
                let again = script.committed.contains_key(&line.id);
                assert!(!again, "{} was delivered again after its commit", line.id);
                script.handed.insert(line.id.clone());
                let now = script.now;
                script.delivered_at.entry(line.id.clone()).or_insert(now);
            }
        }
        // The process may die between delivering and committing.
        self.model.place().await;
        Ok(Box::new(Taken))
    }
}

/// How a world is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    pub readings: Vec<u32>,
    pub start: Start,
    pub backfill: bool,
}

/// What the sources of a process share.
pub struct Shared {
    pub statuses: Arc<StatusRegistry>,
    pub state: Arc<dyn State>,
    pub claims: Claims,
    pub places: FairShare,
    pub undelivered: FairShare,
}

impl Shared {
    pub fn new(statuses: Arc<StatusRegistry>, state: Arc<dyn State>) -> Self {
        Self {
            statuses,
            state,
            claims: Claims::default(),
            places: FairShare::new(8, First::Waits),
            undelivered: FairShare::new(256 << 20, First::Always),
        }
    }

    /// A source over a scripted service.
    pub fn context(
        &self,
        tenant: &str,
        source: &str,
        model: &Model,
        outlets: Vec<Outlet>,
    ) -> SourceContext {
        let nothing = FilterConfig::default();
        let retention = model.script().retention;
        let kept = u64::try_from(retention / 1000).unwrap();
        SourceContext {
            source: source.into(),
            telemetry: source.into(),
            tenant: tenant.into(),
            owner: Owner::of_source(source).into(),
            descriptor_name: "scripted".into(),
            session_factory: Box::new(model.clone()),
            schedule: Schedule::new(60, 3_600, kept, &[0]).unwrap(),
            smallest_retention: retention,
            start: Start::Earliest,
            poll_interval: Duration::from_secs(300),
            head_interval: Duration::from_secs(3 * 3600),
            backfill: None,
            live: true,
            acceptance: Acceptance {
                filter: Filter::new(EventClasses::ALL, &nothing, &nothing),
                preference: Preferences::default().of(source),
                claims: self.claims.clone(),
                state: self.state.clone(),
            },
            state: self.state.clone(),
            outlets,
            statuses: self.statuses.clone(),
            places: self.places.clone(),
            undelivered: self.undelivered.clone(),
            clock: Arc::new(model.clone()),
        }
    }
}

/// The world of a test.
pub struct World {
    pub model: Model,
    pub schedule: Schedule,
    setup: Setup,
    disk: Disk,
    /// Where the last run left its streams.
    pub statuses: Arc<StatusRegistry>,
    /// Always there but for the moment in which it is opened again.
    state: Option<Arc<EmbeddedState>>,
    key: StreamKey,
}

impl World {
    pub fn new(setup: Setup, script: Script) -> Self {
        let retention = u64::try_from(script.retention / 1000).unwrap();
        let schedule = Schedule::new(60, 3_600, retention, &setup.readings).unwrap();
        let disk = Disk::default();
        let state = Some(open(&disk));
        let key = StreamKey { source: "s".into(), fingerprint: "f".into(), stream: "x".into() };
        Self {
            model: Model::new(script),
            schedule,
            setup,
            disk,
            statuses: Arc::default(),
            state,
            key,
        }
    }

    /// The longest delay of the schedule, in milliseconds.
    pub fn patience(&self) -> i64 {
        i64::from(*self.setup.readings.last().unwrap()) * 1000
    }

    fn context(&self, statuses: &Arc<StatusRegistry>, state: Arc<dyn State>) -> SourceContext {
        let backfill = BackfillConfig {
            from: Start::Before(Duration::from_secs(30 * 3600)),
            to: None,
            parallel: NonZeroUsize::new(2).unwrap(),
        };
        let outlet = Outlet {
            sink: Arc::new(Watching { model: self.model.clone(), health: Health::default() }),
            keep: Keep::DEFAULT,
            tells_owner: true,
            telemetry: "watching".into(),
        };
        SourceContext {
            schedule: self.schedule.clone(),
            start: self.setup.start,
            backfill: self.setup.backfill.then_some(backfill),
            ..Shared::new(statuses.clone(), state).context("t", "s", &self.model, vec![outlet])
        }
    }

    /// Runs the collector for a time, or until nothing is due; it may die on the way.
    pub fn run(&mut self, milliseconds: Option<i64>) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let statuses = Arc::<StatusRegistry>::default();
        statuses.enter(&self.key, "t");
        self.statuses = statuses.clone();
        let mut result = Ok(());
        let (stop, told) = watch::channel(false);
        {
            let mut script = self.model.script();
            script.calls = 0;
            script.told = ServiceClock::default();
            let now = script.now;
            script.until = milliseconds.map(|milliseconds| (now + milliseconds, stop.clone()));
        }
        let (state, fates) = (self.embedded().clone(), Watched(self.model.clone()));
        let watched: Arc<dyn State> = Arc::new(Fated { state, fates });
        let entered = runtime.enter();
        let committer = committer(watched.clone());
        drop(entered);
        let context = Arc::new(self.context(&statuses, watched));
        let run = StreamRun::new(context, self.key.clone(), committer);
        let until = if milliseconds.is_some() { Until::Stopped } else { Until::Done };
        runtime.block_on(async {
            tokio::select! {
                (_, ended) = run.run(until, told) => {
                    result = ended.map_err(|(_, error)| error);
                }
                () = self.model.dead.notified() => {}
            }
        });
        drop(runtime);
        {
            let mut script = self.model.script();
            script.die_at = None;
            script.state_fails = None;
            script.until = None;
        }
        // The writer of commits may still be at one.
        while Arc::strong_count(self.embedded()) > 1 {
            std::thread::yield_now();
        }
        self.reopen();
        self.check();
        result
    }

    /// What health says of the stream.
    pub fn health(&self) -> (bool, String) {
        crate::status::exposition::health(&self.statuses)
    }

    /// As a new process finds the state.
    fn reopen(&mut self) {
        self.state = None;
        self.state = Some(open(&self.disk));
    }

    fn embedded(&self) -> &Arc<EmbeddedState> {
        self.state.as_ref().unwrap()
    }

    pub fn state(&self) -> Option<StreamState> {
        answer(self.embedded().stream(&self.key)).unwrap().map(|stored| stored.state)
    }

    /// What the ledger says came late.
    pub fn late(&self) -> Late {
        let now = self.model.script().now;
        let question = Question { now, ..Question::default() };
        answer(report(self.embedded().as_ref(), &question)).unwrap().remove(0).late
    }

    /// What is known about an interval.
    pub fn coverage(&self, from: Option<i64>, to: i64) -> Vec<Segment> {
        let question = Question { from, to: Some(to), now: to, ..Question::default() };
        let mut reports = answer(report(self.embedded().as_ref(), &question)).unwrap();
        assert_eq!(reports[0].damage, None);
        reports.remove(0).segments
    }

    /// The laws that hold at any time.
    pub fn check(&self) {
        let Some(position) = self.state() else { return };
        let now = self.model.script().now;
        let links = answer(self.embedded().ledger(&self.key)).unwrap();
        verify(&self.key.text(), &links).unwrap();
        let open = answer(self.embedded().open_readings(&self.key)).unwrap();
        assert!(open.iter().all(|reading| reading.counts.balance()));
        let unproven = position.unproven.iter().filter_map(|unproven| unproven.reading.as_ref());
        let under_way = position.reading.iter().chain(&position.backfill).chain(unproven);
        let under_way: Vec<_> = under_way.map(|reading| reading.counts).collect();
        assert!(under_way.iter().all(crate::state::Counts::balance));

        let emitted = links.iter().map(|link| link.entry.total().emitted).sum::<u64>()
            + open.iter().map(|reading| reading.counts.emitted).sum::<u64>()
            + under_way.iter().map(|counts| counts.emitted).sum::<u64>();
        let committed = self.model.script().committed.clone();
        assert_eq!(emitted, committed.len() as u64, "the ledger counts what was committed");

        let mut proven = Spans::default();
        for entry in links.iter().map(|link| &link.entry) {
            match entry.closing {
                Closing::Gap(_) => {}
                Closing::Unproven(_) => proven.insert(entry.range),
                Closing::Complete => {
                    proven.insert(entry.range);
                    let is_empty = entry.range.start == entry.range.end;
                    assert!(is_empty || position.closed.holds(entry.range), "{entry:?}");
                }
            }
        }
        assert!(position.closed.iter().all(|span| proven.holds(span)), "{:?}", position.closed);

        let from = position.began - 40 * HOUR;
        let mut at = from;
        for segment in self.coverage(Some(from), now) {
            assert_eq!(segment.range.start, at);
            at = segment.range.end;
        }
        assert_eq!(at, now.max(from));
        self.check_kept(&position, &committed);
    }

    /// Ids are kept at the edges of what is closed, and nowhere else.
    fn check_kept(
        &self,
        position: &StreamState,
        committed: &std::collections::BTreeMap<String, i64>,
    ) {
        let reach = 2 * self.schedule.reach();
        let deep = |at: i64| {
            position.closed.iter().any(|span| span.start + reach <= at && at + reach < span.end)
        };
        let script = self.model.script();
        let deep: BTreeSet<&String> =
            committed.keys().filter(|id| deep(script.records[*id].at)).collect();
        let kept = answer(self.embedded().kept_ids(&self.key)).unwrap();
        assert!(
            kept <= (committed.len() - deep.len()) as u64,
            "{kept} ids of {} are kept, though {} can never be met again",
            committed.len(),
            deep.len(),
        );
    }
}

fn open(disk: &Disk) -> Arc<EmbeddedState> {
    Arc::new(EmbeddedState::open_with(disk.clone(), PathBuf::from("state.redb")).unwrap())
}
