//! Which range of a stream to read next. Pure: no clock, no I/O.
//!
//! A stream is swept several times: at the live edge, and again after each of the
//! schedule's delays, for what arrived late. Every sweep has a frontier, the time
//! up to which it has read; all frontiers only move forward, one finished range at
//! a time, so nothing is ever skipped because it is old. A range that is old
//! enough when it is first read counts for the later sweeps too. What the source
//! no longer holds is planned as a gap, to be recorded, never passed over in
//! silence.

use serde::{Deserialize, Serialize};

/// Granules behind the slowest sweep for which ids are kept: a reading asks one
/// wider, a component may ask one wider still, and services may count their bounds
/// as inside; on both sides of the seam.
const SEAM: i64 = 4;

/// A half-open range of time in milliseconds, on the source's query clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First millisecond.
    pub start: i64,
    /// Behind the last millisecond.
    pub end: i64,
}

/// How a source wants to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    granularity: i64,
    longest: i64,
    retention: i64,
    /// One for each sweep, rising, in milliseconds.
    delays: Vec<i64>,
}

impl Schedule {
    /// A schedule from seconds. `readings` are the delays of the sweeps.
    ///
    /// Returns `None` when a figure is zero or the readings are none or not rising.
    pub fn new(
        granularity_seconds: u32,
        longest_range_seconds: u32,
        retention_seconds: u64,
        readings_seconds: &[u32],
    ) -> Option<Self> {
        let granularity = i64::from(granularity_seconds) * 1000;
        let longest = i64::from(longest_range_seconds) * 1000;
        let rising = readings_seconds.windows(2).all(|pair| pair[0] < pair[1]);
        if granularity == 0 || longest < granularity || readings_seconds.is_empty() || !rising {
            return None;
        }
        Some(Self {
            granularity,
            longest: longest - longest % granularity,
            retention: i64::try_from(retention_seconds).ok()?.checked_mul(1000)?,
            delays: readings_seconds.iter().map(|seconds| i64::from(*seconds) * 1000).collect(),
        })
    }

    /// `time` without what is below the granularity.
    pub fn floor(&self, time: i64) -> i64 {
        time - time.rem_euclid(self.granularity)
    }

    /// The oldest time that can still be asked for.
    pub fn earliest(&self, now: i64) -> i64 {
        self.floor(now - self.retention) + self.granularity
    }

    /// Frontiers of a stream that begins at `start`.
    pub fn begin(&self, start: i64) -> Frontiers {
        Frontiers(vec![self.floor(start); self.delays.len()])
    }

    /// Frontiers read back from the state; another number of sweeps than before
    /// is filled up from, or cut down to, the slowest one.
    pub fn resume(&self, frontiers: Frontiers) -> Frontiers {
        let slowest = frontiers.slowest();
        let mut frontiers = frontiers.0;
        frontiers.resize(self.delays.len(), slowest);
        if let Some(last) = frontiers.last_mut() {
            *last = (*last).min(slowest);
        }
        Frontiers(frontiers)
    }

    /// Whether a reading that was begun earlier fits this schedule.
    pub fn knows(&self, reading: &Reading) -> bool {
        reading.last < self.delays.len()
    }

    /// What to do now. `now` is the lesser of our clock and the service's.
    pub fn next(&self, frontiers: &Frontiers, now: i64) -> Step {
        let earliest = self.earliest(now);
        if let Some(&slowest) = frontiers.0.iter().min()
            && slowest < earliest
        {
            return Step::Gap(Range { start: slowest, end: earliest });
        }
        // The live edge first, then what came late.
        let due = (0..self.delays.len()).find(|&sweep| frontiers.0[sweep] < self.edge(sweep, now));
        match due {
            Some(sweep) => Step::Read(self.reading(frontiers, sweep, now)),
            None => Step::Wait { until: self.next_due(frontiers) },
        }
    }

    fn edge(&self, sweep: usize, now: i64) -> i64 {
        self.floor(now - self.delays[sweep])
    }

    fn reading(&self, frontiers: &Frontiers, sweep: usize, now: i64) -> Reading {
        let start = frontiers.0[sweep];
        // Room for one granule more on both sides when the range was read before.
        let margin = if sweep == 0 { 0 } else { self.granularity };
        let longest = (self.longest - 2 * margin).max(self.granularity);
        let mut end = (start + longest).min(self.edge(sweep, now));
        let mut last = sweep;
        for later in sweep + 1..self.delays.len() {
            let edge = self.edge(later, now);
            if frontiers.0[later] != start || edge <= start {
                break;
            }
            end = end.min(edge);
            last = later;
        }
        let asked = Range {
            start: (start - margin).max(self.earliest(now)).min(start),
            end: (end + margin).min(self.edge(0, now)).max(end),
        };
        Reading { covers: Range { start, end }, asked, first: sweep, last }
    }

    /// When a sweep has a whole granule to read.
    fn next_due(&self, frontiers: &Frontiers) -> i64 {
        let due = frontiers.0.iter().zip(&self.delays).map(|(frontier, delay)| {
            frontier.saturating_add(self.granularity).saturating_add(*delay)
        });
        due.min().unwrap_or(i64::MAX)
    }

    /// The frontiers after a reading or gap is done.
    pub fn advance(&self, frontiers: &Frontiers, step: &Step) -> Frontiers {
        let mut next = frontiers.clone();
        match step {
            Step::Wait { .. } => {}
            Step::Gap(gap) => {
                for frontier in &mut next.0 {
                    *frontier = (*frontier).max(gap.end);
                }
            }
            Step::Read(reading) => {
                for frontier in &mut next.0[reading.first..=reading.last] {
                    *frontier = (*frontier).max(reading.covers.end);
                }
            }
        }
        next
    }

