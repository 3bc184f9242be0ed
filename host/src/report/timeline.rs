//! Sign-ons by time, in steps that a chart can show.

use std::collections::BTreeMap;

/// The finest step: an hour.
const HOUR_MS: i64 = 3_600_000;

/// Most hours kept, eleven years; a time that somebody made up is not worth more.
const MOST_HOURS: usize = 100_000;

/// Most bars of a chart, so that each is still seen on a telephone.
const MOST_BARS: i64 = 120;

/// What a step may be, in hours.
const STEPS: [i64; 9] = [1, 3, 6, 12, 24, 7 * 24, 30 * 24, 91 * 24, 365 * 24];

/// Counts by hour.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    hours: BTreeMap<i64, Bar>,
    left_out: u64,
}

/// What happened within a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bar {
    /// Sign-ons that succeeded.
    pub successes: u64,
    /// And what failed.
    pub failures: u64,
    /// And what neither is told of.
    pub others: u64,
}

impl Bar {
    /// All of it.
    pub fn total(self) -> u64 {
        self.successes + self.failures + self.others
    }

    fn add(&mut self, other: Self) {
        self.successes += other.successes;
        self.failures += other.failures;
        self.others += other.others;
    }
}

impl Timeline {
    /// Counts at a time.
    pub fn count(&mut self, time: i64, bar: Bar) {
        let hour = time.div_euclid(HOUR_MS);
        if let Some(known) = self.hours.get_mut(&hour) {
            known.add(bar);
        } else if self.hours.len() < MOST_HOURS {
            self.hours.insert(hour, bar);
        } else {
            self.left_out += bar.total();
        }
    }

    /// Adds what was counted apart.
    pub fn merge(&mut self, other: Self) {
        self.left_out += other.left_out;
        for (hour, bar) in other.hours {
            self.count(hour.saturating_mul(HOUR_MS), bar);
        }
    }

    /// How many events had no place.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The length of a step in milliseconds, and the steps from the first to the last,
    /// each with its start, those in which nothing happened among them. Where a few times
    /// lie centuries away from the others, only the steps with something in them.
    pub fn steps(&self) -> (i64, Vec<(i64, Bar)>) {
        let (Some((first, _)), Some((last, _))) =
            (self.hours.first_key_value(), self.hours.last_key_value())
        else {
            return (HOUR_MS, Vec::new());
        };
        let fits = |step: &i64| (last - first) / step < MOST_BARS;
        let longest = STEPS[STEPS.len() - 1];
        let step = STEPS.into_iter().find(fits).unwrap_or(longest);
        let mut bars: BTreeMap<i64, Bar> = BTreeMap::new();
        if fits(&step) {
            let steps = first.div_euclid(step)..=last.div_euclid(step);
            bars.extend(steps.map(|at| (at, Bar::default())));
        }
        for (hour, bar) in &self.hours {
            bars.entry(hour.div_euclid(step)).or_default().add(*bar);
        }
        let start = |at: i64| at.saturating_mul(step).saturating_mul(HOUR_MS);
        (step * HOUR_MS, bars.into_iter().map(|(at, bar)| (start(at), bar)).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one() -> Bar {
        Bar { successes: 1, ..Bar::default() }
    }

    proptest! {
        #[test]
        fn steps_are_few_in_order_and_hold_everything(
            times in prop::collection::vec(prop_oneof![any::<i64>(), 0..1_000_000_000_000_i64], 0..60)
        ) {
            let mut timeline = Timeline::default();
            times.iter().for_each(|time| timeline.count(*time, one()));
            let (step, steps) = timeline.steps();
            prop_assert!(steps.len() <= 122.max(times.len()));
            prop_assert!(steps.is_sorted_by(|one, other| one.0 < other.0));
            prop_assert_eq!(steps.iter().map(|(_, bar)| bar.total()).sum::<u64>(), times.len() as u64);
            prop_assert!(step >= HOUR_MS);
        }
    }

    #[test]
    fn a_day_is_shown_by_the_hour_and_a_year_by_the_week() {
        let between = |last: i64| {
            let mut timeline = Timeline::default();
            timeline.count(0, one());
            timeline.count(last, one());
            timeline.steps().0 / HOUR_MS
        };
        assert_eq!(between(23 * HOUR_MS), 1);
        assert_eq!(between(365 * 24 * HOUR_MS), 7 * 24);
    }
}
