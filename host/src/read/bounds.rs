//! What a reading may cost before it has to bring something.
//!
//! A listing that leads back to itself, or always on to another page, never ends, and
//! nothing in it is an error. So the host bounds a reading itself, whatever component and
//! service do: by what its requests bring that it had not met before, and by time.
//!
//! Invariant: a reading that exceeds a bound fails and is told, and gives its place back;
//! what it committed stays, so that an honest one goes on from there. Pages of ten records
//! and more, and answers of any slowness, exceed nothing but the hour, however many.

use std::collections::HashSet;
use std::collections::hash_map::{DefaultHasher, Entry, HashMap};
use std::hash::Hasher as _;
use std::time::Duration;

use crate::contract::Batch;
use crate::planner::Range;

/// Requests of a reading that may bring next to nothing.
const POOR_REQUESTS: u64 = 2_000;

/// Records that make a request worth its while: pages have a hundred to a thousand.
const WORTH: u64 = 10;

/// How long a reading may bring next to nothing, and with how many requests: an answer
/// that takes half a second each.
const POOR_TIME: Duration = Duration::from_secs(60);
const POOR_REQUESTS_IN_TIME: u64 = 100;

/// How long a reading holds its place before it has to queue again. An honest one that
/// takes longer goes on from where it is.
const WHOLE_TIME: Duration = Duration::from_secs(3_600);

/// Ids and places that are remembered, 8 bytes each.
const REMEMBERED: usize = 1 << 16;

/// What one reading was given and brought, over all its attempts.
#[derive(Debug, Default)]
pub struct Bounds {
    range: Option<Range>,
    /// Ids met, so that the same record again and again brings nothing.
    met: HashSet<u64>,
    /// Where the attempt was, and how many events had been fresh by then.
    places: HashMap<u64, u64>,
    place: Option<u64>,
    /// Of all attempts since a bound was exceeded last.
    all: Tally,
    /// Since something fresh came.
    quiet: Tally,
    quiet_since: Duration,
    began: Duration,
    /// Requests of this attempt that were counted.
    requests: u64,
    fresh: u64,
    exceeded: u32,
}

/// Requests, and what came with them that was new.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    requests: u64,
    records: u64,
}

impl Tally {
    fn add(&mut self, requests: u64, records: u64) {
        self.requests = self.requests.saturating_add(requests);
        self.records = self.records.saturating_add(records);
    }

    fn is_poor(self, allowed: u64) -> bool {
        self.requests > allowed.saturating_add(self.records / WORTH)
    }
}

/// Why a reading is not gone on with for now.
#[derive(Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// In words.
    pub problem: String,
    /// Whether nothing fresh came at all.
    pub is_circle: bool,
}

impl Bounds {
    /// An attempt at a range begins.
    pub fn begin(&mut self, range: Range, now: Duration) {
        if self.range != Some(range) {
            *self = Self { range: Some(range), ..Self::default() };
        }
        self.places.clear();
        self.place = None;
        (self.began, self.quiet_since) = (now, now);
        (self.requests, self.fresh) = (0, 0);
        self.quiet = Tally::default();
    }

    /// Whether the range was left alone before, and is not at its end since.
    pub fn is_suspect(&self) -> bool {
        self.exceeded > 0
    }

    /// Takes in the ids of a batch: how many had not been met, with what has no id.
    pub fn news(&mut self, batch: &Batch) -> u64 {
        if self.met.len() > REMEMBERED {
            self.met.clear();
        }
        let events = batch.events.iter().filter(|event| self.met.insert(hash(&event.native_id)));
        let events = events.count() as u64;
        events.saturating_add(batch.counts.filtered).saturating_add(batch.counts.rejected)
    }