    /// Ids of records fetched in ranges that end before this time will not be
    /// met again and need not be kept.
    pub fn forget_before(&self, frontiers: &Frontiers) -> i64 {
        frontiers.slowest().saturating_sub(SEAM * self.granularity)
    }
}

/// How far each sweep has read, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frontiers(Vec<i64>);

impl Frontiers {
    /// Up to here no sweep is missing.
    pub fn slowest(&self) -> i64 {
        self.0.iter().copied().min().unwrap_or(i64::MIN)
    }

    /// Up to here the live edge has read.
    pub fn fastest(&self) -> i64 {
        self.0.iter().copied().max().unwrap_or(i64::MIN)
    }
}

/// A range to read, and for which sweeps it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What is done when this is.
    pub covers: Range,
    /// What to ask for: a granule wider on both sides when read again, since where
    /// exactly a record lies at the seam is the service's business.
    pub asked: Range,
    /// The first sweep it counts for.
    pub first: usize,
    /// The last sweep it counts for.
    pub last: usize,
}

/// What to do with a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Read this.
    Read(Reading),
    /// The source no longer holds this: record it and go on.
    Gap(Range),
    /// Nothing is due before that time.
    Wait {
        /// Milliseconds.
        until: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    fn schedule() -> Schedule {
        Schedule::new(60, 3600, 365 * 86_400, &[0, 1200, 86_400]).unwrap()
    }

    /// A day in 2026, on the hour.
    const NOW: i64 = 1_774_360_800_000;

    #[test]
    fn old_ranges_count_for_all_sweeps_and_recent_ones_for_the_first() {
        let schedule = schedule();
        let mut frontiers = schedule.begin(NOW - 26 * HOUR);
        let mut readings = Vec::new();
        loop {
            let step = schedule.next(&frontiers, NOW);
            let Step::Read(reading) = &step else { break };
            readings.push(reading.clone());
            frontiers = schedule.advance(&frontiers, &step);
        }
        assert_eq!((readings[0].first, readings[0].last), (0, 2));
        assert_eq!((readings[2].first, readings[2].last), (0, 1));
        let edge = readings.iter().find(|reading| reading.covers.end == NOW).unwrap();
        assert_eq!((edge.first, edge.last), (0, 0));
        assert_eq!(edge.covers.start, NOW - 20 * MINUTE);
        assert_eq!(schedule.next(&frontiers, NOW), Step::Wait { until: NOW + MINUTE });
    }

    #[test]
    fn a_later_sweep_reads_a_granule_wider_on_both_sides() {
        let schedule = schedule();
        let mut frontiers = schedule.begin(NOW - 5 * MINUTE);
        let step = schedule.next(&frontiers, NOW);
        frontiers = schedule.advance(&frontiers, &step);
        // Twenty minutes on, with the live edge kept up.
        let later = NOW + 20 * MINUTE;
        let step = schedule.next(&frontiers, later);
        frontiers = schedule.advance(&frontiers, &step);
        let Step::Read(again) = schedule.next(&frontiers, later) else { panic!() };
        assert_eq!(again.first, 1);
        assert_eq!(again.covers, Range { start: NOW - 5 * MINUTE, end: NOW });
        assert_eq!(again.asked, Range { start: NOW - 6 * MINUTE, end: NOW + MINUTE });
    }

    #[test]
    fn what_the_source_no_longer_holds_is_a_gap() {
        let schedule = schedule();
        let frontiers = schedule.begin(NOW - 400 * 24 * HOUR);
        let step = schedule.next(&frontiers, NOW);
        let Step::Gap(gap) = step else { panic!("{step:?}") };
        assert_eq!(gap.start, NOW - 400 * 24 * HOUR);
        let next = schedule.advance(&frontiers, &step);
        assert!(matches!(schedule.next(&next, NOW), Step::Read(_)));
    }

    #[test]
    fn another_number_of_sweeps_never_skips_one() {
        let schedule = schedule();
        let resumed = schedule.resume(Frontiers(vec![NOW, NOW - HOUR]));
        assert_eq!(resumed, Frontiers(vec![NOW, NOW - HOUR, NOW - HOUR]));
        let resumed = schedule.resume(Frontiers(vec![NOW, NOW, NOW, NOW - HOUR]));
        assert_eq!(resumed.slowest(), NOW - HOUR);
    }

    proptest! {
        /// Whatever the clock does, every sweep covers every granule once, in
        /// order, without holes, and never asks for more than is allowed.
        #[test]
        fn sweeps_have_no_holes(
            start in 0i64..3 * 1440,
            steps in prop::collection::vec(-30i64..600, 1..40),
        ) {
            let schedule = schedule();
            let mut now = NOW;
            let begin = NOW - start * MINUTE;
            let mut frontiers = schedule.begin(begin);
            let mut covered = [begin; 3];
            for step in steps {
                now += step * MINUTE;
                for _ in 0..200 {
                    let step = schedule.next(&frontiers, now);
                    let Step::Read(reading) = &step else { break };
                    prop_assert!(reading.covers.start < reading.covers.end);
                    prop_assert!(reading.asked.end - reading.asked.start <= HOUR);
                    prop_assert!(reading.asked.start <= reading.covers.start);
                    prop_assert!(reading.asked.end >= reading.covers.end);
                    prop_assert!(reading.asked.end <= now);
                    prop_assert_eq!(reading.asked.start % MINUTE, 0);
                    prop_assert_eq!(reading.asked.end % MINUTE, 0);
                    for covered in &mut covered[reading.first..=reading.last] {
                        prop_assert_eq!(*covered, reading.covers.start);
                        *covered = reading.covers.end;
                    }
                    frontiers = schedule.advance(&frontiers, &step);
                }
            }
        }
    }
}
