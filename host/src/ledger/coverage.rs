//! Which times of a stream are complete, open, a gap or unproven.
//!
//! Invariant: the segments of an interval are in order, without overlap or hole,
//! and cover the interval whole. Later entries speak last.

use serde::{Deserialize, Serialize};

use super::{ClosedEntry, Closing, Counts, Late, ReadingEntry};
use crate::planner::{Range, Spans};

/// What is known about a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "standing", content = "reason")]
pub enum Standing {
    /// Read as often as the schedule says; everything the source showed was
    /// delivered.
    Complete,
    /// Not read yet, or to be read again.
    Open(String),
    /// Not read, and not going to be.
    Gap(String),
    /// Read, and yet nothing is proven.
    Unproven(String),
}

impl Standing {
    /// One word for tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Open(_) => "open",
            Self::Gap(_) => "gap",
            Self::Unproven(_) => "unproven",
        }
    }

    /// Why; empty for what is complete.
    pub fn reason(&self) -> &str {
        match self {
            Self::Complete => "",
            Self::Open(reason) | Self::Gap(reason) | Self::Unproven(reason) => reason,
        }
    }
}

/// A stretch of time with one standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Which.
    pub range: Range,
    /// What is known.
    #[serde(flatten)]
    pub standing: Standing,
}

/// What is known about an interval of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The interval, piece by piece.
    pub segments: Vec<Segment>,
    /// Counted by all entries that touch the interval.
    pub counts: Counts,
    /// Events that came late, in those entries.
    pub late: Late,
}

impl Coverage {
    /// Whether all of the interval is complete.
    pub fn is_complete(&self) -> bool {
        self.segments.iter().all(|segment| segment.standing == Standing::Complete)
    }
}

/// The coverage of an interval. `began` is where collection began: before it a time
/// that no entry speaks of is a gap, after it it is open.
pub fn cover(
    interval: Range,
    began: i64,
    closed: &[ClosedEntry],
    open: &[ReadingEntry],
) -> Coverage {
    let mut painted = Painted::new(interval, began);
    let mut counts = Counts::default();
    let mut late = Late::default();
    let mut closed_spans = Spans::default();
    for entry in closed {
        let standing = match &entry.closing {
            Closing::Complete => Standing::Complete,
            Closing::Unproven(reason) => Standing::Unproven(reason.clone()),
            Closing::Gap(reason) => Standing::Gap(reason.clone()),
        };
        painted.paint(entry.range, &standing);
        closed_spans.insert(entry.range);
        if touches(interval, entry.range) {
            counts.add(entry.total());
            late.add(&entry.late);
        }
    }
    for entry in open {
        let standing = match &entry.doubt {
            None => Standing::Open("read once, to be read again for what comes late".to_owned()),
            Some(doubt) => Standing::Open(format!("read once, to be read again: {doubt}")),
        };
        // An open reading may reach back into what is closed already.
        for range in closed_spans.missing(entry.range).iter() {
            painted.paint(range, &standing);
        }
        if touches(interval, entry.range) {
            counts.add(entry.counts);
            late.add(&entry.late);
        }
    }
    Coverage { segments: painted.0, counts, late }
}

fn touches(interval: Range, range: Range) -> bool {
    range.start < interval.end && interval.start < range.end
}

/// Segments that are painted over.
struct Painted(Vec<Segment>);

impl Painted {
    fn new(interval: Range, began: i64) -> Self {
        let mut painted = Self(Vec::new());
        if interval.start < interval.end {
            let standing = Standing::Open("not read yet".to_owned());
            painted.0.push(Segment { range: interval, standing });
            let before = Range { start: interval.start, end: began.min(interval.end) };
            let reason = "before collection began; signon backfill reads it".to_owned();
            painted.paint(before, &Standing::Gap(reason));
        }
        painted
    }

    fn paint(&mut self, range: Range, standing: &Standing) {
        let mut next: Vec<Segment> = Vec::with_capacity(self.0.len() + 2);
        for segment in self.0.drain(..) {
            let Range { start, end } = segment.range;
            let inside = Range { start: range.start.max(start), end: range.end.min(end) };
            if inside.start >= inside.end {
                append(&mut next, segment);
                continue;
            }
            let part = |start, end| Segment {
                range: Range { start, end },
                standing: segment.standing.clone(),
            };
            append(&mut next, part(start, inside.start));
            append(&mut next, Segment { range: inside, standing: standing.clone() });
            append(&mut next, part(inside.end, end));
        }
        self.0 = next;
    }
}

