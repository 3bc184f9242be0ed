//! How long after its time a late event was first shown, so that the schedule of
//! readings can be chosen from data.
//!
//! Invariant: the buckets add up to the events. A delay is measured from the time
//! the source recorded the event to the reading that showed it, so it is an upper
//! bound.

use serde::{Deserialize, Serialize};

/// Upper bounds of the buckets in milliseconds: 1, 5, 20 minutes, 1, 6, 24 hours,
/// 3 days; one more bucket holds what is longer.
pub const DELAY_BOUNDS_MS: [i64; 7] =
    [60_000, 300_000, 1_200_000, 3_600_000, 21_600_000, 86_400_000, 259_200_000];

/// Late events of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Late {
    /// How many.
    pub events: u64,
    /// The longest delay, milliseconds.
    pub longest_ms: i64,
    /// How many had a delay up to each of [`DELAY_BOUNDS_MS`], and beyond.
    pub buckets: [u64; DELAY_BOUNDS_MS.len() + 1],
}

impl Late {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.events == 0
    }

    /// Counts an event with its delay in milliseconds.
    pub fn record(&mut self, delay_ms: i64) {
        self.events += 1;
        self.longest_ms = self.longest_ms.max(delay_ms);
        let bucket = DELAY_BOUNDS_MS.partition_point(|bound| *bound < delay_ms);
        self.buckets[bucket] += 1;
    }

    /// Adds another's figures.
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.longest_ms = self.longest_ms.max(other.longest_ms);
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn buckets_add_up_however_the_delays_are_split(delays in prop::collection::vec(-5i64..400_000_000, 0..40), at in 0usize..40) {
            let (left, right) = delays.split_at(at.min(delays.len()));
            let count = |delays: &[i64]| {
                let mut late = Late::default();
                delays.iter().for_each(|delay| late.record(*delay));
                late
            };
            let mut both = count(left);
            both.add(&count(right));
            prop_assert_eq!(both, count(&delays));
            prop_assert_eq!(both.buckets.iter().sum::<u64>(), both.events);
        }
    }
}
