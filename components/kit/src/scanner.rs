//! What cutting JSON needs to know of its syntax: where a text ends and how deep a
//! bracket is. Everything else stays unread.

use crate::simd::{BLOCK, Block};

/// How deep in brackets the reading is, and whether in a text.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Nesting {
    pub depth: usize,
    pub in_string: bool,
    pub escaped: bool,
}

impl Nesting {
    /// The position behind the closing quote, or at the end of what is there.
    pub fn skip_string(&mut self, bytes: &[u8], position: usize) -> usize {
        if self.escaped {
            self.escaped = false;
            return position + 1;
        }
        let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[position..]) else {
            return bytes.len();
        };
        if bytes[position + found] == b'"' {
            self.in_string = false;
        } else {
            self.escaped = true;
        }
        position + found + 1
    }

    /// Reads on until the outermost bracket closes: the position behind it, or at
    /// the end of what is there, and whether it has closed.
    pub fn skip_nested(&mut self, bytes: &[u8], mut position: usize) -> (usize, bool) {
        while let Some(block) = Block::read(bytes, position) {
            if let Some(closed) = self.skip_block(block) {
                return (position + closed, true);
            }
            position += BLOCK;
        }
        self.skip_bytes(bytes, position)
    }

    /// Passes over a block, or up to where the outermost bracket closes in it.
    #[inline]
    fn skip_block(&mut self, block: Block) -> Option<usize> {
        let escaped = self.escapes(block.backslashes);
        let quotes = block.quotes & !escaped;
        // Bits from each opening quote up to the closing one; what was open before
        // turns them over.
        let carried = if self.in_string { u64::MAX } else { 0 };
        let strings = prefix_xor(quotes) ^ carried;
        self.in_string = strings >> 63 == 1;
        let outside = !strings & !escaped;
        let (mut opening, mut closing) = (block.opening & outside, block.closing & outside);
        let (opens, closes) = (opening.count_ones() as usize, closing.count_ones() as usize);
        if self.depth > closes {
            self.depth = self.depth + opens - closes;
            return None;
        }
        while closing != 0 {
            let at = closing.trailing_zeros();
            let before = opening & ((1 << at) - 1);
            self.depth = (self.depth + before.count_ones() as usize).saturating_sub(1);
            if self.depth == 0 {
                *self = Self::default();
                return Some(at as usize + 1);
            }
            opening &= !before;
            closing &= closing - 1;
        }
        self.depth += opening.count_ones() as usize;
        None
    }

    /// The bytes of a block that a backslash before them takes the meaning from.
    /// Backslashes are rare, so each is looked at.
    #[inline]
    fn escapes(&mut self, mut backslashes: u64) -> u64 {
        let mut escaped = u64::from(self.escaped);
        self.escaped = false;
        if backslashes == 0 {
            return escaped;
        }
        backslashes &= !escaped;
        while backslashes != 0 {
            let at = backslashes.trailing_zeros();
            if at == 63 {
                self.escaped = true;
                break;
            }
            escaped |= 2 << at;
            backslashes &= !(3 << at);
        }
        escaped
    }

    fn skip_bytes(&mut self, bytes: &[u8], mut position: usize) -> (usize, bool) {
        while position < bytes.len() {
            if self.in_string || self.escaped {
                position = self.skip_string(bytes, position);
                continue;
            }
            let byte = bytes[position];
            position += 1;
            match byte {
                b'"' => self.in_string = true,
                // Outside of strings it is no JSON, and read as in blocks.
                b'\\' => self.escaped = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return (position, true);
                    }
                }
                _ => {}
            }
        }
        (position, false)
    }
}

/// Each bit: whether an odd number of bits is set from the lowest up to it.
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_and_bytes_say_the_same_however_they_are_cut(
            text in r#"[\[{]([a-z"\{}\[\]:, ]|\\|\"|"[a-z ]{1,70}"){0,200}"#,
            cut in 0usize..400,
        ) {
            let bytes = text.as_bytes();
            let by_bytes = Nesting::default().skip_bytes(bytes, 0);
            prop_assert_eq!(Nesting::default().skip_nested(bytes, 0), by_bytes);
            let cut = cut.min(bytes.len());
            let mut nesting = Nesting::default();
            let (at, closed) = nesting.skip_nested(&bytes[..cut], 0);
            let whole = if closed { (at, closed) } else { nesting.skip_nested(bytes, at) };
            prop_assert_eq!(whole, by_bytes);
        }
    }
}
