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
