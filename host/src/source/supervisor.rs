//! Which sources run: starts them, ends them, and follows a configuration that
//! changes, without losing a position.
//!
//! Invariant: a source never runs twice at once, and a sink is opened anew only
//! after all its sources have ended, so that nothing it took is in mid-air.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::builder::SourceBuilder;
use super::process::{Orders, Process, Summary};
use crate::config::{Config, SourceConfig};
use crate::pipeline::CollectError;
use crate::pipeline::Preferences;
use crate::read::Until;
use crate::sinks::{Sink, SinkContext, open_all, probe_all};
use crate::state::{Committer, Counts};
use crate::telemetry;

/// What a stream counted, and the source and reason if it failed.
type Finished = (Counts, Result<(), (String, String)>);

/// A source that runs.
struct Running {
    stop: watch::Sender<bool>,
    streams: JoinSet<Finished>,
}

impl Running {
    async fn end(mut self, summary: &mut Summary) {
        self.stop.send_replace(true);
        while let Some(finished) = self.streams.join_next().await {
            take(finished, summary);
        }
    }
}

/// Runs the sources of a configuration, and of those that come after it.
pub async fn run(
    process: &Process,
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
    let sinks = open_all(&config.sinks, &context, &[]).await;
    probe_all(&config.sinks, &context, &sinks);
    let mut fleet = Fleet {
        sinks,
        context,
        process,
        config,
        until,
        live,
        running: BTreeMap::new(),
        summary: Summary::default(),
    };
    let sources = fleet.config.sources.clone();
    fleet.start(&sources).await;
    loop {
        if fleet.running.is_empty() && until == Until::Done {
            break;
        }
        tokio::select! {
            () = crate::read::stopped(&mut orders.stop) => break,
            // Nothing can be committed until the state is opened again: end, so that
            // whoever watches the process starts it anew.
            () = committer.failed() => break,
            Some(config) = orders.reload.recv() => fleet.follow(config).await,
            () = fleet.one_ends() => {}
        }
    }
    committer.end();
    fleet.end_all().await;
    Ok(fleet.summary)
}

struct Fleet<'c> {
    process: &'c Process,
    config: Config,
    until: Until,
    live: bool,
    sinks: Vec<Arc<dyn Sink>>,
    context: SinkContext,
    running: BTreeMap<String, Running>,
    summary: Summary,
}

