//! Records that stay hidden until a page that would have shown them was served.
//!
//! The invariant: a record once seen is never hidden again.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::prng::{mix, unit};

/// Which records are hidden.
#[derive(Debug)]
pub(crate) struct Lateness(Vec<AtomicBool>);

impl Lateness {
    /// Hides this share of so many records; which ones follows from the seed.
    pub(crate) fn new(seed: u64, records: usize, share: f64) -> Self {
        let chosen = mix(seed, 0x1a7e);
        let hidden = |record| AtomicBool::new(unit(mix(chosen, record)) < share);
        Self((0..records as u64).map(hidden).collect())
    }

    pub(crate) fn hides(&self, record: usize) -> bool {
        self.0.get(record).is_some_and(|hidden| hidden.load(Ordering::Acquire))
    }

    /// From now on the record shows.
    pub(crate) fn reveal(&self, record: usize) {
        if let Some(hidden) = self.0.get(record) {
            hidden.store(false, Ordering::Release);
        }
    }
}
