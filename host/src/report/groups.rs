//! Counts by group, in bounded memory.
//!
//! While there are no more groups than [`MOST`], every count is exact. Beyond that the
//! rarest are let go, as in the sketch of Misra and Gries: a count may then be too small,
//! by no more than [`Groups::missed`], and no group is missing that is larger than that.
//! Two halves of the input, counted apart, can be put together.

use std::collections::HashMap;

/// Most groups kept; with keys of some 40 bytes 40 MB a question.
pub const MOST: usize = 200_000;

/// Most bytes of keys kept: texts are chosen by whoever signs in, and may all be long.
const MOST_BYTES: usize = 64 << 20;

/// What is told of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events.
    pub events: u64,
    /// Of them, those that succeeded.
    pub successes: u64,
    /// And those that failed.
    pub failures: u64,
    /// Time of the earliest, Unix milliseconds.
    pub first: Option<i64>,
    /// Time of the latest.
    pub last: Option<i64>,
}

impl Tally {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        let either =
            |one: Option<i64>, two: Option<i64>, choose: fn(i64, i64) -> i64| match (one, two) {
                (Some(one), Some(two)) => Some(choose(one, two)),
                (one, two) => one.or(two),
            };
        self.events += other.events;
        self.successes += other.successes;
        self.failures += other.failures;
        self.first = either(self.first, other.first, i64::min);
        self.last = either(self.last, other.last, i64::max);
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// How much larger the group is than those that were let go.
    weight: u64,
    tally: Tally,
}

/// Groups by key.
#[derive(Debug)]
pub struct Groups {
    entries: HashMap<Box<[u8]>, Entry>,
    bytes: usize,
    most: usize,
    missed: u64,
}

impl Groups {
    /// None yet, at most so many.
    pub fn new(most: usize) -> Self {
        Self { entries: HashMap::new(), bytes: 0, most: most.max(2), missed: 0 }
    }

    /// Counts into a group.
    pub fn count(&mut self, key: &[u8], tally: &Tally) {
        self.put(key, tally.events, tally);
    }

    fn put(&mut self, key: &[u8], weight: u64, tally: &Tally) {
        match self.entries.get_mut(key) {
            Some(entry) => {
                entry.weight += weight;
                entry.tally.add(tally);
            }
            None => {
                self.entries.insert(key.into(), Entry { weight, tally: *tally });
                self.bytes += key.len();
                if self.entries.len() > self.most || self.bytes > MOST_BYTES {
                    self.let_go();
                }
            }
        }
    }

    /// Lets the lighter half go.
    fn let_go(&mut self) {
        let mut weights: Vec<u64> = self.entries.values().map(|entry| entry.weight).collect();
        let middle = weights.len() / 2;
        let (_, median, _) = weights.select_nth_unstable(middle);
        let median = *median;
        self.entries.retain(|_, entry| {
            entry.weight = entry.weight.saturating_sub(median);
            entry.weight > 0
        });
        self.bytes = self.entries.keys().map(|key| key.len()).sum();
        self.missed += median;
    }

    /// Adds groups that were counted apart.
    pub fn merge(&mut self, other: Self) {
        self.missed += other.missed;
        for (key, entry) in other.entries {
            self.put(&key, entry.weight, &entry.tally);
        }
    }

    /// By how much any count may be too small.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// The groups, in no order.
    pub fn into_entries(self) -> impl Iterator<Item = (Box<[u8]>, Tally)> {
        self.entries.into_iter().map(|(key, entry)| (key, entry.tally))
    }
}

/// Longest text that becomes part of a key, in bytes. A longer one is cut and keeps a
/// digest of the whole, so that two that differ stay two.
const LONGEST: usize = 512;

/// Puts the texts of several columns into one key.
#[derive(Debug, Default)]
pub struct KeyBuffer(Vec<u8>);

impl KeyBuffer {
    /// Begins anew.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds a column.
    pub fn push(&mut self, text: Option<&str>) {
        let Some(text) = text else {
            self.0.extend(u32::MAX.to_le_bytes());
            return;
        };
        let cut = (text.len() > LONGEST).then(|| cut(text));
        let text = cut.as_deref().unwrap_or(text);
        // At most LONGEST and a digest.
        self.0.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    /// The key.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A text that is too long, cut between characters.
pub fn cut(text: &str) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut end = LONGEST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut digest = DefaultHasher::new();
    text.hash(&mut digest);
    format!("{}…[cut: {} bytes, {:08x}]", &text[..end], text.len(), digest.finish() >> 32)
}

/// The texts of a key.
pub fn texts(mut key: &[u8]) -> Vec<Option<String>> {
    let mut texts = Vec::new();
    while let Some((length, rest)) = key.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length);
        if length == u32::MAX {
            texts.push(None);
            key = rest;
            continue;
        }
        let (text, rest) = rest.split_at((length as usize).min(rest.len()));
        texts.push(Some(String::from_utf8_lossy(text).into_owned()));
        key = rest;
    }
    texts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn one() -> Tally {
        Tally { events: 1, ..Tally::default() }
    }

    fn counted(most: usize, keys: &[u8]) -> Groups {
        let mut groups = Groups::new(most);
        keys.iter().for_each(|key| groups.count(&[*key], &one()));
        groups
    }

    proptest! {
        #[test]
        fn counts_are_exact_up_to_the_bound_and_known_to_be_short_beyond_it(
            keys in prop::collection::vec(0..40_u8, 0..400),
            most in 2..50_usize,
            split in 0..400_usize,
        ) {
            let split = split.min(keys.len());
            let mut groups = counted(most, &keys[..split]);
            groups.merge(counted(most, &keys[split..]));
            let mut truth: BTreeMap<u8, u64> = BTreeMap::new();
            keys.iter().for_each(|key| *truth.entry(*key).or_default() += 1);
            let missed = groups.missed();
            if truth.len() <= most {
                prop_assert_eq!(missed, 0);
            }
            prop_assert!(groups.entries.len() <= most);
            let found: BTreeMap<u8, u64> =
                groups.into_entries().map(|(key, tally)| (key[0], tally.events)).collect();
            for (key, count) in truth {
                let seen = found.get(&key).copied().unwrap_or(0);
                prop_assert!(seen <= count && count <= seen + missed, "{} {} {}", key, seen, count);
            }
        }

        #[test]
        fn a_key_gives_its_texts_back(texts_in in prop::collection::vec(any::<Option<String>>(), 0..4)) {
            let mut key = KeyBuffer::default();
            texts_in.iter().for_each(|text| key.push(text.as_deref()));
            prop_assert_eq!(texts(key.bytes()), texts_in);
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_and_stays_apart_from_others() {
        let long = |end: &str| {
            let mut key = KeyBuffer::default();
            key.push(Some(&format!("{}{end}", "ä".repeat(400))));
            texts(key.bytes()).remove(0).unwrap()
        };
        assert!(long("a").len() < 600 && long("a").contains("cut: 801 bytes"), "{}", long("a"));
        assert_ne!(long("a"), long("b"));
    }
}
