//! What is remembered of ids that were delivered, or yielded.
//!
//! Invariant: an id costs the same however long it is, and nobody outside can choose one
//! that shares its hash with another's: the hash has a random key.

use std::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher24};

use super::StreamKey;
use crate::planner::Range;

/// Bytes of an id: two of a stream share one by chance in 2^64.
pub const SEEN_BYTES: usize = 16;

/// An id as it is remembered: a keyed hash of the stream and the native id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeenId([u8; SEEN_BYTES]);

impl SeenId {
    /// As it is stored.
    pub const fn stored(bytes: [u8; SEEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; SEEN_BYTES] {
        &self.0
    }
}

/// The key of a store's hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SeenKey(pub [u8; SEEN_BYTES]);

/// Whoever knows it can make ids that are taken for delivered.
impl std::fmt::Debug for SeenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SeenKey")
    }
}

impl SeenKey {
    /// The hash of a stream's id.
    pub fn of(&self, key: &StreamKey, id: &str) -> SeenId {
        self.of_text(&key.text(), id)
    }

    /// The same for a stream's text.
    pub fn of_text(&self, stream: &str, id: &str) -> SeenId {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(stream.as_bytes());
        // No text has that byte: what belongs to the stream is told from the id.
        hasher.write(&[0xff]);
        hasher.write(id.as_bytes());
        SeenId(hasher.finish128().as_bytes())
    }
}

/// Which run was written when: later ones have greater numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RunNumber(u64);

impl RunNumber {
    /// Before every run.
    pub const NONE: Self = Self(0);

    /// As it is stored.
    pub const fn stored(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// Ids that were committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which one.
    pub number: RunNumber,
    /// The range in which they were fetched.
    pub fetched: Range,
    /// Sorted.
    pub ids: Vec<SeenId>,
}
