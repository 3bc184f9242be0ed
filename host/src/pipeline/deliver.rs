//! Hands a batch to every sink of its source.
//!
//! All sinks behind a server take it at the same time. When all of them have it, the
//! files follow in the order of their ids, and the last file writes the commit with its
//! lines. Nothing is held for a batch but its own claims and its own bytes.
//!
//! Invariant: receipts are settled after the commit, and only then; one that is dropped
//! means that the batch comes again.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::{join_all, select_all};

use super::error::CollectError;
use super::outlet::{Outlet, lines_for_each};
use crate::contract::SignOnEvent;
use crate::limits::off_the_threads;
use crate::render::Owner;
use crate::sinks::{Line, Probe, Receipt, SinkError, WriteError};
use crate::state::{Commit, CommitError, Committer, Outcomes};
use crate::telemetry;

/// Events that are rendered without a look at how long it takes: some milliseconds.
const FEW_EVENTS: usize = 32;

/// A batch that every sink has taken but for the last file.
#[derive(Default)]
pub struct Delivered {
    receipts: Vec<Box<dyn Receipt>>,
    last: Option<(Outlet, Arc<[Line]>)>,
}

/// The sinks that are down and that this reading may try.
#[derive(Debug, Default)]
pub struct Probes(Vec<(String, Probe)>);

impl Probes {
    fn has(&self, outlet: &Outlet) -> bool {
        self.0.iter().any(|(sink, _)| sink == outlet.sink.id())
    }

    /// Nothing is tried any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Waits until every sink takes something or may be tried. With `gives_up` a sink that
    /// others have tried in vain is an error. Nobody waits for one sink with leave to try
    /// another: whoever has nothing for the first would wait for it, too.
    ///
    /// # Errors
    ///
    /// See `gives_up`.
    pub async fn ready(&mut self, outlets: &[Outlet], gives_up: bool) -> Result<(), CollectError> {
        while let Some(outlet) = self.first_down(outlets) {
            let (sink, health) = (outlet.sink.id(), outlet.sink.health());
            if gives_up && health.is_given_up() {
                return Err(down(outlet));
            }
            if let Some(probe) = health.try_probe() {
                self.0.push((sink.to_owned(), probe));
                continue;
            }
            self.0.clear();
            tokio::select! {
                probe = health.ready() => {
                    self.0.extend(probe.map(|probe| (sink.to_owned(), probe)));
                }
                () = health.given_up(), if gives_up => return Err(down(outlet)),
            }
        }
        Ok(())
    }

    /// One that is down and that is not this reading's to try.
    fn first_down<'o>(&self, outlets: &'o [Outlet]) -> Option<&'o Outlet> {
        outlets.iter().find(|outlet| outlet.sink.health().is_down() && !self.has(outlet))
    }

    /// Whether a sink is down and not this reading's to try.
    ///
    /// # Errors
    ///
    /// The sink, then.
    pub fn down(&self, outlets: &[Outlet]) -> Result<(), CollectError> {
        self.first_down(outlets).map_or(Ok(()), |outlet| Err(down(outlet)))
    }

    /// Returns when a sink is down and others try it.
    async fn parked(&mut self, outlets: &[Outlet]) -> CollectError {
        loop {
            let others: Vec<&Outlet> = outlets.iter().filter(|outlet| !self.has(outlet)).collect();
            if others.is_empty() {
                return std::future::pending().await;
            }
            let downs = others.iter().map(|outlet| Box::pin(outlet.sink.health().down()));
            let ((), which, _) = select_all(downs).await;
            let outlet = others[which];
            match outlet.sink.health().try_probe() {
                Some(probe) => self.0.push((outlet.sink.id().to_owned(), probe)),
                None => return down(outlet),
            }
        }
    }
}

fn down(outlet: &Outlet) -> CollectError {
    let since = outlet.sink.health().down_since().map(|since| since.elapsed()).unwrap_or_default();
    CollectError::Sink { sink: outlet.sink.id().to_owned(), source: SinkError::Down { since } }
}

