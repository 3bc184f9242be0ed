//! Randomness that is the same on every machine and in every version.
//!
//! The invariant: a number follows from the seed and the position alone, so a
//! failure seen once can be seen again. Not for keys: those come from the
//! operating system.

/// SplitMix64 (Steele, Lea, Flood 2014): tiny, full period, and good enough to
/// make records look unalike.
#[derive(Debug, Clone)]
pub(crate) struct Prng(u64);

/// Weyl constant of SplitMix64: the odd number nearest to 2^64 / golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Prng {
    /// A generator for one purpose: equal inputs give equal sequences, and
    /// sequences of different purposes do not overlap in practice.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        Self(mix(seed, purpose))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        scramble(self.0)
    }

    /// A number in `[0, limit)`; zero for an empty range. The bias of at most
    /// `limit / 2^64` does not matter here.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(limit);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// An index into something of this length.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// True in this share of the calls.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        unit(self.next()) < share
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One element. The slice must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// One word. There must be some.
    pub(crate) fn word(&mut self, words: &[&'static str]) -> &'static str {
        words[self.index(words.len())]
    }

    /// Text of so many characters out of `alphabet`.
    pub(crate) fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(*self.pick(alphabet))).collect()
    }

    /// An execution context id as Oracle's middleware makes them: 17 characters.
    pub(crate) fn ecid(&mut self) -> String {
        const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_~abcdefghijklmnopqrstuvwxyz";
        format!("{}00000000", self.text(DIGITS, 9))
    }

    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.text(b"0123456789abcdef", length)
    }

    /// A version 4 UUID in its usual text form.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }
}

/// Two numbers made into one that depends on every bit of both.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    scramble(scramble(a.wrapping_add(STEP)) ^ b.wrapping_mul(STEP))
}

/// A number in `[0, 1)` from 53 of the 64 bits.
pub(crate) fn unit(bits: u64) -> f64 {
    // 2^53 is the largest power of two below which an f64 holds every integer.
    (bits >> 11) as f64 / 9_007_199_254_740_992.0
}

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // First outputs of SplitMix64 from state 1234567, as its authors give them.
        let mut prng = Prng(1_234_567);
        assert_eq!(prng.next(), 6_457_827_717_110_365_317);
        assert_eq!(prng.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn shares_come_out_about_right() {
        let mut prng = Prng::new(7, 0);
        let hits = (0..10_000).filter(|_| prng.chance(0.1)).count();
        assert!((900..1100).contains(&hits), "{hits}");
        assert!(!prng.chance(0.0));
        assert!(prng.chance(1.0));
    }

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let uuid = Prng::new(7, 0).uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
    }
}
