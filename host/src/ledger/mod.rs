//! What is known about every range of time, and how it is shown to be true.
//!
//! A reading that will be repeated leaves an *open* entry; the last reading of a
//! range *closes* it, takes the open entries in and is never rewritten: what turns
//! up later is a further entry. Closed entries form a hash chain. Pure: what is
//! stored where is the business of [`state`](crate::state).
//!
//! Invariant: for every entry received = emitted + duplicate + yielded + filtered +
//! rejected, and what an open entry counted is found in exactly one closed one.

mod chain;
mod coverage;
mod head;
mod late;

use serde::{Deserialize, Serialize};

use crate::planner::Range;

pub use chain::{Hash, Link, Tip, VerifyError, genesis, link, verify};
pub use coverage::{Coverage, Segment, Standing, cover};
pub use head::{COMPONENT, HEAD_TYPE, head};
pub use late::{DELAY_BOUNDS_MS, Late};

/// What became of the records of a reading.
/// `received = emitted + duplicate + yielded + filtered + rejected`, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Records framed.
    pub received: u64,
    /// Events delivered.
    pub emitted: u64,
    /// Events met before: delivered, or yielded.
    pub duplicate: u64,
    /// Events that another source delivered (`prefer`), counted when first met.
    pub yielded: u64,
    /// Records that are no sign-ons, or not wanted.
    pub filtered: u64,
    /// Records that could not be read.
    pub rejected: u64,
}

impl Counts {
    /// Adds another's figures.
    pub fn add(&mut self, other: Self) {
        self.received += other.received;
        self.emitted += other.emitted;
        self.duplicate += other.duplicate;
        self.yielded += other.yielded;
        self.filtered += other.filtered;
        self.rejected += other.rejected;
    }

    /// What was counted since an earlier reading of the same counter.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            received: self.received - earlier.received,
            emitted: self.emitted - earlier.emitted,
            duplicate: self.duplicate - earlier.duplicate,
            yielded: self.yielded - earlier.yielded,
            filtered: self.filtered - earlier.filtered,
            rejected: self.rejected - earlier.rejected,
        }
    }

    /// Whether every record became exactly one thing.
    pub fn balance(&self) -> bool {
        let Self { received, emitted, duplicate, yielded, filtered, rejected } = *self;
        received == emitted + duplicate + yielded + filtered + rejected
    }
}

/// One reading of a range, to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingEntry {
    /// What was read, on the source's query clock.
    pub range: Range,
    /// What became of its records.
    pub counts: Counts,
    /// Events that an earlier reading of the range had not shown.
    #[serde(default, skip_serializing_if = "Late::is_none")]
    pub late: Late,
    /// The source's own total, if it told one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_total: Option<u64>,
    /// Why the reading proves nothing, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// What the component found noteworthy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// Planning time when it ended, Unix milliseconds.
    pub read_at: i64,
}

impl ReadingEntry {
    /// Two readings of one range as one entry; the later one speaks.
    #[must_use]
    pub fn joined(mut self, later: &Self) -> Self {
        self.counts.add(later.counts);
        self.late.add(&later.late);
        for finding in &later.findings {
            if !self.findings.contains(finding) {
                self.findings.push(finding.clone());
            }
        }
        Self {
            source_total: later.source_total,
            doubt: later.doubt.clone(),
            read_at: later.read_at,
            ..self
        }
    }
}

/// What a commit adds to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerEntry {
    /// A reading that will be repeated.
    Open(ReadingEntry),
    /// The last reading of a range.
    Close(ReadingEntry),
    /// A range that is not read (again).
    Gap {
        /// The range.
        range: Range,
        /// Why, for operators.
        reason: String,
        /// Planning time, Unix milliseconds.
        at: i64,
    },
}

impl LedgerEntry {
    /// Which range it speaks of.
    pub fn range(&self) -> Range {
        match self {
            Self::Open(reading) | Self::Close(reading) => reading.range,
            Self::Gap { range, .. } => *range,
        }
    }

    /// The reading it speaks of; a gap was not read.
    pub fn reading(&self) -> Option<&ReadingEntry> {
        match self {
            Self::Open(reading) | Self::Close(reading) => Some(reading),
            Self::Gap { .. } => None,
        }
    }
}

/// What is known about a closed range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "standing", content = "reason")]
pub enum Closing {
    /// Everything the source showed was delivered.
    Complete,
    /// It was read, and yet nothing is proven.
    Unproven(String),
    /// It was not read.
    Gap(String),
}

/// A closed entry, as it is chained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedEntry {
    /// Which range.
    pub range: Range,
    /// What is known about it.
    #[serde(flatten)]
    pub closing: Closing,
    /// Counted by the closing reading.
    pub counts: Counts,
    /// Counted by the readings before it.
    pub earlier: Counts,
    /// Readings in all, the closing one included.
    pub readings: u32,
    /// Events that came with a later reading than the first.
    #[serde(default, skip_serializing_if = "Late::is_none")]
    pub late: Late,
    /// The source's own total at the last reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_total: Option<u64>,
    /// What the component found noteworthy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// Planning time when it was closed, Unix milliseconds.
    pub closed_at: i64,
}

impl ClosedEntry {
    /// All that was counted for the range.
    pub fn total(&self) -> Counts {
        let mut total = self.counts;
        total.add(self.earlier);
        total
    }
}