/// Appends a segment, joined with the last one if both say the same.
fn append(segments: &mut Vec<Segment>, segment: Segment) {
    if segment.range.start >= segment.range.end {
        return;
    }
    match segments.last_mut() {
        Some(last)
            if last.standing == segment.standing && last.range.end == segment.range.start =>
        {
            last.range.end = segment.range.end;
        }
        _ => segments.push(segment),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{LedgerEntry, close};
    use super::*;

    fn entry(start: i64, end: i64, doubt: Option<&str>) -> ReadingEntry {
        ReadingEntry {
            range: Range { start, end },
            counts: Counts { received: 1, emitted: 1, ..Counts::default() },
            late: Late::default(),
            source_total: None,
            doubt: doubt.map(str::to_owned),
            findings: Vec::new(),
            read_at: end,
        }
    }

    fn closed(start: i64, end: i64, doubt: Option<&str>) -> ClosedEntry {
        close(LedgerEntry::Close(entry(start, end, doubt)), &[]).unwrap()
    }

    fn gap(start: i64, end: i64) -> ClosedEntry {
        let range = Range { start, end };
        close(LedgerEntry::Gap { range, reason: "gone".into(), at: 0 }, &[]).unwrap()
    }

    fn words(coverage: &Coverage) -> Vec<(i64, i64, &str)> {
        let word = |segment: &Segment| {
            (
                segment.range.start,
                segment.range.end,
                match segment.standing {
                    Standing::Complete => "complete",
                    Standing::Open(_) => "open",
                    Standing::Gap(_) => "gap",
                    Standing::Unproven(_) => "unproven",
                },
            )
        };
        coverage.segments.iter().map(word).collect()
    }

    #[test]
    fn every_time_of_an_interval_has_one_standing() {
        let entries = [gap(100, 200), closed(200, 300, None), closed(300, 400, Some("empty"))];
        let open = [entry(400, 460, None)];
        let coverage = cover(Range { start: 0, end: 500 }, 100, &entries, &open);
        let expected =
            [(0, 200, "gap"), (200, 300, "complete"), (300, 400, "unproven"), (400, 500, "open")];
        let joined = words(&coverage);
        // Two gaps and two open stretches with reasons of their own.
        assert_eq!(joined.len(), 6);
        assert_eq!(joined[0], (0, 100, "gap"));
        assert_eq!(joined[1], (100, 200, "gap"));
        assert_eq!(joined[2..4], expected[1..3]);
        assert_eq!(coverage.counts.emitted, 3);
        assert!(!coverage.is_complete());
    }

    #[test]
    fn a_backfill_completes_what_was_a_gap() {
        let entries = [closed(100, 200, None), closed(0, 100, None)];
        let coverage = cover(Range { start: 0, end: 200 }, 100, &entries, &[]);
        assert_eq!(words(&coverage), [(0, 200, "complete")]);
        assert!(coverage.is_complete());
    }

    #[test]
    fn an_open_reading_never_opens_what_is_closed() {
        let entries = [closed(0, 100, None)];
        let coverage = cover(Range { start: 0, end: 150 }, 0, &entries, &[entry(60, 120, None)]);
        assert_eq!(words(&coverage)[0], (0, 100, "complete"));
        assert_eq!(words(&coverage)[1].0, 100);
    }

    proptest! {
        #[test]
        fn segments_cover_the_interval_without_overlap_or_hole(
            from in 0i64..50, length in 1i64..60, began in 0i64..100,
            entries in prop::collection::vec((0i64..100, 1i64..30, 0u8..3), 0..10),
        ) {
            let interval = Range { start: from, end: from + length };
            let closed: Vec<ClosedEntry> = entries
                .iter()
                .map(|&(start, length, kind)| match kind {
                    0 => gap(start, start + length),
                    1 => closed(start, start + length, Some("doubt")),
                    _ => closed(start, start + length, None),
                })
                .collect();
            let coverage = cover(interval, began, &closed, &[]);
            let mut at = interval.start;
            for segment in &coverage.segments {
                prop_assert_eq!(segment.range.start, at);
                prop_assert!(segment.range.end > at);
                at = segment.range.end;
            }
            prop_assert_eq!(at, interval.end);
            // The last entry that speaks of a time decides.
            for segment in &coverage.segments {
                for time in segment.range.start..segment.range.end {
                    let last = closed.iter().rev().find(|e| e.range.start <= time && time < e.range.end);
                    let word = match last.map(|entry| &entry.closing) {
                        None => if time < began { "gap" } else { "open" },
                        Some(Closing::Complete) => "complete",
                        Some(Closing::Unproven(_)) => "unproven",
                        Some(Closing::Gap(_)) => "gap",
                    };
                    prop_assert_eq!(segment.standing.word(), word);
                }
            }
        }
    }
}
