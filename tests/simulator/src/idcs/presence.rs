//! Which rows are there right now: late ones, arriving ones, purged ones.
//!
//! The invariant: whoever walks a closed range by key and reads on until a page
//! is short gets every row of it, however much moves meanwhile. A row arrives
//! before a page that would pass over its place is served; it is purged only
//! some requests after it was served, the oldest first. (Rows that are late
//! are the exception: they show in a second reading.)

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::lateness::Lateness;
use crate::prng::{mix, unit};

/// Share of the rows that arrive while they are being read.
const ARRIVING: f64 = 0.2;
/// Searches after which a row that was served may be purged: enough for a
/// client to ask for a page again whose answer it lost.
const PURGED_AFTER: u64 = 3;

/// What is there of the rows, by index.
pub(super) struct Presence {
    late: Lateness,
    moving: Option<Mutex<Moving>>,
}

/// Rows that come and go.
struct Moving {
    /// Searches answered with rows.
    searches: u64,
    arrived: Vec<bool>,
    /// The search that served the row first, counted from 1.
    served: Vec<Option<u64>>,
    purged: Vec<bool>,
}

/// One page of a search.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) rows: Vec<usize>,
    /// Rows in all, on this page and others.
    pub(super) total: usize,
    /// Matching rows at places that the reader has now passed, late ones
    /// included.
    passed: Vec<usize>,
    /// The next row to arrive, behind the page.
    next: Option<usize>,
}

impl Presence {
    pub(super) fn new(seed: u64, rows: usize, late: f64, moving: bool) -> Self {
        let chosen = mix(seed, 0x30f1);
        let moving = moving.then(|| {
            Mutex::new(Moving {
                searches: 0,
                arrived: (0..rows as u64).map(|row| unit(mix(chosen, row)) >= ARRIVING).collect(),
                served: vec![None; rows],
                purged: vec![false; rows],
            })
        });
        Self { late: Lateness::new(mix(seed, 0x1a7e), rows, late), moving }
    }

    /// Whether a client that asks for this row gets it.
    pub(super) fn there(&self, row: usize) -> bool {
        let moving = self.moving();
        !self.late.hides(row) && moving.is_none_or(|moving| moving.has(row))
    }

    /// The page of the matching rows that starts after `skip` rows and has at
    /// most `count`.
    pub(super) fn page(&self, matching: &[usize], skip: usize, count: usize) -> Page {
        let mut moving = self.moving();
        loop {
            let there = |row: usize| {
                !self.late.hides(row) && moving.as_ref().is_none_or(|moving| moving.has(row))
            };
            let places: Vec<usize> =
                (0..matching.len()).filter(|place| there(matching[*place])).collect();
            let page: Vec<usize> = places.iter().skip(skip).take(count).copied().collect();
            let (from, reached) = match (page.first(), page.last()) {
                _ if count == 0 => (0, 0),
                // Somewhere behind the end: whoever walked there passed all.
                (None, _) if skip > 0 => (matching.len(), matching.len()),
                (Some(first), Some(last)) if places.len() > skip + page.len() => {
                    (if skip == 0 { 0 } else { *first }, last + 1)
                }
                (first, _) if skip > 0 => (first.copied().unwrap_or(0), matching.len()),
                _ => (0, matching.len()),
            };
            if let Some(moving) = &mut moving
                && moving.arrive(&matching[from..reached])
            {
                continue;
            }
            let next = moving.as_ref().and_then(|moving| {
                matching[reached..].iter().copied().find(|row| !moving.arrived[*row])
            });
            return Page {
                rows: page.into_iter().map(|place| matching[place]).collect(),
                total: places.len(),
                passed: matching[..reached].to_vec(),
                next,
            };
        }
    }

    /// The page was served whole: time goes on. `by_age` lists all rows, the
    /// oldest first, those of one time together.
    pub(super) fn served(&self, page: &Page, by_age: &[Vec<usize>]) {
        for row in &page.passed {
            self.late.reveal(*row);
        }
        if let Some(mut moving) = self.moving() {
            moving.served(page, by_age);
        }
    }