/// Whether an entry of the ledger takes an open one in.
///
/// Ranges of readings differ in length; what a reading counted belongs to the
/// entry that closes its end.
pub fn takes_in(entry: &LedgerEntry, open: &ReadingEntry) -> bool {
    match entry {
        LedgerEntry::Open(_) => false,
        LedgerEntry::Close(ReadingEntry { range, .. }) | LedgerEntry::Gap { range, .. } => {
            // An empty one is what remains of a reading of times that had not come.
            let end = open.range.end.max(open.range.start + 1);
            range.start < end && open.range.end <= range.end
        }
    }
}

/// Whether a reading was no reading at all: it failed before anything came.
fn shows_nothing(reading: &ReadingEntry) -> bool {
    reading.doubt.is_some() && reading.counts.received == 0
}

/// The closed entry that an entry and the open ones it takes in become; `None` for
/// an open one.
pub fn close(entry: LedgerEntry, open: &[ReadingEntry]) -> Option<ClosedEntry> {
    let mut earlier = Counts::default();
    let mut late = Late::default();
    let mut findings: Vec<String> = Vec::new();
    for reading in open {
        earlier.add(reading.counts);
        late.add(&reading.late);
        findings.extend(reading.findings.iter().cloned());
    }
    let before = u32::try_from(open.len()).unwrap_or(u32::MAX);
    let closed = match entry {
        LedgerEntry::Open(_) => return None,
        LedgerEntry::Close(reading) => {
            late.add(&reading.late);
            findings.extend(reading.findings);
            ClosedEntry {
                range: reading.range,
                closing: reading.doubt.map_or(Closing::Complete, Closing::Unproven),
                counts: reading.counts,
                earlier,
                readings: before.saturating_add(1),
                late,
                source_total: reading.source_total,
                findings,
                closed_at: reading.read_at,
            }
        }
        LedgerEntry::Gap { range, reason, at } => ClosedEntry {
            range,
            closing: match open.iter().all(shows_nothing) {
                true => Closing::Gap(reason),
                false => Closing::Unproven(reason),
            },
            counts: Counts::default(),
            earlier,
            readings: before,
            late,
            source_total: None,
            findings,
            closed_at: at,
        },
    };
    let mut met = std::collections::BTreeSet::new();
    let mut closed = closed;
    closed.findings.retain(|finding| met.insert(finding.clone()));
    Some(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(start: i64, end: i64, emitted: u64) -> ReadingEntry {
        ReadingEntry {
            range: Range { start, end },
            counts: Counts { received: emitted, emitted, ..Counts::default() },
            late: Late::default(),
            source_total: None,
            doubt: None,
            findings: vec!["slow".into()],
            read_at: end,
        }
    }

    #[test]
    fn a_closing_reading_takes_in_what_the_earlier_ones_counted() {
        let open = [reading(0, 60, 3), reading(60, 120, 4), reading(120, 180, 5)];
        let closing = LedgerEntry::Close(reading(0, 120, 1));
        let taken: Vec<ReadingEntry> =
            open.iter().filter(|open| takes_in(&closing, open)).cloned().collect();
        assert_eq!(taken.len(), 2);
        let closed = close(closing, &taken).unwrap();
        assert_eq!(closed.total().emitted, 8);
        assert_eq!(closed.readings, 3);
        assert_eq!(closed.closing, Closing::Complete);
        assert_eq!(closed.findings, ["slow"]);
    }

    #[test]
    fn a_gap_over_what_was_read_once_is_unproven_and_no_gap() {
        let gap =
            LedgerEntry::Gap { range: Range { start: 0, end: 60 }, reason: "gone".into(), at: 9 };
        assert_eq!(close(gap.clone(), &[]).unwrap().closing, Closing::Gap("gone".into()));
        let closed = close(gap, &[reading(0, 60, 2)]).unwrap();
        assert_eq!(closed.closing, Closing::Unproven("gone".into()));
        assert_eq!(closed.total().emitted, 2);
        let failed = ReadingEntry { doubt: Some("cannot be read".into()), ..reading(0, 60, 0) };
        let gap = LedgerEntry::Gap { range: failed.range, reason: "gone".into(), at: 9 };
        assert_eq!(close(gap, &[failed]).unwrap().closing, Closing::Gap("gone".into()));
    }

    #[test]
    fn an_open_entry_is_taken_in_by_the_entry_that_closes_its_end() {
        let first = LedgerEntry::Close(reading(0, 100, 0));
        let second = LedgerEntry::Close(reading(100, 200, 0));
        let across = reading(60, 120, 4);
        assert!(!takes_in(&first, &across));
        assert!(takes_in(&second, &across));
    }

    #[test]
    fn an_entry_is_the_same_after_being_written_and_read() {
        let closed = close(LedgerEntry::Close(reading(0, 60, 2)), &[]).unwrap();
        let text = serde_json::to_string(&closed).unwrap();
        assert_eq!(serde_json::from_str::<ClosedEntry>(&text).unwrap(), closed);
        let gap =
            LedgerEntry::Gap { range: Range { start: 0, end: 60 }, reason: "x".into(), at: 9 };
        let closed = close(gap, &[]).unwrap();
        let text = serde_json::to_string(&closed).unwrap();
        assert_eq!(serde_json::from_str::<ClosedEntry>(&text).unwrap(), closed);
    }
}
