//! Sources on their way from the configuration to their first reading: a few at a time are
//! prepared, and each is handed out as soon as it may read.
//!
//! Invariant: sources that have to know of one another are handed out together, when all
//! of them were prepared: one that yields reads as far as it likes while the one it waits
//! for is not in the registry.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::task::JoinSet;

use super::builder::SourceBuilder;
use crate::config::SourceConfig;
use crate::limits::cores;
use crate::pipeline::CollectError;
use crate::read::StreamRun;
use crate::telemetry::ConfigReloaded;

/// Sources prepared at once for each core: most of it is computing, but one may wait for
/// a program that gives its secret.
const AT_ONCE_PER_CORE: usize = 2;

/// What became of one.
pub type Prepared = (Arc<SourceConfig>, Result<Vec<StreamRun>, CollectError>);

/// Those that have not been handed out yet.
#[derive(Default)]
pub struct Starting {
    queue: VecDeque<Arc<SourceConfig>>,
    tasks: JoinSet<Prepared>,
    at_once: usize,
    builder: Option<SourceBuilder>,
    groups: Groups<Prepared>,
    /// Told when all have been.
    reloaded: Option<ConfigReloaded>,
}

impl Starting {
    /// Begins with these, members of a group one after the other.
    pub fn new(
        builder: SourceBuilder,
        sources: Vec<SourceConfig>,
        reloaded: Option<ConfigReloaded>,
    ) -> Self {
        let prefers = sources.iter().map(|source| (&*source.id, source.prefer.as_slice()));
        let groups = Groups::new(prefers);
        let mut sources: Vec<Arc<SourceConfig>> = sources.into_iter().map(Arc::new).collect();
        sources.sort_by_key(|source| groups.of(&source.id));
        Self {
            queue: sources.into(),
            tasks: JoinSet::new(),
            at_once: AT_ONCE_PER_CORE * cores(),
            builder: Some(builder),
            groups,
            reloaded,
        }
    }

    /// Whether all were handed out.
    pub fn is_done(&self) -> bool {
        self.queue.is_empty() && self.tasks.is_empty()
    }

    /// What is to be told now that all were handed out; once.
    pub fn take_reloaded(&mut self) -> Option<ConfigReloaded> {
        self.reloaded.take_if(|_| self.queue.is_empty() && self.tasks.is_empty())
    }

    /// Those that may begin next, several if they belong together; waits for ever when all
    /// have been handed out. May be dropped at any moment.
    pub async fn next(&mut self) -> Vec<Prepared> {
        while self.tasks.len() < self.at_once
            && let Some((source, builder)) = self.queue.pop_front().zip(self.builder.clone())
        {
            self.tasks.spawn(async move {
                let streams = builder.build(&source).await;
                (source, streams)
            });
        }
        match self.tasks.join_next().await {
            Some(Ok(prepared)) => {
                let id = prepared.0.id.clone();
                self.groups.add(&id, prepared)
            }
            // A panic is a fault of ours: whoever started us has to know.
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Some(Err(_)) => Vec::new(),
            None => std::future::pending().await,
        }
    }

    /// Gives up what has not been handed out, and waits until nothing of it is under way.
    /// What was to be told after it.
    pub async fn stop(&mut self) -> Option<ConfigReloaded> {
        self.tasks.shutdown().await;
        std::mem::take(self).reloaded
    }
}

/// Which of them have to wait for one another, and those that do.
struct Groups<T> {
    /// By id of a member; whoever is in none is a group by itself.
    numbers: HashMap<String, usize>,
    /// How many of each group are still to come, and those that came.
    waiting: HashMap<usize, (usize, Vec<T>)>,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), waiting: HashMap::new() }
    }
}

impl<T> Groups<T> {
    /// Of (source, preferred sources). Whom a source prefers it knows, and whoever
    /// prefers the same one, too.
    fn new<'s>(sources: impl Iterator<Item = (&'s str, &'s [String])> + Clone) -> Self {
        let ids: HashMap<&str, usize> =
            sources.clone().enumerate().map(|(number, (id, _))| (id, number)).collect();
        let mut above: Vec<usize> = (0..ids.len()).collect();
        let top = |above: &mut Vec<usize>, mut number: usize| {
            while above[number] != number {
                above[number] = above[above[number]];
                number = above[number];
            }
            number
        };
        for (number, (_, preferred)) in sources.clone().enumerate() {
            // One that is not here reads already, or failed to start before.
            for other in preferred.iter().filter_map(|id| ids.get(id.as_str())) {
                let (a, b) = (top(&mut above, number), top(&mut above, *other));
                above[a.max(b)] = a.min(b);
            }
        }
        let mut groups = Self::default();
        for (number, (id, _)) in sources.enumerate() {
            let group = top(&mut above, number);
            groups.numbers.insert(id.to_owned(), group);
            groups.waiting.entry(group).or_insert((0, Vec::new())).0 += 1;
        }
        groups
    }

    fn of(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// Adds a member; all of its group, if it was the last.
    fn add(&mut self, id: &str, member: T) -> Vec<T> {
        let Some((group, (left, members))) =
            self.of(id).and_then(|group| Some((group, self.waiting.get_mut(&group)?)))
        else {
            return vec![member];
        };
        members.push(member);
        *left -= 1;
        if *left > 0 {
            return Vec::new();
        }
        self.waiting.remove(&group).map_or_else(Vec::new, |(_, members)| members)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whoever_prefers_is_handed_out_with_the_preferred_and_nobody_is_forgotten(
            prefers in proptest::collection::vec(
                proptest::collection::vec(0_usize..12, 0..2), 1..10,
            ),
            order in any::<prop::sample::Index>(),
        ) {
            let id = |number: usize| format!("s{number}");
            let sources: Vec<(String, Vec<String>)> = prefers
                .iter()
                .enumerate()
                .map(|(number, prefers)| (id(number), prefers.iter().map(|n| id(*n)).collect()))
                .collect();
            let mut groups =
                Groups::new(sources.iter().map(|(id, prefers)| (id.as_str(), prefers.as_slice())));
            let mut left: Vec<&(String, Vec<String>)> = sources.iter().collect();
            left.rotate_left(order.index(sources.len()));
            let mut handed_out = Vec::new();
            while let Some((id, _)) = left.pop() {
                let together = groups.add(id, id.clone());
                handed_out.extend(together);
                for (id, preferred) in &sources {
                    let is_out = |id: &String| handed_out.contains(id);
                    let here = preferred.iter().filter(|other| sources.iter().any(|(id, _)| id == *other));
                    for other in here {
                        prop_assert_eq!(is_out(id), is_out(other), "{} and {}", id, other);
                    }
                }
            }
            prop_assert_eq!(handed_out.len(), sources.len());
        }
    }

    #[test]
    fn a_source_that_prefers_nobody_waits_for_nobody() {
        let none: [String; 0] = [];
        let mut groups = Groups::new([("a", none.as_slice()), ("b", none.as_slice())].into_iter());
        assert_eq!(groups.add("b", 2), [2]);
        assert_eq!(groups.add("a", 1), [1]);
    }
}
