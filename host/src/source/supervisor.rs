//! Which sources run: starts them, ends them, and follows a configuration that
//! changes, without losing a position.
//!
//! Invariant: a source never runs twice at once, and a sink is opened anew only
//! after all its sources have ended, so that nothing it took is in mid-air. Being told to
//! end is heard at any moment, the start included.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use super::builder::SourceBuilder;
use super::changes::Changes;
use super::outlets::Outlets;
use super::process::{Orders, Process, Summary};
use super::starting::Starting;
use crate::config::{Config, SourceConfig};
use crate::pipeline::CollectError;
use crate::pipeline::Preferences;
use crate::read::{StreamRun, Until, stopped};
use crate::sinks::{Sink, SinkContext, open_all, probe_all};
use crate::state::{Committer, Counts};
use crate::telemetry::{self, ConfigReloaded};

/// What a stream counted, and the source and reason if it failed.
type Finished = (Counts, Result<(), (String, String)>);

/// A source that runs.
struct Running {
    stop: watch::Sender<bool>,
    /// Streams that have not ended.
    streams: usize,
}

/// Runs the sources of a configuration, and of those that come after it.
pub async fn run(
    process: &Arc<Process>,
    committer: Committer,
    config: Config,
    until: Until,
    mut orders: Orders,
    live: bool,
) -> Result<Summary, CollectError> {
    process.statuses.hide(&config.hidden);
    process.statuses.tell_streams(config.metrics_streams);
    let context = SinkContext {
        data_dir: config.data_dir.clone(),
        state: process.state.clone(),
        committer: committer.clone(),
        telemetry: process.telemetry().clone(),
    };
    let sinks = open_all(&config.sinks, &context, &[], &orders.stop).await;
    probe_all(&config.sinks, &context, &sinks);
    let mut fleet = Fleet {
        sinks,
        context,
        process: process.clone(),
        config,
        until,
        live,
        told: orders.stop.clone(),
        starting: Starting::default(),
        running: BTreeMap::new(),
        streams: Streams::default(),
        summary: Summary::default(),
    };
    let sources = fleet.config.sources.clone();
    fleet.start(sources, None);
    loop {
        if until == Until::Done && fleet.is_done() {
            break;
        }
        tokio::select! {
            biased;
            () = stopped(&mut orders.stop) => break,
            // Nothing can be committed until the state is opened again: end, so that
            // whoever watches the process starts it anew.
            () = committer.failed() => break,
            Some(config) = orders.reload.recv() => fleet.follow(config).await,
            () = fleet.go_on() => {}
        }
    }
    committer.end();
    fleet.end_all().await;
    Ok(fleet.summary)
}

struct Fleet {
    process: Arc<Process>,
    config: Config,
    until: Until,
    live: bool,
    told: watch::Receiver<bool>,
    sinks: Vec<Arc<dyn Sink>>,
    context: SinkContext,
    starting: Starting,
    running: BTreeMap<String, Running>,
    streams: Streams,
    summary: Summary,
}

impl Fleet {
    fn is_done(&self) -> bool {
        self.starting.is_done() && self.running.is_empty()
    }

    /// Begins to prepare sources.
    fn start(&mut self, sources: Vec<SourceConfig>, reloaded: Option<ConfigReloaded>) {
        // What a source failed of before is of another configuration.
        let ids: HashSet<&str> = sources.iter().map(|source| source.id.as_str()).collect();
        self.summary.failed.retain(|(id, _)| !ids.contains(id.as_str()));
        let preferences =
            self.config.sources.iter().map(|source| (&*source.id, source.prefer.as_slice()));
        let builder = SourceBuilder {
            process: self.process.clone(),
            committer: self.context.committer.clone(),
            outlets: Arc::new(Outlets::new(&self.config, &self.sinks, self.process.telemetry())),
            preferences: Preferences::new(preferences),
            ledger_heads: self.config.ledger_heads,
            live: self.live,
        };
        self.starting = Starting::new(builder, sources, reloaded);
        self.tell_reloaded();
    }

    fn tell_reloaded(&mut self) {
        if let Some(reloaded) = self.starting.take_reloaded() {
            reloaded.emit(self.process.telemetry());
        }
    }

    /// Takes whatever comes next: sources that were prepared, a stream that ended.
    async fn go_on(&mut self) {
        tokio::select! {
            prepared = self.starting.next() => {
                for (source, streams) in prepared {
                    self.enter(&source, streams);
                }
                self.tell_reloaded();
            }
            (source, finished) = self.streams.next() => self.ended(source, finished),
        }
    }

