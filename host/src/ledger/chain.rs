//! The hash chain over the closed entries of a stream.
//!
//! Each hash covers the one before it and the text of its entry, so a head that
//! somebody else holds fixes everything before it. Whoever can write the database
//! can make a new chain, but not one with an old head in it.

use std::fmt;
use std::str::FromStr;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ClosedEntry;

/// SHA-256, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no ledger head; expected the 64 hexadecimal digits of a `hash`")]
pub struct NoHash(String);

impl FromStr for Hash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let hash = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        let hash = hash.and_then(|hash| hash.try_into().ok());
        hash.map(Self).ok_or_else(|| NoHash(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Hash {
    type Error = NoHash;

    fn try_from(text: String) -> Result<Self, NoHash> {
        text.parse()
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

/// The last entry of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// Its number, from 1; 0 before the first entry.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

/// Where the chain of a stream begins; the name of the stream is in every hash.
pub fn genesis(stream: &str) -> Tip {
    let mut digest = Sha256::new();
    digest.update(b"signon ledger 1\n");
    digest.update(stream.as_bytes());
    Tip { number: 0, hash: Hash(digest.finalize().into()) }
}

/// The tip after an entry of that text.
pub fn link(tip: Tip, entry: &str) -> Tip {
    let mut digest = Sha256::new();
    digest.update(tip.hash.0);
    digest.update(entry.as_bytes());
    Tip { number: tip.number + 1, hash: Hash(digest.finalize().into()) }
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// From 1.
    pub number: u64,
    /// The stored hash.
    pub hash: Hash,
    /// The stored text, which the hash covers.
    pub text: String,
    /// What the text says.
    pub entry: ClosedEntry,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// An entry is missing or out of place.
    #[error("entry {expected} is missing: entry {found} follows entry {}", expected - 1)]
    Missing {
        /// The number that should come.
        expected: u64,
        /// The number that comes.
        found: u64,
    },
    /// An entry is not what its hash was made of.
    #[error("entry {number} was changed: it hashes to {computed}, stored is {stored}")]
    Changed {
        /// Which entry.
        number: u64,
        /// Hash of what is there.
        computed: Hash,
        /// Hash that was stored.
        stored: Hash,
    },
    /// The records of an entry do not add up.
    #[error("entry {number}: its counts do not add up")]
    Counts {
        /// Which entry.
        number: u64,
    },
}

/// Recomputes a chain from its stored entries, in order of their numbers.
///
/// # Errors
///
/// The first place where chain and entries differ.
pub fn verify(stream: &str, links: &[Link]) -> Result<Tip, VerifyError> {
    let mut tip = genesis(stream);
    for stored in links {
        if stored.number != tip.number + 1 {
            return Err(VerifyError::Missing { expected: tip.number + 1, found: stored.number });
        }
        tip = link(tip, &stored.text);
        if tip.hash != stored.hash {
            return Err(VerifyError::Changed {
                number: stored.number,
                computed: tip.hash,
                stored: stored.hash,
            });
        }
        if !stored.entry.counts.balance() || !stored.entry.earlier.balance() {
            return Err(VerifyError::Counts { number: stored.number });
        }
    }
    Ok(tip)
}

#[cfg(test)]
mod tests {
    use super::super::{LedgerEntry, close};
    use super::*;
    use crate::planner::Range;

    fn chain(length: i64) -> Vec<Link> {
        let mut tip = genesis("s");
        (0..length)
            .map(|number| {
                let range = Range { start: number, end: number + 1 };
                let gap = LedgerEntry::Gap { range, reason: "test".into(), at: 0 };
                let entry = close(gap, &[]).unwrap();
                let text = serde_json::to_string(&entry).unwrap();
                tip = link(tip, &text);
                Link { number: tip.number, hash: tip.hash, text, entry }
            })
            .collect()
    }

    #[test]
    fn an_untouched_chain_verifies_and_any_touch_is_found() {
        let links = chain(5);
        assert_eq!(verify("s", &links).unwrap().number, 5);
        assert!(matches!(verify("t", &links), Err(VerifyError::Changed { number: 1, .. })));
        let mut changed = links.clone();
        changed[2].text = changed[2].text.replace("test", "tent");
        assert!(matches!(verify("s", &changed), Err(VerifyError::Changed { number: 3, .. })));
        let mut cut = links.clone();
        cut.remove(1);
        assert_eq!(verify("s", &cut), Err(VerifyError::Missing { expected: 2, found: 3 }));
    }

    #[test]
    fn a_chain_made_anew_does_not_hold_the_old_head() {
        let old = verify("s", &chain(5)).unwrap();
        let mut forged = chain(5);
        let mut tip = genesis("s");
        for (number, stored) in forged.iter_mut().enumerate() {
            if number == 1 {
                stored.text = stored.text.replace("test", "fine");
            }
            tip = link(tip, &stored.text);
            stored.hash = tip.hash;
        }
        assert!(verify("s", &forged).is_ok());
        assert!(forged.iter().all(|link| link.hash != old.hash));
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = genesis("s").hash;
        assert_eq!(hash.to_string().parse::<Hash>().unwrap(), hash);
        for wrong in ["", "12", &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)] {
            assert!(wrong.parse::<Hash>().is_err(), "{wrong}");
        }
    }
}
