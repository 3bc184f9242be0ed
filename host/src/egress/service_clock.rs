//! What time it is for a service, going by the `Date` of its answers.
//!
//! `Date` is a hint that nobody signs: one answer of a broken balancer must not move a
//! stream's time. So the newest of the last quarter of an hour counts, and one that was
//! not confirmed since says nothing. Pure: whoever asks brings the time that passes.

/// How long an answer's `Date` is gone by: longer than the pauses between polls and
/// after failures, and short beside what a wrong one may cost.
const EXPIRES_MS: i64 = 15 * 60_000;

/// The clock of a service, as far as it told. Times are milliseconds; `at` is any clock
/// that never goes back.
#[derive(Debug, Clone, Default)]
pub struct ServiceClock {
    /// The newest of this window, and of the one before it.
    offsets: [Option<i64>; 2],
    window_began: i64,
    told_last: i64,
}

impl ServiceClock {
    /// An answer that came `at`, and was dated `date` in Unix milliseconds.
    pub fn note(&mut self, date: i64, at: i64) {
        let age = at.saturating_sub(self.window_began);
        if age > EXPIRES_MS {
            let before = self.offsets[0].filter(|_| age <= 2 * EXPIRES_MS);
            self.offsets = [None, before];
            self.window_began = at;
        }
        let offset = date.saturating_sub(at);
        self.offsets[0] = self.offsets[0].max(Some(offset));
        self.told_last = at;
    }

    /// What time it is `at`; `None` when there was no answer lately.
    pub fn now(&self, at: i64) -> Option<i64> {
        let expired = at.saturating_sub(self.told_last) > EXPIRES_MS;
        let newest = self.offsets.iter().flatten().max().filter(|_| !expired)?;
        Some(newest.saturating_add(at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn one_old_answer_among_others_moves_nothing() {
        let mut clock = ServiceClock::default();
        clock.note(100 * DAY, 1_000);
        clock.note(0, 2_000);
        assert_eq!(clock.now(3_000), Some(100 * DAY + 2_000));
    }

    #[test]
    fn what_was_told_long_ago_says_nothing() {
        let mut clock = ServiceClock::default();
        assert_eq!(clock.now(0), None);
        clock.note(100 * DAY, 0);
        assert!(clock.now(EXPIRES_MS).is_some());
        assert_eq!(clock.now(EXPIRES_MS + 1), None);
    }

    #[test]
    fn a_service_whose_clock_is_set_back_is_believed_after_two_windows() {
        let mut clock = ServiceClock::default();
        clock.note(200 * DAY, 0);
        for minute in 1..40 {
            clock.note(100 * DAY + minute * 60_000, minute * 60_000);
        }
        assert_eq!(clock.now(39 * 60_000), Some(100 * DAY + 39 * 60_000));
    }

    proptest! {
        #[test]
        fn the_time_is_never_later_than_the_newest_answer_says(
            answers in prop::collection::vec((any::<i64>(), 0i64..2_000_000), 1..40)
        ) {
            let (mut clock, mut at) = (ServiceClock::default(), 0);
            let mut newest = i64::MIN;
            for (date, pause) in answers {
                at += pause;
                clock.note(date, at);
                newest = newest.max(date.saturating_sub(at));
                let now = clock.now(at);
                prop_assert!(now >= Some(date.saturating_sub(at).saturating_add(at)));
                prop_assert!(now <= Some(newest.saturating_add(at)));
            }
        }
    }
}