    /// A source was prepared: its streams run, or it is told why not.
    fn enter(&mut self, source: &SourceConfig, prepared: Result<Vec<StreamRun>, CollectError>) {
        match prepared {
            Ok(streams) => {
                let (stop, told) = watch::channel(false);
                let count = streams.len();
                for stream in streams {
                    self.streams.spawn(&source.id, stream.run(self.until, told.clone()));
                }
                if count > 0 {
                    self.running.insert(source.id.clone(), Running { stop, streams: count });
                }
            }
            Err(error) => {
                // The findings of a component come one a line.
                let error = error.to_string().replace('\n', "; ");
                let telemetry = self.process.telemetry_of(source);
                telemetry::SourceNotStarted { error: error.clone() }.emit(&telemetry);
                self.process.statuses.not_started(&source.id, &source.tenant, &error);
                self.summary.failed.push((source.id.clone(), error));
            }
        }
    }

    fn ended(&mut self, source: String, finished: Result<Finished, JoinError>) {
        if let Some(running) = self.running.get_mut(&source) {
            running.streams -= 1;
            if running.streams == 0 {
                self.running.remove(&source);
            }
        }
        match finished {
            Ok((counts, result)) => {
                self.summary.counts.add(counts);
                self.summary.failed.extend(result.err());
            }
            Err(error) => self.summary.failed.push((source, error.to_string())),
        }
    }

    /// Ends these sources, side by side, and waits for it.
    async fn end(&mut self, ids: &[String]) {
        for running in ids.iter().filter_map(|id| self.running.get(id)) {
            running.stop.send_replace(true);
        }
        while ids.iter().any(|id| self.running.contains_key(id)) {
            let (source, finished) = self.streams.next().await;
            self.ended(source, finished);
        }
    }

    /// Goes over to another configuration: what did not change goes on undisturbed.
    async fn follow(&mut self, config: Config) {
        let telemetry = self.process.telemetry().clone();
        let refuse = |error: String| telemetry::ReloadRefused { error }.emit(&telemetry);
        if config.metrics_listen != self.config.metrics_listen {
            let what = "metrics_listen cannot change while running; start anew for that";
            return refuse(what.to_owned());
        }
        if config.data_dir != self.config.data_dir {
            return refuse("data_dir cannot change while running; start anew for that".to_owned());
        }
        // Whoever has not begun to read is prepared anew, by the new configuration.
        if let Some(reloaded) = self.starting.stop().await {
            reloaded.emit(&telemetry);
        }
        self.process.statuses.hide(&config.hidden);
        self.process.statuses.tell_streams(config.metrics_streams);
        let changes = Changes::between(&self.config, &config);
        let ending: Vec<String> = changes.ending().cloned().collect();
        self.end(&ending).await;
        for id in &ending {
            self.process.statuses.leave(id);
            telemetry.forget_source(id);
        }
        // Their sources have ended, so nothing holds a sink that is to be opened anew.
        self.sinks.retain(|sink| !changes.sinks.contains(sink.id()));
        changes.sinks.iter().for_each(|id| telemetry.forget_sink(id));
        self.config = config;
        self.sinks = open_all(&self.config.sinks, &self.context, &self.sinks, &self.told).await;
        let sources = self.config.sources.iter();
        let starting = sources.filter(|source| !self.running.contains_key(&source.id));
        let starting = starting.cloned().collect();
        let reloaded = ConfigReloaded {
            started: changes.started.len(),
            stopped: changes.stopped.len(),
            changed: changes.changed.len(),
        };
        self.start(starting, Some(reloaded));
    }

    async fn end_all(&mut self) {
        let ids: Vec<String> = self.running.keys().cloned().collect();
        for running in self.running.values() {
            running.stop.send_replace(true);
        }
        // Nobody waits any more for what was to be told.
        let _ = self.starting.stop().await;
        self.end(&ids).await;
    }
}

/// The streams of all sources, and whose each is.
#[derive(Default)]
struct Streams {
    tasks: JoinSet<Finished>,
    sources: HashMap<Id, String>,
}

impl Streams {
    fn spawn(&mut self, source: &str, run: impl Future<Output = Finished> + Send + 'static) {
        let task = self.tasks.spawn(run).id();
        self.sources.insert(task, source.to_owned());
    }

    /// The next one that ends, and its source; waits for ever when none runs.
    async fn next(&mut self) -> (String, Result<Finished, JoinError>) {
        let (id, finished) = match self.tasks.join_next_with_id().await {
            Some(Ok((id, finished))) => (id, Ok(finished)),
            Some(Err(error)) => (error.id(), Err(error)),
            None => std::future::pending().await,
        };
        (self.sources.remove(&id).unwrap_or_else(|| "?".to_owned()), finished)
    }
}
