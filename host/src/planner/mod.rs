//! Which range of a stream to read next. Pure: no clock, no I/O.
//!
//! A stream is swept several times: at the live edge, and again after each of the
//! schedule's delays, for what arrived late. Every sweep has a frontier, the time
//! up to which it has read; all frontiers only move forward, one finished range at
//! a time, so nothing is ever skipped because it is old. A range that is old
//! enough when it is first read counts for the later sweeps too. What the source
//! no longer holds is planned as a gap, to be recorded, never passed over in
//! silence.

mod spans;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use spans::Spans;

/// Granules behind the slowest sweep for which ids are kept: a reading asks one
/// wider, a component may ask one wider still, and services may count their bounds
/// as inside; on both sides of the seam.
const SEAM: i64 = 4;

/// A half-open range of time in milliseconds, on the source's query clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
    /// The least each sweep reads at once, in milliseconds.
    chunks: Vec<i64>,
}

/// A later sweep reads a quarter of its delay at once: what comes late is not worth
/// a request a minute.
const CHUNKS_OF_A_DELAY: i64 = 4;

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
        let longest = longest - longest % granularity;
        let delays: Vec<i64> = readings_seconds.iter().map(|s| i64::from(*s) * 1000).collect();
        let most = (longest - 2 * granularity).max(granularity);
        let chunk = |(sweep, delay): (usize, &i64)| match sweep {
            0 => granularity,
            _ => {
                let part = delay / CHUNKS_OF_A_DELAY;
                (part - part % granularity).clamp(granularity, most)
            }
        };
        Some(Self {
            granularity,
            longest,
            retention: i64::try_from(retention_seconds).ok()?.checked_mul(1000)?,
            chunks: delays.iter().enumerate().map(chunk).collect(),
            delays,
        })
    }

    /// The smallest range that can be asked for, in milliseconds.
    pub fn granularity(&self) -> i64 {
        self.granularity
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
        let due = (0..self.delays.len())
            .find(|&sweep| frontiers.0[sweep] + self.chunks[sweep] <= self.edge(sweep, now));
        match due {
            Some(sweep) => Step::Read(self.reading(frontiers, sweep, now)),
            None => Step::Wait { until: self.next_due(frontiers) },
        }
    }

    /// What ends before this is read for the last time whenever it is read.
    pub fn aged(&self, now: i64) -> i64 {
        self.edge(self.delays.len() - 1, now)
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
            if frontiers.0[later] != start || edge < start + self.chunks[later] {
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

    /// When a sweep has enough to read.
    fn next_due(&self, frontiers: &Frontiers) -> i64 {
        let waits = self.chunks.iter().zip(&self.delays);
        let due = frontiers.0.iter().zip(waits).map(|(frontier, (chunk, delay))| {
            frontier.saturating_add(*chunk).saturating_add(*delay)
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

    /// How far around a range its ids may be met again, in milliseconds.
    pub fn reach(&self) -> i64 {
        self.longest + SEAM * self.granularity
    }

    /// A range and what around it a service may show with it, or may have shown with one
    /// beside it.
    pub fn around(&self, asked: Range) -> Range {
        let seam = SEAM * self.granularity;
        Range { start: asked.start.saturating_sub(seam), end: asked.end.saturating_add(seam) }
    }

    /// What a reading is worth at `now`, when it has ended: a clock that ran ahead when
    /// it was planned made it too long, or count for sweeps that are not due yet.
    #[must_use]
    pub fn lived(&self, reading: &Reading, now: i64) -> Reading {
        let Range { start, end } = reading.covers;
        let end = end.min(self.edge(reading.first, now)).max(start);
        let due =
            (reading.first + 1..=reading.last).take_while(|&sweep| end <= self.edge(sweep, now));
        let last = due.last().unwrap_or(reading.first);
        Reading { covers: Range { start, end }, last, ..reading.clone() }
    }

    /// Whether a range is read for the last time with this reading.
    pub fn closes(&self, reading: &Reading) -> bool {
        reading.last + 1 >= self.delays.len()
    }

    /// Ranges of ends: ids of records that were fetched in a range with such an end
    /// will not be met again, because everything around them is closed. What remains
    /// is the latest day, and one longest range at each edge of what was read.
    pub fn forget(&self, closed: &Spans, now: i64) -> Vec<Range> {
        let seam = SEAM * self.granularity;
        let earliest = self.earliest(now);
        closed
            .iter()
            .map(|span| Range {
                // Beyond the retention nothing is read any more.
                start: match span.start <= earliest {
                    true => i64::MIN,
                    false => span.start + self.reach(),
                },
                end: span.end - seam,
            })
            .filter(|ends| ends.start < ends.end)
            .collect()
    }

    /// Readings of a backfill: the parts of `missing`, each read once for all sweeps.
    pub fn backfill(&self, missing: &Spans) -> Vec<Reading> {
        let mut readings = Vec::new();
        for span in missing.iter() {
            let mut start = self.floor(span.start);
            while start < span.end {
                let end = (start + self.longest).min(self.ceiling(span.end));
                let range = Range { start, end };
                let last = self.delays.len() - 1;
                readings.push(Reading { covers: range, asked: range, first: 0, last });
                start = end;
            }
        }
        readings
    }

    fn ceiling(&self, time: i64) -> i64 {
        self.floor(time + self.granularity - 1)
    }

    /// The first half of a reading; `None` when it cannot be smaller.
    pub fn halve(&self, reading: &Reading) -> Option<Reading> {
        let Range { start, end } = reading.covers;
        let half = self.ceiling(start + (end - start) / 2);
        if half >= end {
            return None;
        }
        let margin = reading.asked.end - end;
        Some(Reading {
            covers: Range { start, end: half },
            asked: Range { start: reading.asked.start, end: half + margin },
            ..reading.clone()
        })
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

    /// The later of two positions, sweep by sweep.
    #[must_use]
    pub fn latest(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(ours, other)| *ours.max(other)).collect())
    }

    /// Nothing before a time is read any more.
    #[must_use]
    pub fn not_before(&self, time: i64) -> Self {
        Self(self.0.iter().map(|frontier| *frontier.max(&time)).collect())
    }

    /// Up to here the live edge has read.
    pub fn live(&self) -> i64 {
        self.0.first().copied().unwrap_or(i64::MIN)
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

impl Reading {
    /// A record's time, as far as anything may be concluded from it: whatever it says, it
    /// was found in what was asked for.
    pub fn within(&self, time: i64) -> i64 {
        time.max(self.asked.start).min(self.asked.end)
    }
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
