//! The ids that a reading may meet again.
//!
//! Read from the state once, for the range of the reading and what lies around it; before
//! each batch only what was committed since, by whomever.
//!
//! Invariant: after a refresh it holds every id that was committed by then for a range that
//! meets its own.

use crate::planner::Range;
use crate::state::{Run, RunNumber, SeenId, State, StateError, StreamKey};

/// Ids of a stream, from a range and what is around it.
#[derive(Debug)]
pub struct Seen {
    around: Range,
    last: RunNumber,
    /// Each sorted, and more than twice as long as the one behind it, so that there are few
    /// to look into.
    sorted: Vec<Vec<SeenId>>,
}

impl Seen {
    /// Nothing yet.
    pub fn new(around: Range) -> Self {
        Self { around, last: RunNumber::NONE, sorted: Vec::new() }
    }

    /// Takes in what was committed since the last time.
    ///
    /// # Errors
    ///
    /// When the state cannot be read.
    pub async fn refresh(&mut self, key: &StreamKey, state: &dyn State) -> Result<(), StateError> {
        let runs = state.runs(key, self.around, self.last).await?;
        runs.into_iter().for_each(|run| self.add(run));
        Ok(())
    }

    /// Whether it was committed before.
    pub fn holds(&self, id: SeenId) -> bool {
        self.sorted.iter().any(|ids| ids.binary_search(&id).is_ok())
    }

    fn add(&mut self, run: Run) {
        self.last = self.last.max(run.number);
        let mut ids = run.ids;
        while let Some(before) = self.sorted.pop_if(|before| before.len() <= 2 * ids.len()) {
            ids.extend(before);
            // Both are in order already: nearly a merge.
            ids.sort();
            ids.dedup();
        }
        self.sorted.push(ids);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(number: u16) -> SeenId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&number.to_le_bytes());
        SeenId::stored(bytes)
    }

    proptest! {
        #[test]
        fn every_id_of_every_run_is_held_and_no_other_in_few_places(
            runs in prop::collection::vec(prop::collection::btree_set(0_u16..2_000, 0..40), 0..60),
        ) {
            let mut seen = Seen::new(Range::default());
            let mut all = std::collections::BTreeSet::new();
            for (number, run) in (1..).zip(runs) {
                all.extend(run.iter().copied());
                let mut ids: Vec<SeenId> = run.into_iter().map(id).collect();
                ids.sort_unstable();
                let number = RunNumber::stored(number);
                seen.add(Run { number, fetched: Range::default(), ids });
                prop_assert_eq!(seen.last, number);
            }
            for number in 0..2_000 {
                prop_assert_eq!(seen.holds(id(number)), all.contains(&number), "{}", number);
            }
            prop_assert!(seen.sorted.len() <= 12, "{} places", seen.sorted.len());
        }
    }
}
