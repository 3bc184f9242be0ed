//! Many failures, then a success: whose password may have been guessed.
//!
//! Lines come in no order of time: a late reading, a backfill and a second source write
//! behind what is newer. So attempts are kept, a few bytes each, and put in order at the
//! end. Invariant: they and the names in them take at most [`MOST_BYTES`]; beyond that the
//! older half goes, and it is said.

use std::collections::HashMap;

use super::groups::cut;

/// So many failures are no slip of the fingers.
pub const FAILURES: usize = 5;

/// Between one failure and the next, and the last one and the success. Longer than most
/// locks of an account last.
pub const WITHIN_MS: i64 = 15 * 60 * 1000;

/// Most bytes kept: four million attempts of people who are met again.
const MOST_BYTES: usize = 128 << 20;

/// What an attempt takes, in a list that grew to twice its length.
const ATTEMPT: usize = 32;

/// What a name takes beside its text: twice a pointer, in a table that is half empty, and
/// the list of a user.
const NAME: usize = 120;

/// Longest text that is kept as it is, in bytes.
const LONGEST: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Attempt {
    time: i64,
    succeeded: bool,
    address: u32,
}

/// Texts by number.
#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
    bytes: usize,
}

impl Names {
    fn number(&mut self, text: &str) -> u32 {
        let shortened = (text.len() > LONGEST).then(|| cut(text));
        let text = shortened.as_deref().unwrap_or(text);
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        // The bound of bytes is reached long before.
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.numbers.insert(text.into(), number);
        self.texts.push(text.into());
        self.bytes += 2 * text.len() + NAME;
        number
    }
}

/// The attempts of every user.
#[derive(Debug)]
pub struct Attempts {
    users: Names,
    addresses: Names,
    by_user: Vec<Vec<Attempt>>,
    count: usize,
    most: usize,
    forgotten: u64,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            users: Names::default(),
            addresses: Names::default(),
            by_user: Vec::new(),
            count: 0,
            most: MOST_BYTES,
            forgotten: 0,
        }
    }
}

/// What was found of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// Login.
    pub user: String,
    /// Failures before the success.
    pub failures: usize,
    /// Time of the first, Unix milliseconds.
    pub since: i64,
    /// Time of the success.
    pub at: i64,
    /// Where the success came from.
    pub address: String,
    /// From how many addresses the failures came.
    pub addresses: usize,
    /// Whether one of them is that of the success.
    pub same: bool,
}