    fn moving(&self) -> Option<MutexGuard<'_, Moving>> {
        let moving = self.moving.as_ref()?;
        Some(moving.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Moving {
    fn has(&self, row: usize) -> bool {
        self.arrived[row] && !self.purged[row]
    }

    /// Lets these rows arrive; whether any had not.
    fn arrive(&mut self, rows: &[usize]) -> bool {
        let mut news = false;
        for row in rows {
            news |= !std::mem::replace(&mut self.arrived[*row], true);
        }
        news
    }

    fn served(&mut self, page: &Page, by_age: &[Vec<usize>]) {
        if page.rows.is_empty() {
            return;
        }
        self.searches += 1;
        for row in &page.rows {
            self.served[*row].get_or_insert(self.searches);
        }
        if let Some(next) = page.next {
            self.arrived[next] = true;
        }
        // Half a page at a time, so that offsets are off by a part of a page.
        let mut left = page.rows.len().div_ceil(2);
        for rows in by_age {
            // Rows of one time go together: to read them, offsets are the only way.
            let old = |row: &usize| {
                self.served[*row].is_some_and(|at| at + PURGED_AFTER <= self.searches)
            };
            if left == 0 || !rows.iter().all(old) {
                return;
            }
            for row in rows {
                let news = !std::mem::replace(&mut self.purged[*row], true);
                left = left.saturating_sub(usize::from(news));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ROWS: usize = 200;

    fn all() -> Vec<usize> {
        (0..ROWS).collect()
    }

    fn ages() -> Vec<Vec<usize>> {
        (0..ROWS).map(|row| vec![row]).collect()
    }

    #[test]
    fn nothing_moves_unless_asked_for() {
        let presence = Presence::new(1, ROWS, 0.0, false);
        for skip in [0, 50, 190, 200, 300] {
            let page = presence.page(&all(), skip, 50);
            assert_eq!(page.total, ROWS);
            assert_eq!(page.rows, (skip.min(ROWS)..(skip + 50).min(ROWS)).collect::<Vec<_>>());
            presence.served(&page, &ages());
        }
    }

    #[test]
    fn a_walk_by_key_finds_every_row_while_totals_move() {
        let presence = Presence::new(1, ROWS, 0.0, true);
        let (mut seen, mut totals) = (BTreeSet::new(), BTreeSet::new());
        let mut key = 0;
        loop {
            let range: Vec<usize> = (key..ROWS).collect();
            let page = presence.page(&range, 0, 20);
            presence.served(&page, &ages());
            totals.insert(page.total + key);
            seen.extend(page.rows.iter().copied());
            match page.rows.last() {
                Some(last) if page.rows.len() == 20 => key = last + 1,
                _ => break,
            }
        }
        assert_eq!(seen.len(), ROWS);
        assert!(totals.len() > 3, "{totals:?}");
        assert!((0..ROWS).any(|row| !presence.there(row)), "old rows are purged");
    }

    #[test]
    fn a_walk_by_offset_misses_rows_while_they_are_purged() {
        let presence = Presence::new(1, ROWS, 0.0, true);
        let mut seen = BTreeSet::new();
        for skip in (0..ROWS).step_by(20) {
            let page = presence.page(&all(), skip, 20);
            presence.served(&page, &ages());
            seen.extend(page.rows);
        }
        assert!(seen.len() < ROWS);
    }

    #[test]
    fn asking_for_the_number_changes_nothing() {
        let presence = Presence::new(1, ROWS, 0.5, true);
        let before = presence.page(&all(), 0, 0);
        for _ in 0..5 {
            let page = presence.page(&all(), 0, 0);
            presence.served(&page, &ages());
            assert_eq!(page, before);
        }
        assert!((60..120).contains(&before.total), "{}", before.total);
    }

    #[test]
    fn late_rows_show_once_a_page_passed_them() {
        let presence = Presence::new(1, ROWS, 0.5, false);
        let first = presence.page(&all(), 0, 50);
        let last = *first.rows.last().unwrap();
        presence.served(&first, &ages());
        assert!((0..=last).all(|row| presence.there(row)));
        assert!((last + 1..ROWS).any(|row| !presence.there(row)));
    }
}
