//! Looks at text sixteen bytes at a time, where a collector would otherwise spend its
//! time byte by byte. Pure, and the same answers on a machine without such lanes.

use wide::u8x16;

/// Bytes looked at together.
const LANES: usize = 16;

fn load(bytes: &[u8], at: usize) -> Option<u8x16> {
    let lanes: [u8; LANES] = bytes.get(at..at + LANES)?.try_into().ok()?;
    Some(u8x16::from(lanes))
}

/// The first quote, backslash or control character from `at` on; the end of `bytes`,
/// or `at` beyond it, if there is none.
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
    pub fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let bytes = bytes.get(at..at + BLOCK)?;
        let mut block = Self::default();
        // Both kinds of brackets differ in this bit only.
        let bit = u8x16::splat(0x20);
        for part in 0..BLOCK / LANES {
            let lanes = load(bytes, part * LANES)?;
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