impl Attempts {
    /// Keeps no more than so many bytes.
    #[cfg(test)]
    fn keeping(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Takes one.
    pub fn add(&mut self, user: &str, address: &str, time: i64, succeeded: bool) {
        let user = self.users.number(user) as usize;
        let address = self.addresses.number(address);
        self.push(user, Attempt { time, succeeded, address });
    }

    fn keep(&mut self, user: usize, attempt: Attempt) {
        if self.by_user.len() <= user {
            self.by_user.resize_with(user + 1, Vec::new);
        }
        self.by_user[user].push(attempt);
        self.count += 1;
    }

    fn push(&mut self, user: usize, attempt: Attempt) {
        self.keep(user, attempt);
        if self.bytes() > self.most {
            self.forget();
        }
    }

    fn bytes(&self) -> usize {
        self.users.bytes + self.addresses.bytes + self.count * ATTEMPT
    }

    /// Lets the older half go, and the names of which nothing is left.
    fn forget(&mut self) {
        let mut times: Vec<i64> =
            self.by_user.iter().flatten().map(|attempt| attempt.time).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        let old = std::mem::take(self);
        (self.most, self.forgotten) = (old.most, old.forgotten);
        for (user, list) in old.users.texts.iter().zip(&old.by_user) {
            for attempt in list {
                if attempt.time <= median {
                    self.forgotten += 1;
                    continue;
                }
                // At most half of them, so that this ends here.
                let user = self.users.number(user) as usize;
                let address = self.addresses.number(&old.addresses.texts[attempt.address as usize]);
                self.keep(user, Attempt { address, ..*attempt });
            }
        }
    }

    /// How many attempts were let go.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Adds those that were read apart.
    pub fn merge(&mut self, other: Self) {
        self.forgotten += other.forgotten;
        for (user, list) in other.users.texts.iter().zip(&other.by_user) {
            for Attempt { time, succeeded, address } in list {
                let address = &other.addresses.texts[*address as usize];
                self.add(user, address, *time, *succeeded);
            }
        }
    }

    /// What is to be looked into, most failures first.
    pub fn suspicions(mut self) -> Vec<Suspicion> {
        let mut found = Vec::new();
        for (user, list) in self.by_user.iter_mut().enumerate() {
            list.sort_unstable();
            let mut run: Vec<Attempt> = Vec::new();
            for attempt in list {
                let is_near = |last: &Attempt| attempt.time.saturating_sub(last.time) <= WITHIN_MS;
                if !run.last().is_none_or(is_near) {
                    run.clear();
                }
                if !attempt.succeeded {
                    run.push(*attempt);
                    continue;
                }
                if run.len() >= FAILURES {
                    let mut from: Vec<u32> = run.iter().map(|attempt| attempt.address).collect();
                    from.sort_unstable();
                    from.dedup();
                    found.push(Suspicion {
                        user: self.users.texts[user].to_string(),
                        failures: run.len(),
                        since: run[0].time,
                        at: attempt.time,
                        address: self.addresses.texts[attempt.address as usize].to_string(),
                        addresses: from.len(),
                        same: from.contains(&attempt.address),
                    });
                }
                run.clear();
            }
        }
        found.sort_by(|one, other| {
            (other.failures, &one.user, one.at).cmp(&(one.failures, &other.user, other.at))
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60_000;

    fn found(attempts: &[(i64, bool)]) -> Vec<usize> {
        let mut all = Attempts::default();
        for (minute, succeeded) in attempts {
            all.add("joe", "192.0.2.1", minute * MINUTE, *succeeded);
        }
        all.suspicions().into_iter().map(|suspicion| suspicion.failures).collect()
    }

    fn failures(minutes: impl IntoIterator<Item = i64>) -> Vec<(i64, bool)> {
        minutes.into_iter().map(|minute| (minute, false)).collect()
    }

    #[test]
    fn five_failures_and_a_success_soon_after_are_found_and_less_is_not() {
        let with = |mut list: Vec<(i64, bool)>, success| {
            list.push((success, true));
            found(&list)
        };
        assert_eq!(with(failures(0..5), 6), [5]);
        assert_eq!(with(failures(0..4), 6), [0; 0]);
        assert_eq!(with(failures(0..5), 20), [0; 0]);
        assert_eq!(with(failures([0, 20, 40, 60, 80]), 81), [0; 0]);
        assert_eq!(with(failures([0, 10, 20, 30, 40]), 55), [5]);
        let mut interrupted = failures(0..5);
        interrupted.insert(3, (2, true));
        assert_eq!(with(interrupted, 6), [0; 0]);
        assert_eq!(found(&failures(0..100)), [0; 0]);
    }

    #[test]
    fn beyond_the_bound_the_oldest_are_let_go_and_counted() {
        let mut all = Attempts::keeping(2_000);
        (0..100).for_each(|minute| all.add("joe", "a", minute * MINUTE, false));
        all.add("joe", "a", 100 * MINUTE, true);
        assert!(all.forgotten() > 20 && all.bytes() <= 2_000, "{all:?}");
        assert!(all.suspicions()[0].failures >= FAILURES);
    }

    #[test]
    fn names_that_are_met_once_take_no_more_than_the_bound() {
        let mut all = Attempts::keeping(100_000);
        for number in 0..5_000 {
            let name = format!("{number}-{}", "x".repeat(300));
            all.add(&name, &name, number * MINUTE, false);
            assert!(all.bytes() <= 100_000);
        }
        assert_eq!(all.forgotten() + all.count as u64, 5_000);
    }

    proptest! {
        #[test]
        fn the_order_of_lines_and_who_reads_them_make_no_difference(
            attempts in prop::collection::vec((0..3_u8, 0..3_u8, 0..60_i64, prop::bool::weighted(0.2)), 0..120),
            cut in 0..120_usize,
        ) {
            let read = |attempts: &[(u8, u8, i64, bool)]| {
                let mut all = Attempts::default();
                for (user, address, minute, succeeded) in attempts {
                    all.add(&user.to_string(), &address.to_string(), minute * MINUTE, *succeeded);
                }
                all
            };
            let key = |suspicions: Vec<Suspicion>| {
                let mut keys: Vec<_> =
                    suspicions.into_iter().map(|s| (s.user, s.failures, s.since, s.at)).collect();
                keys.sort();
                keys
            };
            let (one, two) = attempts.split_at(cut.min(attempts.len()));
            let mut apart = read(two);
            apart.merge(read(one));
            prop_assert_eq!(key(read(&attempts).suspicions()), key(apart.suspicions()));
        }
    }
}