    /// Takes in what a batch was worth. `requests` are all of the attempt so far, `fresh`
    /// the batch's events that are to be delivered.
    ///
    /// # Errors
    ///
    /// When a bound is exceeded.
    pub fn note(
        &mut self,
        now: Duration,
        requests: u64,
        news: u64,
        fresh: u64,
        cursor: Option<&[u8]>,
    ) -> Result<(), Exceeded> {
        let asked = requests.saturating_sub(self.requests);
        self.requests = requests;
        self.fresh = self.fresh.saturating_add(fresh);
        self.all.add(asked, news);
        self.quiet.add(asked, news);
        if fresh > 0 {
            self.quiet = Tally::default();
            self.quiet_since = now;
        }
        if self.returns(cursor) {
            return Err(self.exceed("its pages lead back to one that was read before"));
        }
        if self.all.is_poor(POOR_REQUESTS) {
            return Err(self.exceed("its pages hold next to nothing, one after the other"));
        }
        let quiet = now.saturating_sub(self.quiet_since);
        if quiet >= POOR_TIME && self.quiet.is_poor(POOR_REQUESTS_IN_TIME) {
            return Err(self.exceed("its pages have brought next to nothing for a minute"));
        }
        if now.saturating_sub(self.began) >= WHOLE_TIME {
            return Err(self.exceed("it has been read for an hour without an end"));
        }
        Ok(())
    }

    /// A call of its component made too many requests.
    pub fn spun(&mut self, requests: u64) -> Exceeded {
        self.all.add(requests.saturating_sub(self.requests), 0);
        self.exceed("its component does not come back from one page after the other")
    }

    /// Whether a place is one where the reading was before, with nothing fresh since.
    fn returns(&mut self, cursor: Option<&[u8]>) -> bool {
        let place = hash(&cursor);
        if self.place.replace(place) == Some(place) {
            return false;
        }
        if self.places.len() > REMEMBERED {
            self.places.clear();
        }
        match self.places.entry(place) {
            Entry::Occupied(mut before) => before.insert(self.fresh) == self.fresh,
            Entry::Vacant(vacant) => {
                vacant.insert(self.fresh);
                false
            }
        }
    }

    fn exceed(&mut self, what: &str) -> Exceeded {
        let Tally { requests, records } = std::mem::take(&mut self.all);
        self.exceeded = self.exceeded.saturating_add(1);
        let fresh = self.fresh;
        let problem = format!(
            "the listing does not end: {what} ({requests} requests, {records} records that were \
             not met before, {fresh} fresh events); the range is read on later from where it is, \
             ask who keeps the service about its paging"
        );
        Exceeded { problem, is_circle: fresh == 0 }
    }
}

fn hash(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn bounds() -> Bounds {
        let mut bounds = Bounds::default();
        bounds.begin(Range { start: 0, end: 60_000 }, Duration::ZERO);
        bounds
    }

    #[test]
    fn pages_that_lead_back_are_a_circle_unless_something_fresh_came() {
        let mut bounds = bounds();
        let mut note =
            |cursor: &str, fresh| bounds.note(SECOND, 1, 0, fresh, Some(cursor.as_bytes()));
        assert_eq!(note("a", 0), Ok(()));
        assert_eq!(note("a", 0), Ok(()));
        assert_eq!(note("b", 0), Ok(()));
        assert_eq!(note("c", 1), Ok(()));
        assert_eq!(note("a", 0), Ok(()));
        assert!(note("b", 0).is_ok());
        assert!(note("a", 0).is_err_and(|exceeded| exceeded.problem.contains("lead back")));
    }

    #[test]
    fn slow_pages_without_news_are_told_after_a_minute() {
        let mut bounds = bounds();
        let failed = (1u64..).find(|page| {
            let now = Duration::from_millis(500 * page);
            bounds.note(now, *page, 0, 0, Some(&page.to_be_bytes())).is_err()
        });
        assert_eq!(failed, Some(120));
    }

    proptest! {
        #[test]
        fn what_brings_next_to_nothing_ends_and_what_brings_pages_does_not(
            news in prop::collection::vec(0u64..2, 2_300), full: bool, attempts in 1u64..40,
        ) {
            let mut bounds = bounds();
            let range = Range { start: 0, end: 60_000 };
            let mut failed = false;
            for (page, news) in news.iter().enumerate() {
                let page = page as u64;
                if page.is_multiple_of(attempts * 50) {
                    bounds.begin(range, SECOND);
                }
                let done = page % (attempts * 50) + 1;
                let news = if full { WORTH } else { *news };
                let cursor = page.to_be_bytes();
                failed |= bounds.note(SECOND, done, news, 1, Some(&cursor)).is_err();
            }
            prop_assert_eq!(failed, !full);
        }
    }
}
