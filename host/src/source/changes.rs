//! What differs between two configurations.
//!
//! Invariant: whoever cannot go on as it is ends: what is not named here goes on
//! undisturbed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::config::{Config, SourceConfig};
use crate::sinks::{InputIndex, SinkConfig};

fn sinks_of(config: &Config) -> HashMap<&str, &SinkConfig> {
    config.sinks.iter().map(|sink| (sink.id.as_str(), sink)).collect()
}

fn sources_of(config: &Config) -> HashMap<&str, &SourceConfig> {
    config.sources.iter().map(|source| (source.id.as_str(), source)).collect()
}

/// What differs between two configurations, by id.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub started: BTreeSet<String>,
    pub stopped: BTreeSet<String>,
    pub changed: BTreeSet<String>,
    pub sinks: BTreeSet<String>,
}

impl Changes {
    pub fn between(old: &Config, new: &Config) -> Self {
        let mut changes = Self::default();
        let (before, after) = (sinks_of(old), sinks_of(new));
        for id in before.keys().chain(after.keys()) {
            let same = before.get(id).zip(after.get(id)).is_some_and(|(a, b)| a.is_same(b));
            if !same {
                changes.sinks.insert((*id).to_owned());
            }
        }
        let touched = old.sinks.iter().chain(&new.sinks);
        let touched = touched.filter(|sink| changes.sinks.contains(&sink.id));
        let touched = InputIndex::new(touched.map(|sink| sink.inputs.as_slice()));
        let heads = old.ledger_heads == new.ledger_heads;
        let (known, sources) = (sources_of(old), sources_of(new));
        for source in &old.sources {
            match sources.get(source.id.as_str()) {
                None => {
                    changes.stopped.insert(source.id.clone());
                }
                Some(other) => {
                    let is_touched = !touched.taking(&source.id).is_empty();
                    if !heads || is_touched || !source.is_same(other) {
                        changes.changed.insert(source.id.clone());
                    }
                }
            }
        }
        let is_new = |id: &&String| !known.contains_key(id.as_str());
        changes.started =
            new.sources.iter().map(|source| &source.id).filter(is_new).cloned().collect();
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

    pub fn ending(&self) -> impl Iterator<Item = &String> {
        self.stopped.iter().chain(&self.changed)
    }
}
