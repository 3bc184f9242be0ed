//! Looks at text sixteen bytes at a time, where a collector would otherwise spend its
//! time byte by byte. Pure, and the same answers on a machine without such lanes.

use wide::u8x16;

/// Bytes looked at together.
const LANES: usize = 16;

#[inline]
fn load(bytes: &[u8], at: usize) -> Option<u8x16> {
    let lanes: [u8; LANES] = bytes.get(at..at + LANES)?.try_into().ok()?;
    Some(u8x16::from(lanes))
}

/// The first quote, backslash or control character from `at` on; the end of `bytes`,
/// or `at` beyond it, if there is none.
#[inline]
pub fn string_stop(bytes: &[u8], mut at: usize) -> usize {
    let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let last_control = u8x16::splat(0x1f);
    while let Some(lanes) = load(bytes, at) {
        let control = lanes.min(last_control).simd_eq(lanes);
        let found = (lanes.simd_eq(quote) | lanes.simd_eq(backslash) | control).to_bitmask();
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += LANES;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        at += 1;
    }
    at
}

/// Whether two texts of the same length are the same. Names are short: two looks tell
/// most of them, where a loop would take as long to begin.
#[inline]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    let ends = |bytes: &[u8]| {
        let start = bytes.first_chunk().copied().map(u64::from_le_bytes);
        (start, bytes.last_chunk().copied().map(u64::from_le_bytes))
    };
    match (one.len(), other.len()) {
        (length, others) if length != others => false,
        (0..8, _) => one.iter().zip(other).all(|(one, other)| one == other),
        (8..=16, _) => ends(one) == ends(other),
        _ => ends(one) == ends(other) && one == other,
    }
}

/// Up to eight sets of bytes, each a bit: whatever has one of some lower halves behind one
/// upper half.
pub struct Sets {
    low: [u8; LANES],
    high: [u8; LANES],
}

impl Sets {
    /// Of each set its bytes, which have the upper half in common.
    pub const fn of(sets: &[&[u8]]) -> Self {
        let mut halves = Self { low: [0; LANES], high: [0; LANES] };
        let mut set = 0;
        while set < sets.len() {
            let bytes = sets[set];
            let mut at = 0;
            while at < bytes.len() {
                assert!(bytes[at] >> 4 == bytes[0] >> 4 && bytes[at] != 0);
                halves.low[(bytes[at] & 15) as usize] |= 1 << set;
                at += 1;
            }
            halves.high[(bytes[0] >> 4) as usize] |= 1 << set;
            set += 1;
        }
        halves
    }

    #[inline]
    fn in_lanes(&self, lanes: u8x16) -> u8x16 {
        let low = u8x16::from(self.low).shuffle_zeroing(lanes & u8x16::splat(15));
        let high = u8x16::from(self.high).shuffle_zeroing(lanes.unbounded_shr_scalar(4));
        low & high
    }

    /// The sets that bytes are in, and whether some are beyond ASCII.
    pub fn all(&self, bytes: &[u8]) -> (u8, bool) {
        let (mut sets, mut every) = (u8x16::splat(0), u8x16::splat(0));
        let mut look = |lanes: u8x16| {
            sets |= self.in_lanes(lanes);
            every |= lanes;
        };
        match load(bytes, 0) {
            None => {
                let mut lanes = [0; LANES];
                lanes[..bytes.len()].copy_from_slice(bytes);
                // What fills up is in no set.
                look(u8x16::from(lanes));
            }
            Some(first) => {
                look(first);
                let mut at = LANES;
                // The last ones are looked at together with some before them.
                while at < bytes.len() {
                    if let Some(lanes) = load(bytes, at.min(bytes.len() - LANES)) {
                        look(lanes);
                    }
                    at += LANES;
                }
            }
        }
        let sets = u128::from_le_bytes(sets.to_array());
        let sets = (sets | sets >> 64) as u64;
        let sets = sets | sets >> 32;
        let sets = sets | sets >> 16;
        ((sets | sets >> 8) as u8, every.to_bitmask() != 0)
    }