/// Hands events to every sink but the last file. It may take as long as a sink does; the
/// future can be dropped at any moment, and then the events come again.
///
/// # Errors
///
/// When a sink did not take them, or is down while others try it.
pub async fn deliver(
    outlets: &[Outlet],
    events: &[SignOnEvent],
    owner: &Arc<Owner>,
    component: &str,
    probes: &mut Probes,
) -> Result<Delivered, CollectError> {
    if events.is_empty() {
        return Ok(Delivered::default());
    }
    let render = || lines_for_each(outlets, events, owner, component);
    let lines = if events.len() > FEW_EVENTS { off_the_threads(render) } else { render() };
    tokio::select! {
        delivered = fan_out(outlets, lines) => delivered,
        error = probes.parked(outlets) => Err(error),
    }
}

async fn fan_out(outlets: &[Outlet], lines: Vec<Arc<[Line]>>) -> Result<Delivered, CollectError> {
    let (mut files, servers): (Vec<_>, Vec<_>) =
        outlets.iter().zip(lines).partition(|(outlet, _)| outlet.sink.as_file().is_some());
    let handed = servers.into_iter().map(|(outlet, lines)| hand(outlet, lines));
    // All of them, also when one has failed: what the others took must not go out twice.
    let handed = join_all(handed).await;
    let mut receipts = handed.into_iter().collect::<Result<Vec<_>, _>>()?;
    files.sort_by(|(one, _), (other, _)| one.sink.id().cmp(other.sink.id()));
    let last = files.pop().map(|(outlet, lines)| (outlet.clone(), lines));
    for (outlet, lines) in files {
        receipts.push(hand(outlet, lines).await?);
    }
    Ok(Delivered { receipts, last })
}

async fn hand(outlet: &Outlet, lines: Arc<[Line]>) -> Result<Box<dyn Receipt>, CollectError> {
    let started = Instant::now();
    let receipt = match outlet.sink.as_file() {
        Some(file) => file.append(lines.clone()).await,
        None => outlet.sink.deliver(&lines).await,
    };
    let receipt = receipt.map_err(|error| failed(outlet, error))?;
    took(outlet, &lines, started);
    Ok(receipt)
}

fn took(outlet: &Outlet, lines: &[Line], started: Instant) {
    outlet.sink.health().succeeded();
    let (events, took) = (lines.len(), started.elapsed());
    telemetry::SinkDelivered { events, took }.emit(&outlet.telemetry);
}

fn failed(outlet: &Outlet, source: SinkError) -> CollectError {
    outlet.sink.health().failed();
    telemetry::SinkFailed { error: source.to_string() }.emit(&outlet.telemetry);
    CollectError::Sink { sink: outlet.sink.id().to_owned(), source }
}

impl Delivered {
    /// Writes the commit, with the last file's lines if there is one, and settles the
    /// receipts.
    ///
    /// # Errors
    ///
    /// When it was not written; then nothing is settled.
    pub async fn commit(
        self,
        mut commit: Commit,
        committer: &Committer,
    ) -> Result<(), CollectError> {
        commit.recognized.extend(self.receipts.iter().filter_map(|receipt| receipt.recognized()));
        crate::crash::point("before-commit");
        match self.last {
            Some((outlet, lines)) => write(&outlet, lines, commit).await?,
            None => alone(committer.commit(commit.into()).await)?,
        }
        crate::crash::point("before-settle");
        self.receipts.into_iter().for_each(Receipt::settle);
        Ok(())
    }
}

async fn write(outlet: &Outlet, lines: Arc<[Line]>, commit: Commit) -> Result<(), CollectError> {
    let Some(file) = outlet.sink.as_file() else { return Ok(()) };
    let started = Instant::now();
    match file.append_and_commit(lines.clone(), commit).await {
        Ok(()) => {
            took(outlet, &lines, started);
            Ok(())
        }
        Err(WriteError::Sink(error)) => Err(failed(outlet, error)),
        Err(WriteError::Refused(refused)) => Err(CollectError::Refused(refused)),
        Err(WriteError::State(error)) => Err(CollectError::Commit(error)),
    }
}

/// The result of a group of one.
fn alone(results: Result<Outcomes, CommitError>) -> Result<(), CollectError> {
    let refused = results?.into_iter().find_map(Result::err);
    refused.map_or(Ok(()), |refused| Err(CollectError::Refused(refused)))
}

#[cfg(test)]
mod tests;
