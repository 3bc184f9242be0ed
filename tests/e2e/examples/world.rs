//! A service whose events go down an example's road, and what became of them.
//!
//! Invariant: who is killed is killed at a count of events, never at a time, so that
//! each kill falls into the work.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use signon_host::render::{Format, event_id};
use signon_simulator::Options;

use super::example;
use crate::support::{Running, Service, options, run, say, wait_until, whole_lines};

/// What a suite has time for.
const EVENTS: u64 = 3_000;

/// Kills of each side.
const KILLS: u64 = 3;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// A service and a configuration with an example's sink.
pub struct World {
    pub service: Service,
    config: PathBuf,
    kills: u64,
}

impl World {
    /// Starts a service that has nothing but sign-ons.
    pub fn begin() -> Self {
        let events = number("SIGNON_EXAMPLE_EVENTS", EVENTS);
        let options = Options { events, sign_on_share: 1.0, page_size: 100, ..options() };
        let service = Service::start(options);
        let kills = number("SIGNON_EXAMPLE_KILLS", KILLS);
        Self { config: service.path("example.toml"), service, kills }
    }

    /// Its folder.
    pub fn folder(&self) -> String {
        self.service.folder().display().to_string()
    }

    /// Takes the sink of an example, with these places instead of its own; the source
    /// stays the simulator's.
    pub fn takes(&self, file: &str, places: &[(&str, &str)]) {
        let text = example(file, places);
        let (_, sink) = text.split_once("[sinks.").unwrap();
        let config = self.service.config().text();
        let (head, _) = config.split_once("[sinks.").unwrap();
        std::fs::write(&self.config, format!("{head}[sinks.{sink}")).unwrap();
    }

    /// Collects everything; on the way signon is killed at each of so many counts of what
    /// it has `written`, and `restart` kills the receiver, if that is to be, at as many of
    /// what has `arrived`.
    pub fn live_through(
        &self,
        written: &dyn Fn() -> usize,
        arrived: &dyn Fn() -> usize,
        restart: Option<&mut dyn FnMut()>,
    ) -> Told {
        let total = self.service.simulator.truth().len();
        let kills = usize::try_from(self.kills).unwrap();
        let point = |kill: usize| total * kill / (kills + 1);
        let (mut restart, mut killed, mut restarted) = (restart, 0, 0);
        let mut signon = Some(Running::start(&mut run(&self.config, true)));
        while signon.is_some() || (restart.is_some() && restarted < kills) {
            if let Some(mut running) = signon.take() {
                if killed < kills && written() >= point(killed + 1) {
                    // It may have got to its end meanwhile; what it left undone it does now.
                    running.kill();
                    killed += 1;
                    signon = Some(Running::start(&mut run(&self.config, true)));
                } else if running.has_ended() {
                    running.wait().success();
                } else {
                    signon = Some(running);
                }
            }
            if let Some(restart) = &mut restart
                && restarted < kills
                && arrived() >= point(restarted + 1)
            {
                restart();
                restarted += 1;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        Told { total, killed, restarted }
    }
}

/// What was done to a run.
pub struct Told {
    total: usize,
    killed: usize,
    restarted: usize,
}

impl Told {
    /// Waits until everything has arrived. Fails the test if something came again that
    /// no kill explains; tells the figures.
    pub fn judge(&self, name: &str, world: &World, arrived: &dyn Fn() -> BTreeMap<String, u32>) {
        let truth = world.service.simulator.truth();
        wait_until(&format!("every event at {name}"), || {
            let arrived = arrived();
            truth.iter().all(|id| arrived.contains_key(id))
        });
        let arrived = arrived();
        let foreign: Vec<_> = arrived.keys().filter(|id| !truth.contains(*id)).collect();
        assert!(foreign.is_empty(), "at {name}, but nowhere else: {foreign:?}");
        // What was in flight at a kill comes again, once for each kill.
        let most = u32::try_from(1 + self.killed + self.restarted).unwrap();
        assert!(arrived.values().all(|times| *times <= most), "at {name}: too often");
        let out: u32 = arrived.values().sum();
        say(&format!(
            "{name}: {} events in, {out} out, 0 lost, {} twice; signon killed {} times, \
             the receiver {}",
            self.total,
            out as usize - self.total,
            self.killed,
            self.restarted
        ));
    }
}

/// How often each event is in a file of lines.
pub fn counted(path: &Path, format: Format) -> BTreeMap<String, u32> {
    let text = String::from_utf8(whole_lines(path)).unwrap();
    let mut counted = BTreeMap::new();
    for line in text.lines() {
        let id = event_id(line, format).unwrap_or_else(|| panic!("no event: {line}"));
        *counted.entry(id).or_default() += 1;
    }
    counted
}

/// Whole lines of a file.
pub fn count_of_lines(path: &Path) -> usize {
    whole_lines(path).iter().filter(|byte| **byte == b'\n').count()
}
