//! Records that stay hidden until a page that would have shown them was served.
//!
//! The invariant: a record once seen is never hidden again.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::prng::{mix, unit};

/// Of each record when it comes to light: the number of a moment, [`PUNCTUAL`] or
/// [`HIDDEN`]. None of them where none is late.
#[derive(Debug)]
pub(crate) struct Lateness(Vec<AtomicU64>);

const PUNCTUAL: u64 = 0;
const HIDDEN: u64 = u64::MAX;

impl Lateness {
    /// Hides this share of so many records; which ones follows from the seed.
    pub(crate) fn new(seed: u64, records: usize, share: f64) -> Self {
        let since = |record| if unit(mix(seed, record)) < share { HIDDEN } else { PUNCTUAL };
        let records = if share == 0.0 { 0 } else { records as u64 };
        Self((0..records).map(|record| AtomicU64::new(since(record))).collect())
    }

    /// Whether none is late.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn hides(&self, record: usize) -> bool {
        self.hides_from(record, HIDDEN)
    }

    /// Whether the record is hidden from a reading that began at this moment.
    pub(crate) fn hides_from(&self, record: usize, moment: u64) -> bool {
        self.0.get(record).is_some_and(|since| since.load(Ordering::Acquire) >= moment)
    }

    /// From now on the record shows.
    pub(crate) fn reveal(&self, record: usize) {
        self.reveal_at(record, 1);
    }

    /// The record shows in readings that begin after this moment.
    pub(crate) fn reveal_at(&self, record: usize, moment: u64) {
        if let Some(since) = self.0.get(record) {
            // Only if still hidden; another reading may have been faster.
            let _ = since.compare_exchange(HIDDEN, moment, Ordering::AcqRel, Ordering::Acquire);
        }
    }
}