    /// The first byte from `at` on that is in one of the sets; the end if there is none.
    pub fn find(&self, bytes: &[u8], mut at: usize) -> usize {
        let found = |lanes: u8x16| {
            let others = self.in_lanes(lanes).simd_eq(u8x16::splat(0)).to_bitmask();
            !others & ((1 << LANES) - 1)
        };
        while let Some(lanes) = load(bytes, at) {
            let found = found(lanes);
            if found != 0 {
                return at + found.trailing_zeros() as usize;
            }
            at += LANES;
        }
        let is_in =
            |byte: u8| self.low[usize::from(byte & 15)] & self.high[usize::from(byte >> 4)] != 0;
        while at < bytes.len() && !is_in(bytes[at]) {
            at += 1;
        }
        at.min(bytes.len())
    }
}

/// Bytes of a [`Block`].
pub const BLOCK: usize = 4 * LANES;

/// What stands where in sixty-four bytes: the lowest bit is the first byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Block {
    /// `"`
    pub quotes: u64,
    /// `\`
    pub backslashes: u64,
    /// `{` and `[`
    pub opening: u64,
    /// `}` and `]`
    pub closing: u64,
}

impl Block {
    /// Looks at the bytes from `at` on; `None` where there are fewer than [`BLOCK`].
    #[inline]
    pub fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let bytes: &[u8; BLOCK] = bytes.get(at..)?.first_chunk()?;
        let mut block = Self::default();
        // Both kinds of brackets differ in this bit only.
        let bit = u8x16::splat(0x20);
        for (part, lanes) in bytes.as_chunks::<LANES>().0.iter().enumerate() {
            let lanes = u8x16::from(*lanes);
            let shift = part * LANES;
            let mask = |found: u8x16| u64::from(found.to_bitmask()) << shift;
            block.quotes |= mask(lanes.simd_eq(u8x16::splat(b'"')));
            block.backslashes |= mask(lanes.simd_eq(u8x16::splat(b'\\')));
            let bracket = lanes | bit;
            block.opening |= mask(bracket.simd_eq(u8x16::splat(b'{')));
            block.closing |= mask(bracket.simd_eq(u8x16::splat(b'}')));
        }
        Some(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_if_no_byte_differs() {
        for length in 0..40 {
            let text: Vec<u8> = (0..length).collect();
            assert!(same(&text, &text.clone()));
            for at in 0..text.len() {
                let mut other = text.clone();
                other[at] ^= 0x80;
                assert!(!same(&text, &other), "{length} {at}");
                assert!(!same(&text, &text[..at]));
            }
        }
    }

    #[test]
    fn sets_are_told_by_both_halves_of_each_byte() {
        const SETS: Sets = Sets::of(&[b"=:", b" ", b"\\", b"J", b"\n"]);
        let kinds = [&b"=:"[..], b" ", b"\\", b"J", b"\n"];
        let sets_of = |bytes: &[u8]| {
            let has = |set: &[u8]| bytes.iter().any(|byte| set.contains(byte));
            kinds.iter().rev().fold(0u8, |all, set| all << 1 | u8::from(has(set)))
        };
        let text: Vec<u8> = (1..=255u8).collect();
        for length in [1, 2, 15, 16, 17, 31, 32, 33, 100] {
            for part in text.windows(length) {
                let is_beyond = part.iter().any(|byte| !byte.is_ascii());
                assert_eq!(SETS.all(part), (sets_of(part), is_beyond));
                let first = part.iter().position(|byte| sets_of(&[*byte]) != 0);
                assert_eq!(SETS.find(part, 0), first.unwrap_or(length));
                assert_eq!(SETS.find(part, length), length);
            }
        }
        assert_eq!(SETS.all(b""), (0, false));
        assert_eq!(SETS.find(b"=", 2), 1);
    }

    #[test]
    fn lanes_say_what_bytes_say() {
        let text: Vec<u8> = (0..=255u8).chain((0..=255).rev()).chain(*b"[]{}\"\\,").collect();
        for at in 0..text.len() {
            let stop = (at..text.len()).find(|at| matches!(text[*at], b'"' | b'\\' | 0..=0x1f));
            assert_eq!(string_stop(&text, at), stop.unwrap_or(text.len()));
            let Some(block) = Block::read(&text, at) else { continue };
            for (bit, byte) in text[at..at + BLOCK].iter().enumerate() {
                let is = |mask: u64| mask >> bit & 1 == 1;
                assert_eq!(is(block.quotes), *byte == b'"');
                assert_eq!(is(block.backslashes), *byte == b'\\');
                assert_eq!(is(block.opening), matches!(byte, b'{' | b'['));
                assert_eq!(is(block.closing), matches!(byte, b'}' | b']'));
            }
        }
        assert!(Block::read(&text, text.len() - BLOCK + 1).is_none());
    }
}
