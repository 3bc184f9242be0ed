//! Sets of time, as disjoint ranges in rising order.
//!
//! Invariant: no two ranges touch, none is empty. So a set has one form only, and
//! a stream that was read without holes is a single range however long it runs.

use serde::{Deserialize, Serialize};

use super::Range;

/// A set of milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spans(Vec<Range>);

impl Spans {
    /// The ranges, rising, none touching another.
    pub fn iter(&self) -> impl Iterator<Item = Range> + '_ {
        self.0.iter().copied()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of a range is in it.
    pub fn holds(&self, range: Range) -> bool {
        self.0.iter().any(|span| span.start <= range.start && range.end <= span.end)
    }

    /// Adds a range; an empty one changes nothing.
    pub fn insert(&mut self, range: Range) {
        if range.start >= range.end {
            return;
        }
        let first = self.0.partition_point(|span| span.end < range.start);
        let behind = self.0.partition_point(|span| span.start <= range.end);
        let merged = self.0[first..behind].iter().fold(range, |merged, span| Range {
            start: merged.start.min(span.start),
            end: merged.end.max(span.end),
        });
        self.0.splice(first..behind, [merged]);
    }

    /// What of a range is not in it.
    pub fn missing(&self, range: Range) -> Self {
        let mut missing = Vec::new();
        let mut from = range.start;
        for span in &self.0 {
            if span.end <= from {
                continue;
            }
            if span.start >= range.end {
                break;
            }
            if span.start > from {
                missing.push(Range { start: from, end: span.start });
            }
            from = span.end;
        }
        if from < range.end {
            missing.push(Range { start: from, end: range.end });
        }
        Self(missing)
    }
}

impl FromIterator<Range> for Spans {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        let mut spans = Self::default();
        for range in ranges {
            spans.insert(range);
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges() -> impl Strategy<Value = Vec<(i64, i64)>> {
        prop::collection::vec((0i64..40, 0i64..12), 0..12)
    }

    fn set(ranges: &[(i64, i64)]) -> Spans {
        ranges.iter().map(|&(start, length)| Range { start, end: start + length }).collect()
    }

    proptest! {
        #[test]
        fn a_set_holds_what_was_put_in_and_nothing_else(ranges in ranges()) {
            let spans = set(&ranges);
            for time in 0..60 {
                let expected = ranges.iter().any(|&(start, length)| start <= time && time < start + length);
                prop_assert_eq!(spans.holds(Range { start: time, end: time + 1 }), expected);
            }
            let parts: Vec<Range> = spans.iter().collect();
            prop_assert!(parts.iter().all(|part| part.start < part.end));
            prop_assert!(parts.windows(2).all(|pair| pair[0].end < pair[1].start));
        }

        #[test]
        fn what_is_missing_completes_the_range_and_overlaps_nothing(ranges in ranges(), start in 0i64..40, length in 1i64..30) {
            let spans = set(&ranges);
            let range = Range { start, end: start + length };
            let missing = spans.missing(range);
            for time in range.start..range.end {
                let instant = Range { start: time, end: time + 1 };
                prop_assert!(spans.holds(instant) != missing.holds(instant));
            }
            prop_assert!(missing.iter().all(|part| range.start <= part.start && part.end <= range.end));
        }

        #[test]
        fn the_order_of_insertion_does_not_matter(ranges in ranges()) {
            let mut turned = ranges.clone();
            turned.reverse();
            prop_assert_eq!(set(&ranges), set(&turned));
        }
    }
}