impl Fleet<'_> {
    async fn start(&mut self, sources: &[SourceConfig]) {
        // What a source failed of before is of another configuration.
        self.summary.failed.retain(|(id, _)| !sources.iter().any(|source| source.id == *id));
        let preferences =
            self.config.sources.iter().map(|source| (&*source.id, source.prefer.as_slice()));
        let preferences = Preferences::new(preferences);
        let mut prepared = Vec::new();
        for source in sources {
            let builder = SourceBuilder {
                process: self.process,
                committer: &self.context.committer,
                sinks: &self.sinks,
                preferences: &preferences,
                live: self.live,
            };
            match builder.build(&self.config, source).await {
                Ok(streams) => prepared.push((source.id.clone(), streams)),
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
        // All are in the registry before the first one reads: some wait for others.
        for (id, prepared) in prepared {
            let (stop, told) = watch::channel(false);
            let mut streams = JoinSet::new();
            for stream in prepared {
                streams.spawn(stream.run(self.until, told.clone()));
            }
            self.running.insert(id, Running { stop, streams });
        }
    }

    /// Waits until a stream ends; for ever when none runs.
    async fn one_ends(&mut self) {
        let ended = std::future::poll_fn(|context| {
            for (id, running) in &mut self.running {
                match running.streams.poll_join_next(context) {
                    std::task::Poll::Ready(Some(finished)) => {
                        return std::task::Poll::Ready((id.clone(), Some(finished)));
                    }
                    std::task::Poll::Ready(None) => {
                        return std::task::Poll::Ready((id.clone(), None));
                    }
                    std::task::Poll::Pending => {}
                }
            }
            std::task::Poll::Pending
        });
        let (id, finished) = ended.await;
        match finished {
            Some(finished) => take(finished, &mut self.summary),
            None => {
                self.running.remove(&id);
            }
        }
    }

    /// Goes over to another configuration: what did not change goes on undisturbed.
    async fn follow(&mut self, config: Config) {
        let telemetry = self.process.telemetry();
        let refuse = |error: String| telemetry::ReloadRefused { error }.emit(telemetry);
        if config.metrics_listen != self.config.metrics_listen {
            let what = "metrics_listen cannot change while running; start anew for that";
            return refuse(what.to_owned());
        }
        if config.data_dir != self.config.data_dir {
            return refuse("data_dir cannot change while running; start anew for that".to_owned());
        }
        self.process.statuses.hide(&config.hidden);
        self.process.statuses.tell_streams(config.metrics_streams);
        let changes = Changes::between(&self.config, &config);
        for id in changes.ending() {
            if let Some(running) = self.running.remove(id) {
                running.end(&mut self.summary).await;
            }
            self.process.statuses.leave(id);
            telemetry.forget_source(id);
        }
        // Their sources have ended, so nothing holds a sink that is to be opened anew.
        self.sinks.retain(|sink| !changes.sinks.contains(sink.id()));
        changes.sinks.iter().for_each(|id| telemetry.forget_sink(id));
        self.config = config;
        self.sinks = open_all(&self.config.sinks, &self.context, &self.sinks).await;
        let starting: Vec<SourceConfig> = self
            .config
            .sources
            .iter()
            .filter(|source| !self.running.contains_key(&source.id))
            .cloned()
            .collect();
        self.start(&starting).await;
        telemetry::ConfigReloaded {
            started: changes.started.len(),
            stopped: changes.stopped.len(),
            changed: changes.changed.len(),
        }
        .emit(telemetry);
    }

    async fn end_all(&mut self) {
        for running in self.running.values() {
            running.stop.send_replace(true);
        }
        while let Some((_, running)) = self.running.pop_first() {
            running.end(&mut self.summary).await;
        }
    }
}

fn take(finished: Result<Finished, tokio::task::JoinError>, summary: &mut Summary) {
    match finished {
        Ok((counts, result)) => {
            summary.counts.add(counts);
            summary.failed.extend(result.err());
        }
        Err(error) => summary.failed.push(("?".to_owned(), error.to_string())),
    }
}

/// What differs between two configurations, by id.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    started: BTreeSet<String>,
    stopped: BTreeSet<String>,
    changed: BTreeSet<String>,
    sinks: BTreeSet<String>,
}

impl Changes {
    fn between(old: &Config, new: &Config) -> Self {
        let mut changes = Self::default();
        let sink =
            |config: &Config, id: &str| config.sinks.iter().find(|sink| sink.id == id).cloned();
        for id in old.sinks.iter().chain(&new.sinks).map(|sink| &sink.id) {
            let (before, after) = (sink(old, id), sink(new, id));
            if !before.is_some_and(|before| after.is_some_and(|after| before.is_same(&after))) {
                changes.sinks.insert(id.clone());
            }
        }
        let heads = old.ledger_heads == new.ledger_heads;
        for source in &old.sources {
            match new.sources.iter().find(|other| other.id == source.id) {
                None => {
                    changes.stopped.insert(source.id.clone());
                }
                Some(other) => {
                    let sinks = old.sinks.iter().chain(&new.sinks);
                    let mut touched = sinks.filter(|sink| changes.sinks.contains(&sink.id));
                    let touched = touched.any(|sink| sink.takes(&source.id));
                    if !heads || touched || !source.is_same(other) {
                        changes.changed.insert(source.id.clone());
                    }
                }
            }
        }
        let known = |id: &String| old.sources.iter().any(|source| source.id == *id);
        changes.started =
            new.sources.iter().map(|source| source.id.clone()).filter(|id| !known(id)).collect();
        changes.end_groups(old, new);
        changes
    }

    /// Who yields to whom is known to each member when it starts.
    fn end_groups(&mut self, old: &Config, new: &Config) {
        let of = |config: &Config| {
            let preferences = config.sources.iter().filter(|source| !source.prefer.is_empty());
            preferences
                .map(|source| (source.id.clone(), source.prefer.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        let (before, after) = (of(old), of(new));
        if before == after {
            return;
        }
        let members = before
            .iter()
            .chain(&after)
            .flat_map(|(id, prefer)| std::iter::once(id.clone()).chain(prefer.iter().cloned()));
        let members: BTreeSet<String> =
            members.filter(|id| !self.started.contains(id) && !self.stopped.contains(id)).collect();
        self.changed.extend(members);
    }

    fn ending(&self) -> impl Iterator<Item = &String> {
        self.stopped.iter().chain(&self.changed)
    }
}
